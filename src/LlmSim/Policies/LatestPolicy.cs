namespace LlmSim.Policies;

/// <summary>The latest to join the batch: it has the least to lose, as a rule. The rule of vLLM's fcfs scheduling.</summary>
[Policy(
    "latest",
    Decisions = PolicyDecisions.Victim,
    IgnoresTtftDeadline = true,
    Summary = "the request that joined the batch last"
)]
internal sealed class LatestPolicy : IVictimPolicy
{
    public int Choose(in VictimContext context) => context.Running.Length - 1;
}
