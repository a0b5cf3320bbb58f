namespace LlmSim.Experiments.Reports;

/// <summary>A cumulative distribution with few enough points to be drawn, and all of its tail.</summary>
internal static class CumulativeCurve
{
    private const int Body = 600;

    /// <summary>So many of the largest values have each a point.</summary>
    private const int Tail = 60;

    /// <summary>From 0 at the smallest value, up at each of those that are kept.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">In any order; those that are undefined are left out.</param>
    public static ChartSeries Of(string name, IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        if (sorted.Length == 0)
        {
            return new ChartSeries(name, SeriesStyle.Step, [], []);
        }

        var body = Math.Max(0, sorted.Length - Tail);
        var step = Math.Max(1, (body + Body - 1) / Body);
        int[] kept = [.. Enumerable.Range(0, sorted.Length).Where(i => i >= body || i % step == step - 1)];
        return new ChartSeries(
            name,
            SeriesStyle.Step,
            [sorted[0], .. kept.Select(i => sorted[i])],
            [0, .. kept.Select(i => 100.0 * (i + 1) / sorted.Length)]
        );
    }
}
