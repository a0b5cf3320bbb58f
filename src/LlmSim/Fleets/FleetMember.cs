using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Fleets;

/// <summary>An instance and its life so far.</summary>
internal sealed class FleetMember(string stage, Instance instance, SimTime startTime)
{
    private readonly long[] _nanoseconds = new long[Enum.GetValues<InstanceState>().Length];
    private SimTime _since;
    private long _downNanoseconds;
    private bool _hasFailed;

    public string Stage => stage;

    public Instance Instance => instance;

    /// <summary>Time from the decision to start it until it is ready.</summary>
    public SimTime StartTime => startTime;

    public InstanceState State { get; private set; }

    /// <summary>How often it has changed its state: what was planned for an earlier one no longer holds.</summary>
    public int Changes { get; private set; }

    public int Failures { get; private set; }

    /// <summary>Whether it is to fail soon: it is not replaced by its own start.</summary>
    public bool IsUnderNotice { get; set; }

    public void ChangeTo(InstanceState state, SimTime now)
    {
        _nanoseconds[(int)State] += (now - _since).Nanoseconds;
        _downNanoseconds += _hasFailed ? (now - _since).Nanoseconds : 0;
        _hasFailed = state == InstanceState.Failed || (_hasFailed && state == InstanceState.Starting);
        _since = now;
        State = state;
        Changes++;
        Failures += state == InstanceState.Failed ? 1 : 0;
        instance.IsReady = state == InstanceState.Ready;
    }

    /// <summary>Seconds in a state until a time.</summary>
    public double SecondsIn(InstanceState state, SimTime until) =>
        new SimTime(
            _nanoseconds[(int)state] + (state == State ? Math.Max(0, (until - _since).Nanoseconds) : 0)
        ).Seconds;

    /// <summary>Seconds from failures until the instance was ready again, up to a time.</summary>
    public double SecondsDown(SimTime until) =>
        new SimTime(_downNanoseconds + (_hasFailed ? Math.Max(0, (until - _since).Nanoseconds) : 0)).Seconds;

    public override string ToString() => $"{instance}";
}
