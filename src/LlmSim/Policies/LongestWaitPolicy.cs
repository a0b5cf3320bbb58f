namespace LlmSim.Policies;

/// <summary>First in this queue, first served, wherever the request has been before.</summary>
[Policy(
    "longest_wait",
    Decisions = PolicyDecisions.Local,
    IgnoresTtftDeadline = true,
    Summary = "the request that has waited longest in this queue"
)]
internal sealed class LongestWaitPolicy : IOrderedLocalPolicy
{
    public double Key(in RequestView request) => request.Queued.Nanoseconds;
}
