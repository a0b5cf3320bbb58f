using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace LlmSim.Kernel;

/// <summary>The event loop: takes events in their total order, moves the clock, calls the handlers.</summary>
internal sealed class Simulation
{
    private const int EventsPerCall = 64;
    private readonly EventQueue _queue = new();
    private readonly long _maxEventsPerInstant;
    private long _eventsBeforeInstant;
    private CancellationToken _cancellation;

    /// <summary>An empty simulation at time zero.</summary>
    /// <param name="maxEventsPerInstant">Livelock guard: so many events without the clock moving stop the run.</param>
    public Simulation(long maxEventsPerInstant = 10_000_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxEventsPerInstant);
        _maxEventsPerInstant = maxEventsPerInstant;
    }

    /// <summary>Called between events; null for none, which costs nothing.</summary>
    public ISimulationObserver? Observer { get; set; }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; private set; }

    /// <summary>Events handled so far.</summary>
    public long EventCount { get; private set; }

    /// <summary>Plans an event. Events at one instant are handled by rank, then in the order of scheduling.</summary>
    /// <param name="at">When; not before <see cref="Now" />.</param>
    /// <param name="rank">Its place among events of the same instant.</param>
    /// <param name="handler">Called then. Kept by its owner, so that scheduling allocates nothing.</param>
    /// <param name="argument">Passed to the handler; its meaning is the handler's own.</param>
    public void Schedule(SimTime at, EventRank rank, Action<long> handler, long argument = 0)
    {
        RequireOnClock(at);
        _queue.Enqueue(at, rank, handler, argument);
    }

    /// <summary>A timer, for something that never has more than one event to come.</summary>
    /// <param name="rank">The place of its events among others of the same instant.</param>
    /// <param name="onTimer">Called when the clock has reached the time that the timer is set to.</param>
    public EventTimer CreateTimer(EventRank rank, Action onTimer) =>
        new(this, rank, _queue.AddTimer(onTimer));

    /// <summary>Handles events until none is left.</summary>
    /// <param name="cancellation">Stops the loop between two events or two observed instants.</param>
    /// <exception cref="LivelockException">The clock did not move over too many events.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        _cancellation = cancellation;
        // The loop proper is a method that is called often: the runtime recompiles those by what it has seen, and not a loop
        // that it is in.
        while (_queue.NextTime < EventQueue.Never)
        {
            HandleEvents(EventsPerCall);
        }

        ObserveInstantsBefore(new SimTime(Now.Nanoseconds + 1));
    }

    internal void SetTimer(int slot, SimTime at, EventRank rank)
    {
        RequireOnClock(at);
        _queue.SetTimer(slot, at, rank);
    }

    internal void SetTimerInPlace(int slot, SimTime at, EventRank rank)
    {
        RequireOnClock(at);
        _queue.SetTimerInPlace(slot, at, rank);
    }

    internal void CancelTimer(int slot) => _queue.CancelTimer(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RequireOnClock(SimTime at)
    {
        Invariant.Require(at >= Now, $"an event was scheduled at {at}, before the clock's {Now}");
        if (at >= EventQueue.Never)
        {
            ThrowBeyond(at);
        }
    }

    [DoesNotReturn]
    private static void ThrowBeyond(SimTime at) => throw new ClockRangeException(at.Seconds);

    private void HandleEvents(int most)
    {
        for (var i = 0; i < most; i++)
        {
            var nextTime = _queue.NextTime;
            if (nextTime >= EventQueue.Never)
            {
                return;
            }

            _cancellation.ThrowIfCancellationRequested();
            if (nextTime != Now)
            {
                MoveClock(nextTime);
            }

            ref readonly var next = ref _queue.Dequeue();
            if (++EventCount - _eventsBeforeInstant > _maxEventsPerInstant)
            {
                ThrowLivelock(next.Owner);
            }

            if (next.OnTimer is { } onTimer)
            {
                onTimer();
            }
            else
            {
                next.Handler!(next.Argument);
            }

            Observer?.AfterEvent();
        }
    }

    private void MoveClock(SimTime time)
    {
        Invariant.Require(time > Now, $"the clock would go back from {Now} to {time}");
        if (Observer is not null)
        {
            ObserveInstantsBefore(time);
        }

        Now = time;
        _eventsBeforeInstant = EventCount;
    }

    /// <summary>The observer sees an instant after all events at that instant.</summary>
    private void ObserveInstantsBefore(SimTime end)
    {
        while (Observer is { } observer && observer.NextInstant < end)
        {
            _cancellation.ThrowIfCancellationRequested();
            Invariant.Require(
                observer.NextInstant >= Now,
                $"an instant at {observer.NextInstant} was to be observed, before the clock's {Now}"
            );
            Now = observer.NextInstant;
            observer.AtInstant();
        }
    }

    [DoesNotReturn]
    private void ThrowLivelock(object? owner) =>
        throw new LivelockException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"livelock: {_maxEventsPerInstant} events at {Now} and the clock has not moved; the next one is for {owner}"
            )
        );
}

/// <summary>Too many events at one instant; the message names the handler that keeps scheduling them.</summary>
internal sealed class LivelockException : Exception
{
    /// <summary>Creates the error with the instant, the number of events and their handler.</summary>
    public LivelockException(string message)
        : base(message) { }
}
