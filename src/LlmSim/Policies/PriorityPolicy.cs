namespace LlmSim.Policies;

/// <summary>
/// The lowest priority value first. With aging a wait counts as urgency: after so many seconds a request stands beside those of the next lower
/// value, so that nobody waits for ever.
/// </summary>
[Policy(
    "priority",
    Decisions = PolicyDecisions.Local,
    IgnoresTtftDeadline = true,
    Summary = "the lowest priority value, with aging less a level for every so many seconds of waiting"
)]
internal sealed class PriorityPolicy : IOrderedLocalPolicy
{
    [PolicyOption(
        "aging",
        Min = 0,
        Max = 1e9,
        Summary = "seconds since its arrival that are worth a level; 0 for no aging"
    )]
    public double Aging { get; set; }

    // Priority less waits over aging is the same order at any time as priority times aging plus arrival.
    public double Key(in RequestView request) =>
        Aging == 0 ? request.Priority : (request.Priority * Aging) + request.Arrival.Seconds;
}
