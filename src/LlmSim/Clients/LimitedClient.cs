using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>
/// A client with so many requests in flight at most. It takes the requests of one workload in its order; without times it is a closed
/// loop, which sends the next one at the instant at which another has ended.
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

    /// <summary>Whether the next request has been pulled and waits for its time.</summary>
    private bool _isPulled;

    /// <summary>How much later requests are sent because earlier ones had to wait.</summary>
    private SimTime _delay;

    public LimitedClient(
        RequestStream stream,
        int concurrency,
        SendTimes times,
        Simulation simulation,
        Action<Request> send
    )
    {
        WorkloadParameter.Require(concurrency >= 1, "concurrency", concurrency, "an integer of at least 1");
        _stream = stream;
        _times = times;
        _simulation = simulation;
        _send = send;
        _room = concurrency;
        // Sent by an event of its own: the stage that reports an end has not finished its own event.
        _nextSending = simulation.CreateTimer(EventRanks.Arrival, Send);
    }

    public void Start() => _nextSending.Set(_simulation.Now);

    public void OnEnded()
    {
        _room++;
        _nextSending.Set(_simulation.Now);
    }

    public void Dispose() => _stream.Dispose();

    public override string ToString() => "clients";

    private void Send()
    {
        var now = _simulation.Now;
        // Read once: a request that is rejected at once ends while it is sent, and sets the timer again.
        for (var toSend = _room; toSend > 0 && (_isPulled || _stream.MoveNext()); toSend--)
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
