namespace LlmSim.Policies;

/// <summary>The stage that a decision is about.</summary>
internal static class DecisionStages
{
    /// <summary>Prefill or decode, for a single decision.</summary>
    public static Stage Stage(this PolicyDecisions decision) =>
        decision is PolicyDecisions.PrefillGlobal or PolicyDecisions.PrefillLocal or PolicyDecisions.Admission
            ? Requests.Stage.Prefill
            : Requests.Stage.Decode;
}
