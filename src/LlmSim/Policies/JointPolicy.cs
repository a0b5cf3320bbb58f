namespace LlmSim.Policies;

/// <summary>
/// The pair of instances that costs least: the seconds until the KV cache is there, and seconds for the KV memory that is in use where it goes. Links count at both ends, so
/// that pairs differ where links do.
/// </summary>
[Policy(
    "joint",
    Decisions = PolicyDecisions.PrefillGlobal,
    IgnoresTtftDeadline = true,
    Summary = "both instances at once: least queue + prefill + transfer + kv_seconds x the share of KV memory in use at the decode instance"
)]
internal sealed class JointPolicy : IJointPolicy
{
    [PolicyOption(
        "kv_seconds",
        Min = 0,
        Max = 1e6,
        Summary = "seconds that KV memory in full use at the decode instance counts as"
    )]
    public double KvSeconds { get; set; } = 10;

    public int Choose(in GlobalContext context)
    {
        var (best, bestSeconds) = (0, double.PositiveInfinity);
        for (var i = 0; i < context.Instances.Count; i++)
        {
            var seconds = InstanceCosts.FirstTokenSeconds(context.Instances[i], context.Request);
            (best, bestSeconds) = seconds < bestSeconds ? (i, seconds) : (best, bestSeconds);
        }

        return best;
    }

    public JointChoice ChooseBoth(in GlobalContext prefill, in GlobalContext decode)
    {
        var request = prefill.Request;
        var (best, bestSeconds) = (default(JointChoice), double.PositiveInfinity);
        for (var first = 0; first < prefill.Instances.Count; first++)
        {
            var source = prefill.Instances[first];
            var seconds = InstanceCosts.FirstTokenSeconds(source, request);
            // On a mixed instance the request stays: there is one pair with it.
            var pairs = source.IsMixed ? 1 : decode.Instances.Count;
            for (var second = 0; second < pairs; second++)
            {
                var end = source.IsMixed ? source : decode.Instances[second];
                var transfer = source.IsMixed ? 0 : end.FetchSeconds(source, request.PromptTokens);
                var cost = seconds + transfer + (KvSeconds * InstanceCosts.KvShare(end));
                if (cost < bestSeconds)
                {
                    (best, bestSeconds) = (new JointChoice(first, second), cost);
                }
            }
        }

        return best;
    }
}
