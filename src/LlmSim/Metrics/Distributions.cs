using MathNet.Numerics.Statistics;

namespace LlmSim.Metrics;

/// <summary>Exact summaries of collected values.</summary>
internal static class Distributions
{
    public static Distribution Empty { get; } =
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

    /// <summary>Summarises the values, which are sorted in place.</summary>
    public static Distribution Summarize(List<double> values)
    {
        if (values.Count == 0)
        {
            return Empty;
        }

        values.Sort();
        var sorted = values.ToArray();
        var (mean, std) = ArrayStatistics.MeanStandardDeviation(sorted);
        return new Distribution(
            sorted.Length,
            mean,
            std,
            Percentile(sorted, 0.25),
            Percentile(sorted, 0.50),
            Percentile(sorted, 0.75),
            Percentile(sorted, 0.90),
            Percentile(sorted, 0.95),
            Percentile(sorted, 0.99)
        );
    }

    /// <summary>Linear interpolation between the two nearest ranks, as numpy's default (Hyndman and Fan's type 7).</summary>
    private static double Percentile(double[] sorted, double p) =>
        SortedArrayStatistics.QuantileCustom(sorted, p, QuantileDefinition.R7);
}
