using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <summary>A distribution as columns of CSV.</summary>
internal static class DistributionColumns
{
    /// <summary>Its percentiles, then its moments.</summary>
    public static IEnumerable<(string Name, object? Value)> Of(string name, Distribution d) =>
        Percentiles(name, d).Concat(Moments(name, d));

    public static IEnumerable<(string Name, object? Value)> Percentiles(string name, Distribution d) =>
        [
            ($"{name}_p25", d.P25),
            ($"{name}_p50", d.P50),
            ($"{name}_p75", d.P75),
            ($"{name}_p90", d.P90),
            ($"{name}_p95", d.P95),
            ($"{name}_p99", d.P99),
        ];

    public static IEnumerable<(string Name, object? Value)> Moments(string name, Distribution d) =>
        [($"{name}_mean", d.Mean), ($"{name}_std", d.Std)];
}
