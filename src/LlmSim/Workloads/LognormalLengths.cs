using LlmSim.Kernel;
using MathNet.Numerics.Distributions;

namespace LlmSim.Workloads;

/// <summary>exp of a normal variable, rounded to whole tokens and cut to 1 … maxTokens as a server cuts a prompt.</summary>
internal sealed class LognormalLengths : ILengthDistribution
{
    /// <summary>Of the mean of the logarithm: beyond it every length is cut.</summary>
    internal static FigureRange MeanRange { get; } = new(-100, 100);

    /// <summary>Of the deviation of the logarithm.</summary>
    internal static FigureRange DeviationRange { get; } = new(0, 10);

    private readonly double _mu;
    private readonly double _sigma;
    private readonly int _maxTokens;

    /// <summary>The distribution whose logarithm has this mean and standard deviation.</summary>
    /// <param name="mu">Mean of the underlying normal, from -100 to 100.</param>
    /// <param name="sigma">Standard deviation of the underlying normal, from 0 to 10.</param>
    /// <param name="maxTokens">Largest length, from 1 to 10,000,000.</param>
    /// <exception cref="UserErrorException">A parameter is outside its range.</exception>
    public LognormalLengths(double mu, double sigma, int maxTokens)
    {
        WorkloadParameter.Require(DeviationRange, "sigma", sigma);
        WorkloadParameter.Require(MeanRange, "lognormal_mean", mu);
        WorkloadParameter.RequireMaxTokens(maxTokens);
        (_mu, _sigma, _maxTokens) = (mu, sigma, maxTokens);
    }

    /// <summary>The distribution that has this mean itself, before rounding and cutting.</summary>
    /// <param name="meanTokens">Mean length, above 0 and up to 10,000,000.</param>
    /// <param name="sigma">Standard deviation of the underlying normal, from 0 to 10.</param>
    /// <param name="maxTokens">Largest length, from 1 to 10,000,000.</param>
    /// <exception cref="UserErrorException">A parameter is outside its range.</exception>
    public static LognormalLengths WithMean(double meanTokens, double sigma, int maxTokens)
    {
        WorkloadParameter.Require(FigureRanges.MeanTokens, "mean length", meanTokens);
        WorkloadParameter.Require(DeviationRange, "sigma", sigma);
        return new LognormalLengths(Math.Log(meanTokens) - (sigma * sigma / 2), sigma, maxTokens);
    }

    /// <inheritdoc />
    public int Sample(RandomStream random) =>
        (int)Math.Clamp(Math.Round(Math.Exp(Normal.Sample(random, _mu, _sigma))), 1, _maxTokens);
}
