using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <summary>What is planned of an instance from a time on.</summary>
/// <param name="Iterations">Iterations that have not ended; 0 when none is planned.</param>
/// <param name="Since">When the one that is under way began.</param>
/// <param name="ShortestNanoseconds">Nanoseconds that each takes at least; 0 when that is not known.</param>
internal readonly record struct PlanAhead(int Iterations, SimTime Since, double ShortestNanoseconds)
{
    /// <summary>The bound of work that each iteration makes less.</summary>
    /// <param name="work">The work now.</param>
    /// <param name="step">What an iteration takes off at most.</param>
    /// <param name="floor">What is left in any case.</param>
    public WorkBound Bound(double work, double step, double floor) =>
        Iterations <= 1 ? WorkBound.Steady(work)
        : ShortestNanoseconds == 0 ? WorkBound.Steady(Math.Min(work, floor))
        // Ends are rounded to nanoseconds.
        : new WorkBound(work, Since - new SimTime(1), 1 / ShortestNanoseconds, step, Math.Min(work, floor));
}
