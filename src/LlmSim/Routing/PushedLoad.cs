using LlmSim.Kernel;

namespace LlmSim.Routing;

/// <summary>
/// Has instances report to routers whenever a request has come to them, begins to run or has left; a report takes a delay. All changes of
/// an instant are one report, and none is an event of its own where it arrives: a router that is asked looks at what has arrived.
/// </summary>
internal sealed class PushedLoad
{
    private readonly Simulation _simulation;
    private readonly SimTime _delay;
    private readonly EventTimer _timer;
    private readonly Router[] _routers;
    private readonly HashSet<StaleInstance> _changed = [];

    public PushedLoad(Simulation simulation, double delaySeconds, params Router[] routers)
    {
        _simulation = simulation;
        _delay = SimTime.FromSeconds(delaySeconds);
        _timer = simulation.CreateTimer(EventRanks.Disturbance, Report);
        _routers = routers;
    }

    public void Start()
    {
        foreach (var router in _routers)
        {
            router.HearOfInstances();
            router.WatchInstances(OnChanged);
        }
    }

    public override string ToString() => "reports to the routers";

    private void OnChanged(StaleInstance instance)
    {
        if (_changed.Add(instance) && _changed.Count == 1)
        {
            _timer.Set(_simulation.Now);
        }
    }

    private void Report()
    {
        foreach (var instance in _changed)
        {
            instance.Report(_simulation.Now, _simulation.Now + _delay);
        }

        _changed.Clear();
    }
}
