using LlmSim.Metrics;

namespace LlmSim.Experiments.Steady;

/// <summary>
/// Intervals of the figures of one long run, whose values follow each other and depend on each other: from the means of batches, by
/// Student's t with the corrections for correlation and skewness of docs/steady-state.md, which has what was measured of them.
/// </summary>
internal static class BatchMeans
{
    /// <summary>Batches of a run.</summary>
    public const int Batches = 20;

    /// <summary>Fewer values say nothing.</summary>
    public const int FewestValues = 10 * Batches;

    /// <summary>Below, the correction for skewness is none and its formula divides by it.</summary>
    private const double LeastSkewness = 1e-6;

    private static readonly double s_t = MeanEstimate.CriticalT(Batches);

    /// <summary>The interval of the mean.</summary>
    /// <param name="values">In order; at least one.</param>
    public static Interval Mean(ReadOnlySpan<double> values)
    {
        var mean = MeanOf(values);
        return values.Length < FewestValues ? Interval.Unknown(mean) : Around(mean, values);
    }

    /// <summary>The interval of a share, from 0 to 1.</summary>
    /// <param name="isCounted">1 or 0 for each value in order; at least one.</param>
    public static Interval Share(ReadOnlySpan<double> isCounted)
    {
        var interval = Mean(isCounted);
        if (!interval.IsKnown || interval.Estimate is > 0 and < 1)
        {
            return interval with { Low = Math.Max(0, interval.Low), High = Math.Min(1, interval.High) };
        }

        // Where none of so many was seen, as many independent ones would leave room for so large a share.
        var unseen = 1 - Math.Pow(1 - Interval.UpperTail, 1.0 / isCounted.Length);
        return interval.Estimate > 0 ? interval with { Low = 1 - unseen } : interval with { High = unseen };
    }

    /// <summary>
    /// The interval of a percentile, between two order statistics: how sure the share of values above it is says which. The upper
    /// end is not known where the run has too few values above it.
    /// </summary>
    /// <param name="values">In order; at least one.</param>
    /// <param name="percent">0 to 100, exclusive.</param>
    public static Interval Percentile(ReadOnlySpan<double> values, int percent)
    {
        var sorted = values.ToArray();
        Array.Sort(sorted);
        var share = percent / 100.0;
        var estimate = AtShare(sorted, share);
        if (values.Length < FewestValues)
        {
            return Interval.Unknown(estimate);
        }

        var isAbove = new double[values.Length];
        for (var i = 0; i < isAbove.Length; i++)
        {
            isAbove[i] = values[i] > estimate ? 1 : 0;
        }

        var above = Around(MeanOf(isAbove), isAbove);
        // Were more above it than the run shows, the true percentile would be higher.
        return new Interval(
            estimate,
            End(sorted, share - (above.Estimate - above.Low)),
            End(sorted, share + (above.High - above.Estimate))
        );
    }

    /// <summary>An order statistic; NaN beyond the values.</summary>
    private static double End(double[] sorted, double share)
    {
        var margin = 0.5 / sorted.Length;
        return share < margin || share > 1 - margin ? double.NaN : AtShare(sorted, share);
    }

    /// <summary>The interval of a mean from batches.</summary>
    private static Interval Around(double estimate, ReadOnlySpan<double> values)
    {
        var means = Means(values);
        var mean = MeanOf(means);
        double Moment(int power) => means.Sum(value => Math.Pow(value - mean, power));
        var squares = Moment(2);
        if (squares == 0)
        {
            return new Interval(estimate, estimate, estimate);
        }

        var products = 0.0;
        for (var i = 1; i < Batches; i++)
        {
            products += (means[i] - mean) * (means[i - 1] - mean);
        }

        // Batches whose neighbours resemble each other are worth fewer: as those of a first-order autoregression.
        var correlation = Math.Max(0, products / squares);
        var variance = squares / (Batches - 1);
        var error = Math.Sqrt(variance / Batches * (1 + correlation) / (1 - correlation));
        var skewness = Moment(3) * Batches / ((Batches - 1.0) * (Batches - 2.0)) / Math.Pow(variance, 1.5);
        return new Interval(
            estimate,
            estimate - (error * Skewed(s_t, skewness)),
            estimate - (error * Skewed(-s_t, skewness))
        );
    }

    /// <summary>The quantile of a t statistic whose values are skewed (Willink, 2005).</summary>
    private static double Skewed(double t, double skewness)
    {
        var beta = skewness / (6 * Math.Sqrt(Batches));
        return Math.Abs(beta) < LeastSkewness ? t : (Math.Cbrt(1 + (6 * beta * (t - beta))) - 1) / (2 * beta);
    }

    /// <summary>Means of batches of equal length; what is left over is left out at the beginning.</summary>
    private static double[] Means(ReadOnlySpan<double> values)
    {
        var length = values.Length / Batches;
        var rest = values[(values.Length - (length * Batches))..];
        var means = new double[Batches];
        for (var i = 0; i < Batches; i++)
        {
            means[i] = MeanOf(rest.Slice(i * length, length));
        }

        return means;
    }

    private static double MeanOf(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    /// <summary>The value below which a share of them lies, between the two nearest ranks.</summary>
    private static double AtShare(double[] sorted, double share)
    {
        var position = share * (sorted.Length - 1);
        var low = (int)position;
        var high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + ((position - low) * (sorted[high] - sorted[low]));
    }
}
