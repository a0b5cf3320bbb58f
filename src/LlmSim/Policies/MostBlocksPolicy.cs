namespace LlmSim.Policies;

/// <summary>The request that holds the most memory: one victim makes room for many iterations.</summary>
[Policy(
    "most_blocks",
    Decisions = PolicyDecisions.Victim,
    IgnoresTtftDeadline = true,
    Summary = "the request that holds the most KV blocks, of equal ones the latest to join the batch"
)]
internal sealed class MostBlocksPolicy : IVictimPolicy
{
    public int Choose(in VictimContext context)
    {
        var victim = 0;
        for (var i = 1; i < context.Running.Length; i++)
        {
            victim = context.Running[i].KvBlocks >= context.Running[victim].KvBlocks ? i : victim;
        }

        return victim;
    }
}
