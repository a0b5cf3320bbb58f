using LlmSim.Performance;

namespace LlmSim.Experiments.Performance;

/// <summary>What gives an instance its times.</summary>
/// <param name="Model">The performance model.</param>
/// <param name="Tier">What it rests on.</param>
/// <param name="Source">Where its figures come from, in words.</param>
internal sealed record PerformanceChoice(IPerformanceModel Model, PredictionTier Tier, string Source)
{
    /// <summary>Why there is nothing better; null where nothing better was looked for, or this is the best.</summary>
    public string? Notice { get; init; }
}
