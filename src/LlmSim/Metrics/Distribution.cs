namespace LlmSim.Metrics;

/// <summary>
/// A summary of one measured quantity. Percentiles interpolate linearly between the two nearest ranks; the standard
/// deviation is the sample's (n − 1). All values are NaN when there is nothing to summarise.
/// </summary>
/// <param name="Count">Number of values.</param>
/// <param name="Mean">Arithmetic mean.</param>
/// <param name="Std">Sample standard deviation; NaN for fewer than two values.</param>
/// <param name="P25">25th percentile.</param>
/// <param name="P50">Median.</param>
/// <param name="P75">75th percentile.</param>
/// <param name="P90">90th percentile.</param>
/// <param name="P95">95th percentile.</param>
/// <param name="P99">99th percentile.</param>
public readonly record struct Distribution(
    long Count,
    double Mean,
    double Std,
    double P25,
    double P50,
    double P75,
    double P90,
    double P95,
    double P99
)
{
    /// <summary>The summary of nothing.</summary>
    internal static Distribution Empty { get; } =
        new(
            0,
            double.NaN,
            double.NaN,
            double.NaN,
            double.NaN,
            double.NaN,
            double.NaN,
            double.NaN,
            double.NaN
        );

    /// <summary>The summary of values whose moments and sorted values are known.</summary>
    /// <param name="moments">Of all values.</param>
    /// <param name="valuesAt">The values of ranks from 0, in any order.</param>
    internal static Distribution Of(Moments moments, Func<long[], double[]> valuesAt)
    {
        if (moments.Count == 0)
        {
            return Empty;
        }

        var p = Quantiles.Percentiles([25, 50, 75, 90, 95, 99], moments.Count, valuesAt);
        return new(moments.Count, moments.Mean, moments.Std, p[0], p[1], p[2], p[3], p[4], p[5]);
    }
}
