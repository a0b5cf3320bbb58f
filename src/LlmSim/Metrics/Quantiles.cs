namespace LlmSim.Metrics;

/// <summary>The definition of a percentile, whatever the values come from.</summary>
internal static class Quantiles
{
    /// <summary>Linear interpolation between the two nearest ranks, as numpy's default (Hyndman and Fan's type 7).</summary>
    /// <param name="percent">0 to 100.</param>
    /// <param name="count">Number of values, at least 1.</param>
    /// <param name="valueAt">The value of a rank from 0.</param>
    public static double Percentile(int percent, long count, Func<long, double> valueAt)
    {
        var position = percent / 100.0 * (count - 1);
        var rank = (long)position;
        var low = valueAt(rank);
        var high = rank + 1 < count ? valueAt(rank + 1) : low;
        return low + ((position - rank) * (high - low));
    }
}
