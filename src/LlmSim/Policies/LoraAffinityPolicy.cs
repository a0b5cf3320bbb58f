namespace LlmSim.Policies;

/// <summary>
/// Where the adapter of the request is, else where one has a slot: the LoRA affinity of the Kubernetes Gateway API inference extension, with the least estimated work
/// among equals.
/// </summary>
[Policy(
    "lora_affinity",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "the least estimated work of the instances that hold the request's adapter, else of those with a free slot, else of all"
)]
internal sealed class LoraAffinityPolicy : IGlobalPolicy
{
    private const int Nothing = 2;

    public int Choose(in GlobalContext context)
    {
        if (context.Request.Adapter is null)
        {
            return context.LeastEstimatedWork();
        }

        var (best, bestRank, bestWork) = (0, int.MaxValue, double.PositiveInfinity);
        for (var i = 0; i < context.Instances.Count; i++)
        {
            var instance = context.Instances[i];
            var rank =
                instance.HoldsAdapter(context.Request) ? 0
                : instance.FreeAdapterSlots > 0 ? 1
                : Nothing;
            if (rank > bestRank)
            {
                continue;
            }

            var work = instance.EstimatedWork(context.Request);
            if (rank < bestRank || work < bestWork)
            {
                (best, bestRank, bestWork) = (i, rank, work);
            }
        }

        return best;
    }
}
