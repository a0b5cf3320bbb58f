using LlmSim.Kernel;
using MathNet.Numerics.Distributions;

namespace LlmSim.Workloads;

/// <summary>
/// An endless workload whose lengths are distributed as in one hour of a real conversation service (the conversation trace
/// of Mooncake; Qin et al., FAST 2025): both marginals follow that hour's quantiles, and a Gaussian copula gives the two
/// lengths the hour's slight correlation. Streams and arrivals as in <see cref="SyntheticWorkload" />.
/// </summary>
internal static class ConversationWorkload
{
    // The correlation of the underlying normals that makes the correlation of the logarithms of the lengths 0.05.
    private const double Correlation = 0.0559;

    private static readonly QuantileTable s_inputLengths = new([
        891,
        894,
        901,
        964,
        2306,
        6909,
        15366,
        27367,
        39549,
        85399,
        126195,
    ]);

    private static readonly QuantileTable s_outputLengths = new([
        1,
        3,
        10,
        24,
        156,
        350,
        472,
        597,
        698,
        1115,
        2000,
    ]);

    /// <summary>The requests of this seed.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="maxTokens">Longer prompts are cut to this length, from 1 to 10,000,000; the default is above all of the hour's.</param>
    /// <exception cref="UserErrorException">maxTokens is outside its range.</exception>
    public static IEnumerable<RequestSpec> Generate(
        long seed,
        int maxTokens = SyntheticWorkload.DefaultMaxTokens
    )
    {
        WorkloadParameter.RequireMaxTokens(maxTokens);
        return GenerateRequests(seed, maxTokens);
    }

    private static IEnumerable<RequestSpec> GenerateRequests(long seed, int maxTokens)
    {
        var lengths = new RandomStream(seed, "lengths");
        var outputs = new RandomStream(seed, "outputs");
        for (var id = 0L; ; id++)
        {
            var input = Normal.Sample(lengths, 0, 1);
            var output =
                (Correlation * input)
                + (Math.Sqrt(1 - (Correlation * Correlation)) * Normal.Sample(outputs, 0, 1));
            yield return new RequestSpec(
                id,
                SimTime.Zero,
                Math.Min(s_inputLengths.At(Normal.CDF(0, 1, input)), maxTokens),
                s_outputLengths.At(Normal.CDF(0, 1, output))
            );
        }
    }
}
