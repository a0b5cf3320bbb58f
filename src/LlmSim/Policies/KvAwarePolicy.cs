namespace LlmSim.Policies;

/// <summary>
/// The least KV cache to compute and to keep: the cost function of NVIDIA Dynamo's KV router. A cached prefix is worth
/// as much as an equally long KV cache that is not there.
/// </summary>
[Policy(
    "kv_aware",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "least KV to compute for the prompt + weight × KV held and waited for"
)]
internal sealed class KvAwarePolicy : IScoredGlobalPolicy
{
    [PolicyOption("weight", Min = 0, Summary = "weight of a token of KV that is held or waited for")]
    public double Weight { get; set; } = 1;

    public double Score(in InstanceView instance, in RequestView request) =>
        request.PromptTokens - instance.CachedPrefixTokens(request) + (Weight * instance.CommittedKvTokens);
}
