namespace LlmSim.Policies;

/// <summary>Load shedding by priority: under load the less urgent requests are turned away first.</summary>
[Policy(
    "shed",
    Decisions = PolicyDecisions.Admission,
    IgnoresTtftDeadline = true,
    Summary = "while the queue is long, only requests of a priority value up to a limit"
)]
internal sealed class ShedPolicy : IAdmissionPolicy
{
    [PolicyOption(
        "priority",
        Min = -1e9,
        Max = 1e9,
        Summary = "largest priority value that is taken under load"
    )]
    public int Priority { get; set; }

    [PolicyOption(
        "queue",
        Min = 0,
        Max = 1e9,
        Summary = "requests queued, over all instances, above which it sheds"
    )]
    public int Queue { get; set; } = 100;

    public bool Admit(in AdmissionContext context) =>
        context.Request.Priority <= Priority || context.QueuedRequests() <= Queue;
}
