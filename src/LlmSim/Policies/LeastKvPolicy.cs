namespace LlmSim.Policies;

/// <summary>Where the KV cache is emptiest, counted in bytes, so that a larger instance gets more.</summary>
[Policy(
    "least_kv",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "the instance with the most free KV memory, after what is running and queued"
)]
internal sealed class LeastKvPolicy : IScoredGlobalPolicy
{
    public double Score(in InstanceView instance, in RequestView request) => -(double)instance.FreeKvBytes;
}
