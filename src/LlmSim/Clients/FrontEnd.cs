using LlmSim.Kernel;

namespace LlmSim.Clients;

/// <summary>
/// The front end between clients and router. It passes requests on in order, after a fixed time, which
/// stands for all that an engine's front end does for a request: reading it, tokenizing, answering.
/// </summary>
internal sealed class FrontEnd
{
    private readonly Queue<(Request Request, SimTime At)> _requests = new();
    private readonly Simulation _simulation;
    private readonly SimTime _delay;
    private readonly Action<Request> _pass;
    private readonly EventTimer _next;

    /// <summary>A front end.</summary>
    /// <param name="simulation">Whose clock counts.</param>
    /// <param name="seconds">Seconds from the sending to the router, above 0.</param>
    /// <param name="pass">Takes a request to the router.</param>
    public FrontEnd(Simulation simulation, double seconds, Action<Request> pass)
    {
        _simulation = simulation;
        _delay = SimTime.FromSeconds(seconds);
        _pass = pass;
        _next = simulation.CreateTimer(EventRanks.Arrival, Pass);
    }

    public void Take(Request request)
    {
        try
        {
            _requests.Enqueue((request, _simulation.Now + _delay));
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, "its way through the front end", e);
        }

        if (_requests.Count == 1)
        {
            _next.Set(_requests.Peek().At);
        }
    }

    public override string ToString() => "front end";

    private void Pass()
    {
        while (_requests.TryPeek(out var first) && first.At == _simulation.Now)
        {
            _requests.Dequeue();
            _pass(first.Request);
        }

        if (_requests.TryPeek(out var next))
        {
            _next.Set(next.At);
        }
    }
}
