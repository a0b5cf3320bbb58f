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
    private static Distribution Empty { get; } =
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
    /// <param name="valueAt">The value of a rank, from 0.</param>
    internal static Distribution Of(Moments moments, Func<long, double> valueAt)
    {
        var count = moments.Count;
        return count == 0
            ? Empty
            : new(
                count,
                moments.Mean,
                moments.Std,
                Percentile(25),
                Percentile(50),
                Percentile(75),
                Percentile(90),
                Percentile(95),
                Percentile(99)
            );

        double Percentile(int percent) => Quantiles.Percentile(percent, count, valueAt);
    }
}
