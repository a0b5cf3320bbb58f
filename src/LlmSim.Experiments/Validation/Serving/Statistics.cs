namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Quantiles of a few values.</summary>
internal static class Statistics
{
    /// <summary>Interpolated linearly between the nearest ranks; NaN of no values.</summary>
    /// <param name="sorted">Ascending.</param>
    /// <param name="percent">From 0 to 100.</param>
    public static double Quantile(IReadOnlyList<double> sorted, double percent)
    {
        if (sorted.Count == 0)
        {
            return double.NaN;
        }

        var rank = (sorted.Count - 1) * percent / 100;
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }
}
