namespace LlmSim.Workloads;

/// <summary>The quantiles by which workloads are described.</summary>
internal static class WorkloadQuantiles
{
    public static ReadOnlySpan<double> Probabilities =>
        [0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 1];
}
