using LlmSim.Engine;
using MathNet.Numerics.Distributions;

namespace LlmSim.Workloads;

/// <summary>exp of a normal variable, rounded to whole tokens and cut to 1 … maxTokens as a server cuts a prompt.</summary>
public sealed class LognormalLengths : ILengthDistribution
{
    private readonly double _mu;
    private readonly double _sigma;
    private readonly int _maxTokens;

    /// <summary>The distribution whose logarithm has this mean and standard deviation.</summary>
    /// <param name="mu">Mean of the underlying normal, finite.</param>
    /// <param name="sigma">Standard deviation of the underlying normal, from 0 to 10.</param>
    /// <param name="maxTokens">Largest length, from 1 to 10,000,000.</param>
    /// <exception cref="UserErrorException">A parameter is outside its range.</exception>
    public LognormalLengths(double mu, double sigma, int maxTokens)
    {
        WorkloadParameter.Require(sigma is >= 0 and <= 10, "sigma", sigma, "a number from 0 to 10");
        WorkloadParameter.Require(double.IsFinite(mu), "lognormal_mean", mu, "a finite number");
        WorkloadParameter.RequireMaxTokens(maxTokens);
        (_mu, _sigma, _maxTokens) = (mu, sigma, maxTokens);
    }

    /// <summary>The distribution that has this mean itself, before rounding and cutting.</summary>
    /// <param name="meanTokens">Mean length, above 0 and finite.</param>
    /// <param name="sigma">Standard deviation of the underlying normal, from 0 to 10.</param>
    /// <param name="maxTokens">Largest length, from 1 to 10,000,000.</param>
    /// <exception cref="UserErrorException">A parameter is outside its range.</exception>
    public static LognormalLengths WithMean(double meanTokens, double sigma, int maxTokens)
    {
        WorkloadParameter.RequirePositive("mean length", meanTokens);
        return new LognormalLengths(Math.Log(meanTokens) - (sigma * sigma / 2), sigma, maxTokens);
    }

    /// <inheritdoc />
    public int Sample(RandomStream random) =>
        (int)Math.Clamp(Math.Round(Math.Exp(Normal.Sample(random, _mu, _sigma))), 1, _maxTokens);
}
