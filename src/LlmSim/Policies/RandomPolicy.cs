namespace LlmSim.Policies;

/// <summary>Any instance, any queued request: the baseline of all comparisons.</summary>
[Policy(
    "random",
    Decisions = PolicyDecisions.Global | PolicyDecisions.Local,
    IgnoresTtftDeadline = true,
    Summary = "any of them, all equally likely"
)]
internal sealed class RandomPolicy : IGlobalPolicy, ILocalPolicy
{
    public int Choose(in GlobalContext context) => context.Random.Next(context.Instances.Count);

    public int Choose(in LocalContext context) => context.Random.Next(context.Queue.Count);
}
