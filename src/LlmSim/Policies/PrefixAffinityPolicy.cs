namespace LlmSim.Policies;

/// <summary>
/// Where the longest start of the prompt is cached, as long as the load is balanced: the cache-aware policy of SGLang's
/// router, with its defaults. The router guesses what is cached from what it has sent where; here it knows.
/// </summary>
[Policy(
    "prefix_affinity",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "the longest cached prefix, unless load is unbalanced or the prefix is short: then the fewest requests"
)]
internal sealed class PrefixAffinityPolicy : IGlobalPolicy
{
    [PolicyOption(
        "imbalance_requests",
        Min = 0,
        Summary = "load is unbalanced when the busiest has more requests than this over the idlest, and imbalance_ratio holds too"
    )]
    public int ImbalanceRequests { get; set; } = 64;

    [PolicyOption(
        "imbalance_ratio",
        Min = 1,
        Summary = "how many times the requests of the idlest the busiest must have for the load to be unbalanced"
    )]
    public double ImbalanceRatio { get; set; } = 1.5;

    [PolicyOption(
        "min_match",
        Min = 0,
        Max = 1,
        Summary = "share of the prompt that must be cached to follow it"
    )]
    public double MinMatch { get; set; } = 0.3;

    public int Choose(in GlobalContext context)
    {
        var instances = context.Instances;
        var (idlest, longest) = (0, 0);
        var (least, most, longestTokens) = (int.MaxValue, 0, -1);
        for (var i = 0; i < instances.Count; i++)
        {
            var requests = instances[i].QueuedRequests + instances[i].RunningRequests;
            var cached = instances[i].CachedPrefixTokens(context.Request);
            most = Math.Max(most, requests);
            (idlest, least) = requests < least ? (i, requests) : (idlest, least);
            (longest, longestTokens) = cached > longestTokens ? (i, cached) : (longest, longestTokens);
        }

        var isUnbalanced = most - least > ImbalanceRequests && most > ImbalanceRatio * least;
        var isShort = longestTokens <= MinMatch * context.Request.PromptTokens;
        return isUnbalanced || isShort ? idlest : longest;
    }
}
