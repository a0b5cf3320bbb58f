using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Fleets;

/// <summary>An instance and its life so far.</summary>
internal sealed class FleetMember(string stage, Instance instance, SimTime startTime)
{
    private readonly List<LifePart> _life = [new(SimTime.Zero, InstanceState.Ready, IsDown: false)];

    public string Stage => stage;

    public Instance Instance => instance;

    /// <summary>Whether it has failed and is not ready again.</summary>
    public bool IsDown => _life[^1].IsDown;

    /// <summary>Time from the decision to start it until it is ready.</summary>
    public SimTime StartTime => startTime;

    /// <summary>The same accelerators in the other role, of which one at most is not stopped; null where they have only one.</summary>
    public FleetMember? OtherRole { get; set; }

    /// <summary>Whether the accelerators have the other role at the start.</summary>
    public bool IsSecondRole { get; set; }

    /// <summary>Whether it drains to take the other role.</summary>
    public bool IsSwitching { get; set; }

    public InstanceState State => _life[^1].State;

    /// <summary>Since when it has that.</summary>
    public SimTime Since => _life[^1].From;

    /// <summary>How often it has changed its state: what was planned for an earlier one no longer holds.</summary>
    public int Changes { get; private set; }

    public int Failures { get; private set; }

    /// <summary>Whether it is to fail soon: it is not replaced by its own start.</summary>
    public bool IsUnderNotice { get; set; }

    /// <summary>When it can begin to start again after its failures; the end of the clock for never.</summary>
    public SimTime DownUntil { get; set; }

    public void ChangeTo(InstanceState state, SimTime now)
    {
        var isDown = state == InstanceState.Failed || (_life[^1].IsDown && state == InstanceState.Starting);
        _life.Add(new LifePart(now, state, isDown));
        Changes++;
        Failures += state == InstanceState.Failed ? 1 : 0;
        instance.IsReady = state == InstanceState.Ready;
        instance.StayPut();
        IsSwitching &= state == InstanceState.Draining;
    }

    /// <summary>Seconds in a state until a time.</summary>
    public double SecondsIn(InstanceState state, SimTime until) =>
        Seconds(until, part => part.State == state);

    /// <summary>Seconds from failures until the instance was ready again, up to a time.</summary>
    public double SecondsDown(SimTime until) => Seconds(until, part => part.IsDown);

    public override string ToString() => $"{instance}";

    /// <summary>What came after that time does not count, even if it is known by now.</summary>
    private double Seconds(SimTime until, Func<LifePart, bool> counts)
    {
        var nanoseconds = 0L;
        for (var i = 0; i < _life.Count; i++)
        {
            var end = i + 1 < _life.Count && _life[i + 1].From < until ? _life[i + 1].From : until;
            nanoseconds += counts(_life[i]) ? Math.Max(0, (end - _life[i].From).Nanoseconds) : 0;
        }

        return new SimTime(nanoseconds).Seconds;
    }

    private readonly record struct LifePart(SimTime From, InstanceState State, bool IsDown);
}
