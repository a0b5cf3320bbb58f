namespace LlmSim.Policies;

/// <summary>
/// First come, first served, by arrival at the cluster: what was evicted or transferred slowly does not lose its place.
/// </summary>
[Policy(
    "fcfs",
    Decisions = PolicyDecisions.Local,
    IgnoresTtftDeadline = true,
    Summary = "the request that arrived at the cluster first"
)]
internal sealed class FcfsPolicy : IOrderedLocalPolicy
{
    public double Key(in RequestView request) => request.Arrival.Nanoseconds;
}
