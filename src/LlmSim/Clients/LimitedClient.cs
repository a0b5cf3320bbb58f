using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>
/// A client with so many requests in flight at most. It takes the requests of one workload in its order; without times it is a closed
/// loop, which sends the next one at the instant at which another has ended, or after a time to think. With such a time clients begin with it,
/// so that they do not all come at once.
/// </summary>
internal sealed class LimitedClient : IClient
{
    private readonly RequestStream _stream;
    private readonly SendTimes _times;
    private readonly Simulation _simulation;
    private readonly Action<Request> _send;
    private readonly EventTimer _nextSending;

    /// <summary>Requests that may be sent before one has to end.</summary>
    private int _room;

    /// <summary>Each of them has a time of its own.</summary>
    private const int MostThinking = 1_000_000;

    private readonly int _concurrency;
    private readonly Durations? _thinkTime;
    private readonly RandomStream _random;
    private readonly Alarms<int> _thinking;

    /// <summary>Whether the workload has more, as far as is known.</summary>
    private bool _hasMore = true;

    /// <summary>Whether the next request has been pulled and waits for its time.</summary>
    private bool _isPulled;

    /// <summary>How much later requests are sent because earlier ones had to wait.</summary>
    private SimTime _delay;

    public LimitedClient(
        RequestStream stream,
        int concurrency,
        SendTimes times,
        Simulation simulation,
        Action<Request> send,
        Durations? thinkTime,
        long seed
    )
    {
        WorkloadParameter.Require(concurrency >= 1, "concurrency", concurrency, "an integer of at least 1");
        WorkloadParameter.Require(
            thinkTime is null || concurrency <= MostThinking,
            "concurrency",
            concurrency,
            $"up to {MostThinking} clients that think"
        );
        _stream = stream;
        _times = times;
        _simulation = simulation;
        _send = send;
        _thinkTime = thinkTime;
        _concurrency = concurrency;
        _random = new RandomStream(seed, "think_time");
        _thinking = new Alarms<int>(simulation, EventRanks.Arrival, "clients that think", _ => SendNext());
        // Sent by an event of its own: the stage that reports an end has not finished its own event.
        _nextSending = simulation.CreateTimer(EventRanks.Arrival, Send);
    }

    public bool HasMore => _hasMore;

    public void Start()
    {
        if (_thinkTime is null)
        {
            _room = _concurrency;
            _nextSending.Set(_simulation.Now);
            return;
        }

        for (var client = 0; client < _concurrency; client++)
        {
            GoOn();
        }
    }

    public void OnEnded(Request request, bool isServed) => GoOn();

    public void Dispose() => _stream.Dispose();

    public override string ToString() => "clients";

    private void GoOn()
    {
        if (_thinkTime is null)
        {
            SendNext();
        }
        else if (_hasMore)
        {
            _thinking.Set(_simulation.Now + _thinkTime.Next(_random), default);
        }
    }

    private void SendNext()
    {
        _room++;
        _nextSending.Set(_simulation.Now);
    }

    /// <summary>Whether there is another request to send.</summary>
    private bool Pull() => _isPulled || (_hasMore = _stream.MoveNext());

    private void Send()
    {
        var now = _simulation.Now;
        // Read once: a request that is rejected at once ends while it is sent, and sets the timer again.
        for (var toSend = _room; toSend > 0 && Pull(); toSend--)
        {
            var due = _times == SendTimes.AtOnce ? now : _stream.Due + _delay;
            _isPulled = due > now;
            if (_isPulled)
            {
                _nextSending.Set(due);
                return;
            }

            if (_times == SendTimes.Delayed)
            {
                _delay += now - due;
            }

            _room--;
            _send(_stream.TakeAt(now));
        }
    }
}

/// <summary>When a client that may have so many requests in flight sends them.</summary>
internal enum SendTimes
{
    /// <summary>As soon as there is room. The times of the workload are not read.</summary>
    AtOnce,

    /// <summary>At their times, or as soon as there is room.</summary>
    WhenDue,

    /// <summary>At their times; a request that waits delays all later ones by the same time.</summary>
    Delayed,
}
