using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>The fields of the object <c>speculative_config</c> of an engine; the names that vLLM has too are vLLM's.</summary>
internal static class SpeculationFields
{
    private static readonly ClusterValue.Shares s_acceptance = new(SpeculationSpec.MostDraftTokens);

    /// <summary>Those who draft, by the names that files give them.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["mtp", "eagle", "draft_model", "ngram"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ClusterField<SpeculationSpec>> All { get; } =
    [
        new(
            "method",
            new ClusterValue.Word(Methods),
            null,
            "who drafts: a layer trained with the model, one trained afterwards, a smaller model, or what followed the same words before",
            (one, value) => one with { Method = (DraftMethod)(int)value }
        ),
        new(
            "num_speculative_tokens",
            new ClusterValue.Whole(new FigureRange(1, SpeculationSpec.MostDraftTokens)),
            null,
            "draft tokens of a request in an iteration",
            (one, value) => one with { DraftTokens = (int)(long)value }
        ),
        new(
            "acceptance",
            s_acceptance,
            null,
            "probability that a draft is accepted when those before it were; a list gives it by position, its last one for all further",
            (one, value) => one with { Acceptance = (double[])value }
        ),
        new(
            "acceptance_by_class",
            new ClusterValue.SharesByName(s_acceptance),
            "acceptance for all",
            "the same for requests of some classes",
            (one, value) =>
                one with
                {
                    AcceptanceByClass = ((Dictionary<string, double[]>)value).ToDictionary(
                        pair => pair.Key,
                        pair => (IReadOnlyList<double>)pair.Value
                    ),
                }
        ),
        new(
            "model",
            new ClusterValue.Drafter(),
            "none",
            "method draft_model alone: the model that drafts, by its name in llmsim models",
            (one, value) => one with { DraftModel = (ModelDescription)value }
        ),
        new(
            "draft_seconds",
            new ClusterValue.Number(EngineOverheads.Range),
            "0",
            "what drafting takes in an iteration beside the drafter's computation",
            (one, value) => one with { DraftSeconds = (double)value }
        ),
    ];
}
