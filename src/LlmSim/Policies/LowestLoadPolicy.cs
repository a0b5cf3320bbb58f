namespace LlmSim.Policies;

/// <summary>Least work left: where the request would wait least, were the estimate exact.</summary>
[Policy(
    "lowest_load",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "the instance with the least estimated work ahead of the request"
)]
internal sealed class LowestLoadPolicy : IGlobalPolicy
{
    public int Choose(in GlobalContext context) => context.LeastEstimatedWork();
}
