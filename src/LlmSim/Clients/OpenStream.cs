using LlmSim.Kernel;

namespace LlmSim.Clients;

/// <summary>Requests that arrive at the times of the workload, independent of earlier requests.</summary>
internal sealed class OpenStream : IClient
{
    private readonly RequestStream _stream;
    private readonly Simulation _simulation;
    private readonly Action<Request> _send;
    private readonly EventTimer _nextArrival;

    /// <summary>The request that arrives next.</summary>
    private Request? _arriving;

    public OpenStream(RequestStream stream, Simulation simulation, Action<Request> send)
    {
        _stream = stream;
        _simulation = simulation;
        _send = send;
        _nextArrival = simulation.CreateTimer(EventRanks.Arrival, Send);
    }

    public void Start() => PlanNext();

    public bool HasMore => _arriving is not null;

    public void OnEnded(Request request, bool isServed)
    {
        // Arrivals do not wait for the end of other requests.
    }

    public void Dispose() => _stream.Dispose();

    public override string ToString() => "arrivals";

    /// <summary>The next request arrives; the one after it is pulled.</summary>
    private void Send()
    {
        var request = _arriving!;
        PlanNext();
        _send(request);
    }

    private void PlanNext()
    {
        _arriving = null;
        if (!_stream.MoveNext())
        {
            return;
        }

        _arriving = _stream.Take(_simulation.Now);
        try
        {
            _nextArrival.Set(_arriving.Arrival);
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(_arriving, "its arrival", e);
        }
    }
}
