using LlmSim.Experiments.Extensions;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;

namespace LlmSim.Experiments.Performance;

/// <content>The times of what drafts tokens, and of the stages of a pipeline.</content>
internal static partial class PerformanceSource
{
    /// <summary>The same for one model, with the time of what drafts for it, or in stages.</summary>
    private static Func<InstanceSpec, PerformanceChoice> ChooserOfParts(
        RunConfiguration configuration,
        ServedModel served,
        PerformanceFiles files
    )
    {
        var choose = Chooser(configuration, served.Model, served.Precision, files);
        var knowsOneModel = KnowsOneModel(configuration);
        return instance =>
            WithStages(
                instance,
                WithMasks(
                    instance,
                    WithAdapters(
                        instance,
                        WithDrafts(instance, WithRanks(instance, WithExperts(instance, choose(instance))))
                    )
                )
            );

        static PerformanceChoice WithExperts(InstanceSpec instance, PerformanceChoice choice) =>
            instance is { ExpertSkew: null, RedundantExperts: 0, TwoBatchOverlap: false }
                ? choice
                : choice.With(
                    "the errors are those of runs that say nothing of skew, replicas or overlap of experts"
                );

        static PerformanceChoice WithRanks(InstanceSpec instance, PerformanceChoice choice) =>
            instance.ContextRanks == 1
                ? choice
                : choice.With("the errors are those of instances without context parallelism");

        static PerformanceChoice WithMasks(InstanceSpec instance, PerformanceChoice choice) =>
            choice with
            {
                Model = StructuredTime.Of(instance, choice.Model),
            };

        PerformanceChoice WithAdapters(InstanceSpec instance, PerformanceChoice choice) =>
            instance.Engine?.Lora is null
                ? choice
                : choice.With("the errors are those of runs without adapters") with
                {
                    Model = LoraTime.Of(served, instance, choice.Model),
                };

        PerformanceChoice WithDrafts(InstanceSpec instance, PerformanceChoice choice) =>
            instance.Engine?.Speculation is null
                ? choice
                : choice.With("the errors are those of runs without speculative decoding") with
                {
                    // Times of one model are not those of what drafts for it.
                    Model = DraftedTime.Of(
                        served,
                        instance,
                        choice.Model,
                        (drafter, alone) =>
                            knowsOneModel ? null : Times(drafter, WithGapsOnly(alone, configuration))
                    ),
                };

        PerformanceChoice WithStages(InstanceSpec instance, PerformanceChoice choice) =>
            instance.PpSize == 1
                ? choice
                : choice.With("the errors are those of instances without a pipeline") with
                {
                    Model = PipelineTime.Of(
                        served,
                        instance,
                        choice.Model,
                        (stage, one) => knowsOneModel ? null : Times(stage, one)
                    ),
                };

        IPerformanceModel Times(ServedModel other, InstanceSpec instance) =>
            Chooser(configuration, other.Model, other.Precision, files)(instance).Model;
    }

    /// <summary>Times of encoders of pictures: from where those of the text come, or of the roofline where these are of one model.</summary>
    internal static Func<ServedModel, InstanceSpec, IPerformanceModel> EncoderTimes(
        RunConfiguration configuration,
        PerformanceFiles files
    )
    {
        var knowsOneModel = KnowsOneModel(configuration);
        return (tower, instance) =>
            knowsOneModel
                ? new RooflineModel(tower.Model, tower.Precision, instance, configuration.Semantics)
                : Chooser(configuration, tower.Model, tower.Precision, files)(
                    WithGapsOnly(
                        instance with
                        {
                            Engine = instance.Engine ?? new EngineSpec(),
                        },
                        configuration
                    )
                ).Model;
    }

    /// <summary>Whether the times are those of one model and say nothing of another.</summary>
    private static bool KnowsOneModel(RunConfiguration configuration) =>
        configuration.Performance.StartsWith(MeasuredPrefix, StringComparison.Ordinal)
        || OwnPerformanceFiles.IsOwn(configuration.Performance);

    /// <summary>A drafter runs within an iteration of the model that verifies: the engine adds the gaps between its kernels, and no second iteration.</summary>
    private static InstanceSpec WithGapsOnly(InstanceSpec instance, RunConfiguration configuration) =>
        instance with
        {
            Engine = instance.Engine! with
            {
                Overheads = new()
                {
                    LayerSeconds = configuration.Catalogs.Engines.OverheadsOf(instance.Engine).LayerSeconds,
                },
            },
        };

    /// <summary>Why the measured operations that come with the simulator are not those of an accelerator; null where they are.</summary>
    private static string? WithoutKernels(HardwareDescription hardware) =>
        !KernelCatalog.Has(hardware.Name) ? "its operations were not measured"
        : HardwareCatalog.BuiltIn.Find(hardware.Name) is { } known && known.HasRoofsOf(hardware) ? null
        : "it is described otherwise than in the catalog, with whose figures its operations were measured";
}
