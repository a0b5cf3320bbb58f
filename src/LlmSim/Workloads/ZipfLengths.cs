using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Zipf's law on 1 … maxTokens: P(k) ∝ k^−s. Drawn by inversion: a binary search of the cumulative probabilities, which
/// take 8 bytes a token of the largest length.
/// </summary>
internal sealed class ZipfLengths : ILengthDistribution
{
    /// <summary>Of 100 nearly every length is 1.</summary>
    internal static FigureRange ExponentRange { get; } = new(0, 100, IsAboveLeast: true);

    private readonly double[] _cumulative;

    /// <summary>The law with the given exponent and largest length.</summary>
    /// <param name="s">Exponent, above 0 and up to 100.</param>
    /// <param name="maxTokens">Largest length, from 1 to 10,000,000.</param>
    /// <exception cref="UserErrorException">A parameter is outside its range.</exception>
    public ZipfLengths(double s, int maxTokens)
    {
        WorkloadParameter.Require(ExponentRange, "zipf_s", s);
        WorkloadParameter.RequireMaxTokens(maxTokens);
        _cumulative = new double[maxTokens];
        var sum = 0.0;
        for (var k = 1; k <= maxTokens; k++)
        {
            sum += Math.Pow(k, -s);
            _cumulative[k - 1] = sum;
        }
    }

    /// <inheritdoc />
    public int Sample(RandomStream random)
    {
        var index = Array.BinarySearch(_cumulative, random.NextDouble() * _cumulative[^1]);
        // An exact hit belongs to the next length, whose interval is closed at its start; the last sum is never reached.
        return Math.Min((index >= 0 ? index + 1 : ~index) + 1, _cumulative.Length);
    }
}
