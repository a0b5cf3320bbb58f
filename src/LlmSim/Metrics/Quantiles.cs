namespace LlmSim.Metrics;

/// <summary>The definition of a percentile, whatever the values come from.</summary>
internal static class Quantiles
{
    /// <summary>Linear interpolation between the two nearest ranks, as numpy's default (Hyndman and Fan's type 7).</summary>
    /// <param name="percents">0 to 100.</param>
    /// <param name="count">Number of values, at least 1.</param>
    /// <param name="valuesAt">The values of ranks from 0, in any order.</param>
    public static double[] Percentiles(int[] percents, long count, Func<long[], double[]> valuesAt)
    {
        var positions = percents.Select(percent => percent / 100.0 * (count - 1)).ToArray();
        var lows = positions.Select(position => (long)position).ToArray();
        var values = valuesAt([.. lows, .. lows.Select(low => Math.Min(low + 1, count - 1))]);
        return
        [
            .. positions.Select(
                (position, i) => values[i] + ((position - lows[i]) * (values[lows.Length + i] - values[i]))
            ),
        ];
    }
}
