namespace LlmSim.Policies;

/// <summary>
/// The front of vLLM's data-parallel engines: a waiting request weighs as much as four that run. Equal engines take turns. The
/// real front looks at counts that may be 100 ms old; here they are exact.
/// </summary>
[Policy(
    "vllm_front",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "least 4 × queued + running requests, ties in turn: vLLM's balance between data-parallel engines"
)]
internal sealed class VllmFrontPolicy : IGlobalPolicy
{
    private const int WaitingWeight = 4;

    private readonly Turns _turns = new();

    public int Choose(in GlobalContext context)
    {
        var instances = context.Instances;
        ref var next = ref _turns.Of(context.Request.Model);
        var best = -1;
        for (var i = 0; i < instances.Count; i++)
        {
            var position = (int)((next + i) % instances.Count);
            if (best < 0 || Score(instances[position]) < Score(instances[best]))
            {
                best = position;
            }
        }

        next = best + 1;
        return best;
    }

    private static long Score(InstanceView instance) =>
        ((long)WaitingWeight * instance.QueuedRequests) + instance.RunningRequests;
}
