using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>Lengths of requests of which a result only says how they are distributed: their mean is kept, their order is random.</summary>
internal static class BenchLengths
{
    /// <summary>Lengths with this sum: equal, or uniform from a share of the longest up to it.</summary>
    /// <param name="stream">Name of the random stream of their order.</param>
    /// <param name="total">Their sum, at least one token of each.</param>
    /// <param name="count">How many.</param>
    /// <param name="rangeRatio">Shortest as a share of the longest; 1 for equal ones.</param>
    public static int[] Uniform(string stream, long total, int count, double rangeRatio)
    {
        if (rangeRatio == 1)
        {
            return
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(i => (int)((total / count) + (i < total % count ? 1 : 0))),
            ];
        }

        var longest = 2.0 * total / count / (1 + rangeRatio);
        return Shuffled(stream, count, share => longest * (rangeRatio + ((1 - rangeRatio) * share)));
    }

    /// <summary>Lengths with these quantiles at <see cref="WorkloadQuantiles.Probabilities" />, and this mean.</summary>
    public static int[] OfQuantiles(string stream, double[] quantiles, double mean, int count)
    {
        var table = new QuantileTable([.. quantiles.Select(length => Math.Max(1, length))]);
        // Straight lines between the quantiles have another mean.
        var scale = mean / Enumerable.Range(0, count).Average(i => table.At(Middle(i, count)));
        return Shuffled(stream, count, share => scale * table.At(share));
    }

    private static int[] Shuffled(string stream, int count, Func<double, double> length)
    {
        int[] lengths =
        [
            .. Enumerable.Range(0, count).Select(i => Math.Max(1, (int)Math.Round(length(Middle(i, count))))),
        ];
        new RandomStream(new RunConfiguration().Seed, stream).Permute<int>(lengths);
        return lengths;
    }

    private static double Middle(int index, int count) => (index + 0.5) / count;
}
