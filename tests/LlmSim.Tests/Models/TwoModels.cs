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
