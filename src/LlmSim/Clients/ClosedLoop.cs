using LlmSim.Engine;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>
/// So many clients, each of which sends its next request at the instant at which its last one has ended. They take the requests of one
/// workload in its order; its times are not read.
/// </summary>
internal sealed class ClosedLoop : IClient
{
    private readonly RequestStream _stream;
    private readonly Simulation _simulation;
    private readonly Action<Request> _send;
    private readonly EventTimer _nextSending;

    /// <summary>Clients with nothing in flight.</summary>
    private int _idle;

    public ClosedLoop(RequestStream stream, int concurrency, Simulation simulation, Action<Request> send)
    {
        WorkloadParameter.Require(concurrency >= 1, "concurrency", concurrency, "an integer of at least 1");
        _stream = stream;
        _simulation = simulation;
        _send = send;
        _idle = concurrency;
        // Sent by an event of its own: the stage that reports an end has not finished its own event.
        _nextSending = simulation.CreateTimer(EventRanks.Arrival, Send);
    }

    public void Start() => _nextSending.Set(_simulation.Now);

    public void OnEnded()
    {
        _idle++;
        _nextSending.Set(_simulation.Now);
    }

    public void Dispose() => _stream.Dispose();

    public override string ToString() => "clients";

    private void Send()
    {
        // Read once: a request that is rejected at once ends while it is sent, and sets the timer again.
        for (var toSend = _idle; toSend > 0 && _stream.MoveNext(); toSend--)
        {
            _idle--;
            _send(_stream.TakeAt(_simulation.Now));
        }
    }
}
