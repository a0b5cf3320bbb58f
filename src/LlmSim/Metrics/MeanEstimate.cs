using MathNet.Numerics.Distributions;

namespace LlmSim.Metrics;

/// <summary>What independent replications say about the mean of a figure.</summary>
/// <param name="Count">Number of replications.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Std">Their standard deviation (n − 1); NaN for fewer than two.</param>
/// <param name="HalfWidth">
/// The 95 % confidence interval is the mean ± so much: Student's t with n − 1 degrees of freedom; NaN for fewer than two.
/// </param>
internal readonly record struct MeanEstimate(int Count, double Mean, double Std, double HalfWidth)
{
    private const double UpperQuantile = 0.975;

    /// <summary>Lower end of the 95 % confidence interval; NaN for fewer than two replications.</summary>
    public double Low => Mean - HalfWidth;

    /// <summary>Upper end of the 95 % confidence interval; NaN for fewer than two replications.</summary>
    public double High => Mean + HalfWidth;

    /// <summary>The estimate from one value a replication; all NaN without values, or when one is NaN.</summary>
    public static MeanEstimate Of(IReadOnlyCollection<double> values)
    {
        var count = values.Count;
        if (count == 0)
        {
            return new MeanEstimate(0, double.NaN, double.NaN, double.NaN);
        }

        var mean = values.Sum() / count;
        if (count == 1)
        {
            return new MeanEstimate(1, mean, double.NaN, double.NaN);
        }

        var std = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (count - 1));
        return new MeanEstimate(count, mean, std, CriticalT(count) * std / Math.Sqrt(count));
    }

    /// <summary>The quantile of Student's t for the 95 % interval of the mean of so many values, at least two.</summary>
    internal static double CriticalT(int count) =>
        StudentT.InvCDF(location: 0, scale: 1, freedom: count - 1, UpperQuantile);
}
