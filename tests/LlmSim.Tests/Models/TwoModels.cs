using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Tests.Models;

/// <summary>Two clusters as one whose instances serve two models.</summary>
internal static class TwoModels
{
    public const string Other = "maker/other";

    /// <summary>One cluster of both, with all else of the first; the instances of the second serve <see cref="Other" />.</summary>
    public static Scenario Join(Scenario one, Scenario two) =>
        one with
        {
            OtherModels = [new ServedModel(two.Model with { Id = Other }) { Precision = two.Precision }],
            PrefillInstances = [.. one.PrefillInstances, .. two.PrefillInstances.Select(Renamed)],
            DecodeInstances = [.. one.DecodeInstances, .. two.DecodeInstances.Select(Renamed)],
            MixedInstances = [.. one.MixedInstances, .. two.MixedInstances.Select(Renamed)],
            PerformanceModelFactory = spec => (spec.Model is null ? one : two).PerformanceModelFactory!(spec),
        };

    /// <summary>The instances of both as machines that change between the two; none where members of groups advance together.</summary>
    public static IReadOnlyList<SwapPlan> Machines(Scenario joined, RandomStream random)
    {
        if (joined.Instances.Any(instance => instance.Engine?.DataParallelGroup is not null))
        {
            return [];
        }

        var firstMixed = Math.Max(joined.PrefillInstances.Count, joined.DecodeInstances.Count);
        IEnumerable<SwapPlan> Of(string stage, IReadOnlyList<InstanceSpec> instances, int first) =>
            Enumerable
                .Range(0, instances.Count / 2)
                .Select(i => new SwapPlan(
                    stage,
                    [first + i, first + i + (instances.Count / 2)],
                    0.1 * random.NextDouble()
                ));
        return
        [
            .. Of("prefill", joined.PrefillInstances, 0),
            .. Of("decode", joined.DecodeInstances, 0),
            .. Of("mixed", joined.MixedInstances, firstMixed),
        ];
    }

    private static InstanceSpec Renamed(InstanceSpec spec) =>
        spec with
        {
            Model = Other,
            Engine = spec.Engine is { DataParallelGroup: { } group } engine
                ? engine with
                {
                    DataParallelGroup = $"{group} of the other",
                }
                : spec.Engine,
        };
}
