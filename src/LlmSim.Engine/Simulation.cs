using System.Globalization;

namespace LlmSim.Engine;

/// <summary>The event loop: takes events in their total order, moves the clock, calls the handlers.</summary>
public sealed class Simulation
{
    private const int EventsPerCall = 64;
    private readonly EventQueue _queue = new();
    private readonly long _maxEventsPerInstant;
    private long _eventsThisInstant;

    /// <summary>An empty simulation at time zero.</summary>
    /// <param name="maxEventsPerInstant">Livelock guard: so many events without the clock moving stop the run.</param>
    public Simulation(long maxEventsPerInstant = 10_000_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxEventsPerInstant);
        _maxEventsPerInstant = maxEventsPerInstant;
    }

    /// <summary>Looks on between events; null for nobody, which costs nothing.</summary>
    public ISimulationObserver? Observer { get; set; }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; private set; }

    /// <summary>Events handled so far.</summary>
    public long EventCount { get; private set; }

    /// <summary>Plans an event. Events at one instant are handled by rank, then in the order of scheduling.</summary>
    /// <param name="at">When; not before <see cref="Now" />.</param>
    /// <param name="rank">Its place among events of the same instant.</param>
    /// <param name="handler">What it happens to.</param>
    /// <param name="argument">Passed to the handler.</param>
    public void Schedule(SimTime at, EventRank rank, IEventHandler handler, long argument = 0)
    {
        Invariant.Require(at >= Now, $"an event was scheduled at {at}, before the clock's {Now}");
        _queue.Enqueue(at, rank, handler, argument);
    }

    /// <summary>Handles events until none is left.</summary>
    /// <param name="cancellation">Stops the loop between two events.</param>
    /// <exception cref="LivelockException">The clock did not move over too many events.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        // The loop proper is a method that is called often: the runtime recompiles those by what it has seen, and not a loop
        // that it is in.
        while (_queue.Count > 0)
        {
            HandleEvents(EventsPerCall, cancellation);
        }
    }

    private void HandleEvents(int most, CancellationToken cancellation)
    {
        for (var i = 0; i < most && _queue.Count > 0; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var next = _queue.Dequeue();
            Invariant.Require(next.Time >= Now, $"the clock would go back from {Now} to {next.Time}");
            ObserveInstantsBefore(next.Time);
            CountEvent(next);
            Now = next.Time;
            next.Handler.Handle(next.Argument);
            Observer?.AfterEvent();
        }

        ObserveInstantsBefore(new SimTime(Now.Nanoseconds + 1));
    }

    /// <summary>An instant is shown when everything that happens at it has happened.</summary>
    private void ObserveInstantsBefore(SimTime end)
    {
        while (Observer is { } observer && observer.NextInstant < end)
        {
            Invariant.Require(
                observer.NextInstant >= Now,
                $"an instant at {observer.NextInstant} was to be observed, before the clock's {Now}"
            );
            Now = observer.NextInstant;
            observer.AtInstant();
        }
    }

    private void CountEvent(in ScheduledEvent next)
    {
        EventCount++;
        _eventsThisInstant = next.Time == Now ? _eventsThisInstant + 1 : 1;
        if (_eventsThisInstant > _maxEventsPerInstant)
        {
            throw new LivelockException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"livelock: {_maxEventsPerInstant} events at {Now} and the clock has not moved; the next one is for {next.Handler}"
                )
            );
        }
    }
}

/// <summary>Too many events happened at one instant; the message names the handler that goes on asking.</summary>
public sealed class LivelockException : Exception
{
    /// <summary>States when, how many and whose events they were.</summary>
    public LivelockException(string message)
        : base(message) { }
}
