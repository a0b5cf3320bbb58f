using LlmSim.Metrics;

namespace LlmSim.Experiments.Sweeps;

/// <summary>How a figure differs between two sets of results at one place of their grid.</summary>
/// <param name="Settings">The place; empty when nothing varies but the seed.</param>
/// <param name="Column">The figure.</param>
/// <param name="MeanA">Its mean in the first set.</param>
/// <param name="MeanB">Its mean in the second set.</param>
/// <param name="Difference">Second less first, seed by seed.</param>
internal sealed record PairedDifference(
    IReadOnlyList<Setting> Settings,
    string Column,
    double MeanA,
    double MeanB,
    MeanEstimate Difference
)
{
    /// <summary>
    /// Figures that agree to so much are equal. Sums of the same numbers in another order differ in the 16th digit, and over a
    /// long run in the 12th.
    /// </summary>
    private const double RelativeRounding = 1e-9;

    /// <summary>Times are whole nanoseconds; a mean of them is no finer than this.</summary>
    private const double AbsoluteRounding = 1e-12;

    /// <summary>What can be said at a level of 95 %.</summary>
    public string Verdict =>
        double.IsNaN(Difference.Mean) ? "not defined"
        : Difference is { Mean: 0, Std: 0 or double.NaN } ? "no difference"
        : Difference.Count < 2 ? "unknown: one seed"
        : Difference.Low > 0 || Difference.High < 0 ? "significant"
        : "not significant";

    /// <summary>The differences of paired values, in the same order.</summary>
    internal static PairedDifference Of(
        IReadOnlyList<Setting> settings,
        string column,
        double[] a,
        double[] b
    ) =>
        new(
            settings,
            column,
            a.Average(),
            b.Average(),
            MeanEstimate.Of([.. a.Zip(b, (x, y) => IsRounding(x, y) ? 0 : y - x)])
        );

    private static bool IsRounding(double x, double y) =>
        Math.Abs(y - x) <= Math.Max(AbsoluteRounding, RelativeRounding * Math.Max(Math.Abs(x), Math.Abs(y)));
}
