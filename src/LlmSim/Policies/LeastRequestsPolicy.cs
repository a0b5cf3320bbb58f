namespace LlmSim.Policies;

/// <summary>Join the shortest queue, counting requests whatever their size.</summary>
[Policy(
    "least_requests",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "the instance with the fewest requests, queued and running"
)]
internal sealed class LeastRequestsPolicy : IScoredGlobalPolicy
{
    public double Score(in InstanceView instance, in RequestView request) =>
        instance.QueuedRequests + instance.RunningRequests;
}
