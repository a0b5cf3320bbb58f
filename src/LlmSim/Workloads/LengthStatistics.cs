using System.Globalization;

namespace LlmSim.Workloads;

/// <summary>Lengths of prompts or outputs, in tokens.</summary>
/// <param name="Mean">Arithmetic mean.</param>
/// <param name="Quantiles">
/// The quantiles 0, 1, 5, 10, 25, 50, 75, 90, 95, 99 and 100 %, interpolated linearly between the two nearest ranks.
/// </param>
internal sealed record LengthStatistics(double Mean, IReadOnlyList<double> Quantiles)
{
    /// <summary>The statistics of lengths that are given as length → number of requests.</summary>
    internal static LengthStatistics Of(Dictionary<int, long> counts)
    {
        var sorted = counts
            .OrderBy(pair => pair.Key)
            .Select(pair => (Length: pair.Key, Count: pair.Value))
            .ToArray();
        var total = sorted.Sum(pair => pair.Count);
        var sum = sorted.Sum(pair => pair.Length * pair.Count);
        return new LengthStatistics(
            (double)sum / total,
            [
                .. WorkloadQuantiles
                    .Probabilities.ToArray()
                    .Select(probability => Quantile(sorted, probability * (total - 1))),
            ]
        );
    }

    internal IEnumerable<WorkloadStatistic?> ToRows(string name)
    {
        yield return new WorkloadStatistic($"{name}_mean", Mean, "tokens");
        for (var i = 0; i < Quantiles.Count; i++)
        {
            var percent = Math.Round(WorkloadQuantiles.Probabilities[i] * 100);
            yield return new WorkloadStatistic(
                string.Create(CultureInfo.InvariantCulture, $"{name}_p{percent}"),
                Quantiles[i],
                "tokens"
            );
        }
    }

    private static double Quantile((int Length, long Count)[] sorted, double rank)
    {
        var lower = LengthAt(sorted, (long)Math.Floor(rank));
        var upper = LengthAt(sorted, (long)Math.Ceiling(rank));
        return lower + ((rank - Math.Floor(rank)) * (upper - lower));
    }

    private static int LengthAt((int Length, long Count)[] sorted, long rank)
    {
        foreach (var (length, count) in sorted)
        {
            rank -= count;
            if (rank < 0)
            {
                return length;
            }
        }

        return sorted[^1].Length;
    }
}
