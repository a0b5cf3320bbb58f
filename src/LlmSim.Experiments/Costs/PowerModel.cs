using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Experiments.Costs;

/// <summary>
/// Power of accelerators from the time in which they compute: idle otherwise, and while they do a share of what is between idle and the
/// thermal design power. The shares are of an H100 and an H200 that are never without work (docs/costs.md), so that it is an upper estimate.
/// </summary>
internal static class PowerModel
{
    /// <summary>Compute-bound: median of 18 iterations with prompts of 256 to 8,192 tokens, 609 to 697 W of 700.</summary>
    private const double PrefillShare = 0.98;

    /// <summary>Memory-bound: median of 12 iterations of 64 and 256 decoding requests, 529 to 697 W of 700.</summary>
    private const double DecodeShare = 0.96;

    /// <summary>Whether the power of an accelerator can be told.</summary>
    public static bool IsKnown(HardwareDescription hardware) =>
        hardware is { IdleWatts: not null, TdpWatts: not null };

    /// <summary>Power of a cluster on average over the makespan; NaN where that of an accelerator is not known.</summary>
    /// <param name="instances">Of each stage in the order of the summary.</param>
    /// <param name="summary">Says how long each of them computed.</param>
    public static double MeanWatts(IReadOnlyList<StagedSpec> instances, RunSummary summary)
    {
        var usages = summary.Instances.ToLookup(usage => usage.Stage);
        return instances
            .GroupBy(instance => instance.Stage)
            .Sum(stage =>
                stage
                    .Zip(usages[stage.Key])
                    .Sum(pair =>
                        pair.First.Spec.Accelerators
                        * Watts(pair.First.Spec.Hardware, stage.Key, pair.Second.Utilization)
                    )
            );
    }

    private static double Watts(HardwareDescription hardware, string stage, double utilization)
    {
        var share = stage switch
        {
            "prefill" => PrefillShare,
            "decode" => DecodeShare,
            _ => (PrefillShare + DecodeShare) / 2,
        };
        return hardware is { IdleWatts: { } idle, TdpWatts: { } tdp }
            ? idle + (share * (tdp - idle) * Math.Clamp(utilization, 0, 1))
            : double.NaN;
    }
}
