using LlmSim.Experiments.Extensions;
using LlmSim.Performance;

namespace LlmSim.Experiments.Performance;

/// <content>The times of what drafts tokens.</content>
internal static partial class PerformanceSource
{
    /// <summary>The same for one model, with the time of what drafts for it.</summary>
    private static Func<InstanceSpec, PerformanceChoice> ChooserWithDrafts(
        RunConfiguration configuration,
        ServedModel served,
        PerformanceFiles files
    )
    {
        var choose = Chooser(configuration, served.Model, served.Precision, files);
        var knowsOneModel =
            configuration.Performance.StartsWith(MeasuredPrefix, StringComparison.Ordinal)
            || OwnPerformanceFiles.IsOwn(configuration.Performance);
        return instance =>
        {
            var choice = choose(instance);
            return instance.Engine?.Speculation is not null
                ? choice.With("the errors are those of runs without speculative decoding") with
                {
                    Model = DraftedTime.Of(
                        served,
                        instance,
                        choice.Model,
                        // Times of one model are not those of what drafts for it.
                        (drafter, alone) =>
                            knowsOneModel
                                ? null
                                : Chooser(configuration, drafter.Model, drafter.Precision, files)(
                                    WithGapsOnly(alone, configuration)
                                ).Model
                    ),
                }
                : choice;
        };
    }

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
}
