using LlmSim.Kernel;

namespace LlmSim.Routing;

/// <summary>Has routers hear of the instances at the multiples of a period, as long as there is something to route.</summary>
internal sealed class RouterClock
{
    private readonly Simulation _simulation;
    private readonly SimTime _period;
    private readonly EventTimer _timer;
    private readonly Router[] _routers;
    private readonly Func<bool> _hasWork;

    public RouterClock(
        Simulation simulation,
        double periodSeconds,
        Func<bool> hasWork,
        params Router[] routers
    )
    {
        _simulation = simulation;
        _period = SimTime.FromSeconds(periodSeconds);
        _timer = simulation.CreateTimer(EventRanks.Disturbance, Tick);
        _routers = routers;
        _hasWork = hasWork;
    }

    public void Start()
    {
        Array.ForEach(_routers, router => router.HearOfInstances());
        _timer.Set(_simulation.Now + _period);
    }

    public override string ToString() => "the routers";

    private void Tick()
    {
        if (_hasWork())
        {
            Start();
        }
    }
}
