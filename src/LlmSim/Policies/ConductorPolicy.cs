namespace LlmSim.Policies;

/// <summary>
/// Mooncake's conductor: where the first token is expected first, counting the queue, the prefill without what is cached, and
/// where it pays the transfer of a longer prefix from the instance that has it. A request whose first token would come
/// too late is turned away.
/// </summary>
[Policy(
    "conductor",
    Decisions = PolicyDecisions.PrefillGlobal,
    Summary = "least estimated TTFT: queue + prefill of what is not cached, a longer prefix fetched where that is faster"
)]
internal sealed class ConductorPolicy : IPrefixFetchingPolicy, ICountingPolicy
{
    private long _fetches;
    private long _rejections;
    private int _fetchFrom;

    [PolicyOption("transfer", Summary = "whether a longer prefix may be fetched from another instance")]
    public bool Transfer { get; set; } = true;

    [PolicyOption("reject", Summary = "whether a request that would miss its TTFT SLO is turned away")]
    public bool Reject { get; set; } = true;

    public IEnumerable<KeyValuePair<string, long>> Counters =>
        [new("fetches", _fetches), new("rejections", _rejections)];

    public int Choose(in GlobalContext context)
    {
        var request = context.Request;
        var holder = Holder(context);
        var (best, bestSeconds) = (0, double.PositiveInfinity);
        for (var i = 0; i < context.Instances.Count; i++)
        {
            var instance = context.Instances[i];
            var cached = instance.CachedPrefixTokens(request);
            var seconds = instance.PrefillSeconds(request, cached);
            var from = i;
            var fetchable = Transfer ? instance.FetchableTokens(context.Instances[holder], request) : 0;
            if (fetchable > cached)
            {
                var fetched =
                    instance.FetchSeconds(context.Instances[holder], fetchable - cached)
                    + instance.PrefillSeconds(request, fetchable);
                (seconds, from) = fetched < seconds ? (fetched, holder) : (seconds, i);
            }

            seconds += instance.PrefillQueueSeconds(request);
            if (seconds < bestSeconds)
            {
                (best, bestSeconds, _fetchFrom) = (i, seconds, from);
            }
        }

        if (Reject && bestSeconds > (request.TtftDeadline - context.Now).Seconds)
        {
            _rejections++;
            return GlobalContext.Reject;
        }

        _fetches += _fetchFrom == best ? 0 : 1;
        return best;
    }

    public int FetchFrom(in GlobalContext context, int chosen) => _fetchFrom;

    /// <summary>The instance with the longest cached prefix.</summary>
    private static int Holder(in GlobalContext context)
    {
        var holder = 0;
        for (var i = 1; i < context.Instances.Count; i++)
        {
            var cached = context.Instances[i].CachedPrefixTokens(context.Request);
            holder = cached > context.Instances[holder].CachedPrefixTokens(context.Request) ? i : holder;
        }

        return holder;
    }
}
