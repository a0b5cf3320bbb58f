using System.Globalization;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>Statistics of results of load tests that a simulation has too.</summary>
internal static class BenchFigures
{
    /// <summary>Whether it is a percentile such as p99 or p99.9.</summary>
    public static bool IsPercentile(string statistic) =>
        statistic.StartsWith('p')
        && double.TryParse(
            statistic.AsSpan(1),
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out var percent
        )
        && percent <= 100;

    /// <summary>Whether it is predicted: of the gaps between tokens only some percentiles are.</summary>
    /// <param name="quantity">"ttft", "tpot", "itl" or "e2e".</param>
    /// <param name="statistic">"mean" or a percentile.</param>
    public static bool IsPredicted(string quantity, string statistic) =>
        statistic == "mean"
        || (
            IsPercentile(statistic)
            && (quantity != "itl" || PredictedFigures.GapPercentiles.Contains(statistic))
        );
}
