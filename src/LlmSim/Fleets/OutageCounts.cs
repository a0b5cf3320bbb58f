using LlmSim.Kernel;

namespace LlmSim.Fleets;

/// <summary>Requests that met their SLOs, by whether an instance was down when they ended.</summary>
/// <param name="At">Up to when they are counted.</param>
/// <param name="Met">All of them.</param>
/// <param name="DownTime">How long at least one instance was down.</param>
/// <param name="MetDown">Those that ended in that time.</param>
internal readonly record struct OutageCounts(SimTime At, long Met, SimTime DownTime, long MetDown)
{
    /// <summary>Per second of the time with failures; NaN without any.</summary>
    public double GoodputDown => DownTime == SimTime.Zero ? double.NaN : MetDown / DownTime.Seconds;

    /// <summary>Per second of the other time; NaN without any.</summary>
    public double GoodputUp => At == DownTime ? double.NaN : (Met - MetDown) / (At - DownTime).Seconds;

    /// <summary>Counts on; what came after the end of a run is not counted.</summary>
    public OutageCounts Until(SimTime now, long met, bool isDown) =>
        now <= At ? this with { Met = met, MetDown = MetDown + (isDown ? met - Met : 0) }
        : isDown ? new(now, met, DownTime + (now - At), MetDown + met - Met)
        : new(now, met, DownTime, MetDown);
}
