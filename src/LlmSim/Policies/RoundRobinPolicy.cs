namespace LlmSim.Policies;

/// <summary>
/// Instances in turn: one counter for the stage and model, which every decision moves on by one. The counter goes over positions
/// in the list of instances that can hold the request; when all can, these are the instances themselves.
/// </summary>
[Policy(
    "round_robin",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "instances in turn: 0, 1, 2, …, 0, 1, …"
)]
internal sealed class RoundRobinPolicy : IGlobalPolicy
{
    private readonly Turns _decisions = new();

    public int Choose(in GlobalContext context) =>
        (int)(_decisions.Of(context.Request.Model)++ % context.Instances.Count);
}
