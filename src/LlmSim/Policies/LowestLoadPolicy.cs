namespace LlmSim.Policies;

/// <summary>Least work left: where the request would wait least, were the estimate exact.</summary>
[Policy(
    "lowest_load",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "the instance with the least estimated work ahead of the request"
)]
internal sealed class LowestLoadPolicy : IScoredGlobalPolicy
{
    public double Score(in InstanceView instance, in RequestView request) => instance.EstimatedWork(request);
}
