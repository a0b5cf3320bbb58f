using System.Reflection;

namespace LlmSim.Policies;

/// <summary>What a policy may look at and not every run has.</summary>
internal enum PolicyInput
{
    /// <summary>The decision's random stream.</summary>
    Random,

    /// <summary>The work that is estimated to lie ahead at an instance.</summary>
    EstimatedWork,

    /// <summary>The predicted output length.</summary>
    PredictedOutput,
}

/// <summary>The four policies of a run. They may keep state: never share a set between two runs.</summary>
/// <param name="PrefillGlobal">Routes arriving requests.</param>
/// <param name="PrefillLocal">Orders the prefill queues.</param>
/// <param name="DecodeGlobal">Routes prefilled requests.</param>
/// <param name="DecodeLocal">Orders the decode queues.</param>
public sealed record PolicySet(
    IGlobalPolicy PrefillGlobal,
    ILocalPolicy PrefillLocal,
    IGlobalPolicy DecodeGlobal,
    ILocalPolicy DecodeLocal
)
{
    /// <summary>Whether all four promise to ignore TTFT deadlines, so that the SLOs decide nothing in the simulation.</summary>
    public bool IgnoresTtftDeadline =>
        Array.TrueForAll<object>(
            [PrefillGlobal, PrefillLocal, DecodeGlobal, DecodeLocal],
            PromisesToIgnoreDeadlines
        );

    /// <summary>
    /// The decisions whose policies may look at something. Of built-in policies their code tells; others are taken to look at
    /// everything.
    /// </summary>
    internal PolicyDecisions DecisionsThatMayUse(PolicyInput input) =>
        Of(PolicyDecisions.PrefillGlobal, PrefillGlobal, input)
        | Of(PolicyDecisions.PrefillLocal, PrefillLocal, input)
        | Of(PolicyDecisions.DecodeGlobal, DecodeGlobal, input)
        | Of(PolicyDecisions.DecodeLocal, DecodeLocal, input);

    /// <summary>Whether a policy promises that its choices do not depend on TTFT deadlines.</summary>
    internal static bool PromisesToIgnoreDeadlines(object policy) =>
        policy.GetType().GetCustomAttribute<PolicyAttribute>() is { IgnoresTtftDeadline: true };

    private static PolicyDecisions Of(PolicyDecisions decision, object policy, PolicyInput input) =>
        policy.GetType() is var type
        && (!ShippedPoliciesAttribute.Covers(type) || CodeScan.Names(type, MembersOf(input)))
            ? decision
            : PolicyDecisions.None;

    private static string[] MembersOf(PolicyInput input) =>
        input switch
        {
            PolicyInput.Random => ["get_Random"],
            PolicyInput.EstimatedWork =>
            [
                nameof(GlobalContext.LeastEstimatedWork),
                nameof(InstanceView.EstimatedWork),
                nameof(InstanceView.PrefillQueueSeconds),
            ],
            _ => [$"get_{nameof(RequestView.PredictedOutputTokens)}"],
        };
}
