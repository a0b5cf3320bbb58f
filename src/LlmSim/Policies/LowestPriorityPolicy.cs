namespace LlmSim.Policies;

/// <summary>The least urgent request, of equal ones the latest to arrive: the rule of vLLM's priority scheduling.</summary>
[Policy(
    "lowest_priority",
    Decisions = PolicyDecisions.Victim,
    IgnoresTtftDeadline = true,
    Summary = "the request with the highest priority value, of equal ones the latest to arrive"
)]
internal sealed class LowestPriorityPolicy : IVictimPolicy
{
    public int Choose(in VictimContext context)
    {
        var victim = 0;
        for (var i = 1; i < context.Running.Length; i++)
        {
            var (one, other) = (context.Running[i].Request, context.Running[victim].Request);
            var isLess = (one.Priority, one.Arrival).CompareTo((other.Priority, other.Arrival)) < 0;
            victim = isLess ? victim : i;
        }

        return victim;
    }
}
