namespace LlmSim.Policies;

/// <summary>The decisions as they are called on the command line and in results.</summary>
internal static class PolicyDecisionNames
{
    private static readonly (PolicyDecisions Decision, string Name)[] s_names =
    [
        (PolicyDecisions.PrefillGlobal, "prefill_global"),
        (PolicyDecisions.PrefillLocal, "prefill_local"),
        (PolicyDecisions.DecodeGlobal, "decode_global"),
        (PolicyDecisions.DecodeLocal, "decode_local"),
        (PolicyDecisions.Admission, "admission_policy"),
        (PolicyDecisions.Autoscale, "autoscale"),
        (PolicyDecisions.Victim, "victim"),
        (PolicyDecisions.OutputPredictor, "output_predictor"),
        (PolicyDecisions.Batching, "batching"),
    ];

    /// <summary>Names of the decisions in the set, in the order of the pipeline.</summary>
    public static IEnumerable<string> Of(PolicyDecisions decisions) =>
        s_names.Where(entry => decisions.HasFlag(entry.Decision)).Select(entry => entry.Name);

    /// <summary>The names with commas.</summary>
    internal static string List(PolicyDecisions decisions) => string.Join(", ", Of(decisions));
}
