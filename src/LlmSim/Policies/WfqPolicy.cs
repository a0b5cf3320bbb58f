namespace LlmSim.Policies;

/// <summary>
/// Weighted fair queueing with the virtual time of the request in service (self-clocked, Golestani 1994): a request is tagged with the virtual time at
/// which its tenant would have got its tokens, and the earliest goes.
/// </summary>
[Policy(
    "wfq",
    Decisions = PolicyDecisions.Local,
    IgnoresTtftDeadline = true,
    Summary = "the earliest virtual finish, by tokens over the tenant's weight"
)]
internal sealed class WfqPolicy : IQueueWatchingPolicy
{
    private readonly Dictionary<int, Clock> _clocks = [];

    public int Choose(in LocalContext context)
    {
        var finishes = ClockOf(context).Finishes;
        var best = 0;
        for (var i = 1; i < context.Queue.Count; i++)
        {
            best = finishes[context.Queue[i].Id] < finishes[context.Queue[best].Id] ? i : best;
        }

        return best;
    }

    public void OnQueued(in LocalContext context, in RequestView request)
    {
        var clock = ClockOf(context);
        var last = clock.LastOfTenant.GetValueOrDefault(request.Tenant);
        var finish = Math.Max(clock.Now, last) + (Tokens(request) / request.Weight);
        clock.LastOfTenant[request.Tenant] = finish;
        clock.Finishes[request.Id] = finish;
    }

    public void OnTaken(in LocalContext context, in RequestView request)
    {
        var clock = ClockOf(context);
        clock.Finishes.Remove(request.Id, out var finish);
        clock.Now = finish;
    }

    /// <summary>Tokens that it has to be computed for, as far as they are known.</summary>
    private static double Tokens(in RequestView request)
    {
        var prompt = request.GeneratedTokens == 0 ? request.PromptTokens : 0;
        var toCome = Math.Max(0, (request.PredictedOutputTokens ?? 0) - request.GeneratedTokens);
        return Math.Max(1, prompt + (double)toCome);
    }

    private Clock ClockOf(in LocalContext context)
    {
        var instance = context.Instance.Index;
        if (!_clocks.TryGetValue(instance, out var clock))
        {
            clock = new Clock();
            _clocks.Add(instance, clock);
        }

        return clock;
    }

    /// <summary>The virtual time of an instance.</summary>
    private sealed class Clock
    {
        /// <summary>Virtual finish of the request that was taken last.</summary>
        public double Now { get; set; }

        public Dictionary<string, double> LastOfTenant { get; } = new(StringComparer.Ordinal);

        public Dictionary<long, double> Finishes { get; } = [];
    }
}
