namespace LlmSim.Policies;

/// <summary>A number of instances that does not follow the load: what the others are compared with.</summary>
[Policy(
    "fixed",
    Decisions = PolicyDecisions.Autoscale,
    IgnoresTtftDeadline = true,
    Summary = "always as many instances"
)]
internal sealed class FixedPolicy : IAutoscalePolicy
{
    [PolicyOption("count", Min = 0, Max = 1e6, Summary = "instances of the stage")]
    public int Count { get; set; } = 1;

    public int Decide(in FleetContext context) => Count;
}
