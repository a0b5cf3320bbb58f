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

/// <summary>The policies of a run. They may keep state: never share a set between two runs.</summary>
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
    /// <summary>Say which requests the cluster takes: those that all of them admit. None takes all.</summary>
    public IReadOnlyList<IAdmissionPolicy> Admission { get; init; } = [];

    /// <summary>Chooses whom to preempt when KV memory runs out; null for the rule of the instance.</summary>
    public IVictimPolicy? Victim { get; init; }

    /// <summary>Predicts outputs for the others; null for the predictor of the scenario.</summary>
    public IOutputPredictorPolicy? OutputPredictor { get; init; }

    /// <summary>Says what iterations compute, of engines of kind vllm; null for the rule of the engine.</summary>
    public IBatchingPolicy? Batching { get; init; }

    /// <summary>Whether all promise to ignore TTFT deadlines, so that the SLOs decide nothing in the simulation.</summary>
    public bool IgnoresTtftDeadline => All.All(PromisesToIgnoreDeadlines);

    /// <summary>All of them.</summary>
    internal IEnumerable<object> All =>
        new object?[]
        {
            PrefillGlobal,
            PrefillLocal,
            DecodeGlobal,
            DecodeLocal,
            Victim,
            OutputPredictor,
            Batching,
        }
            .Concat(Admission)
            .OfType<object>();

    /// <summary>
    /// The decisions whose policies may look at something. Of built-in policies their code tells; others are taken to look at
    /// everything.
    /// </summary>
    internal PolicyDecisions DecisionsThatMayUse(PolicyInput input) =>
        Of(PolicyDecisions.PrefillGlobal, PrefillGlobal, input)
        | Of(PolicyDecisions.PrefillLocal, PrefillLocal, input)
        | Of(PolicyDecisions.DecodeGlobal, DecodeGlobal, input)
        | (
            PrefillGlobal is IJointPolicy
                ? Of(PolicyDecisions.DecodeGlobal, PrefillGlobal, input)
                : PolicyDecisions.None
        )
        | Of(PolicyDecisions.DecodeLocal, DecodeLocal, input)
        | Admission.Aggregate(
            PolicyDecisions.None,
            (decisions, policy) => decisions | Of(PolicyDecisions.Admission, policy, input)
        )
        | (Victim is null ? PolicyDecisions.None : Of(PolicyDecisions.Victim, Victim, input))
        | (
            OutputPredictor is null
                ? PolicyDecisions.None
                : Of(PolicyDecisions.OutputPredictor, OutputPredictor, input)
        )
        | (Batching is null ? PolicyDecisions.None : Of(PolicyDecisions.Batching, Batching, input));

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
