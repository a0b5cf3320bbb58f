using LlmSim.Kernel;

namespace LlmSim.Routing;

/// <summary>
/// An instance as a router last heard of it. What does not change, and which prefixes are cached, is as it is now: routers keep records of their own
/// of the latter.
/// </summary>
internal sealed class StaleInstance : Instance
{
    /// <summary>Where the work counts only for shorter prompts, this one counts all.</summary>
    private static readonly Request s_longest = new() { InputTokens = int.MaxValue };

    private readonly Instance _live;
    private readonly Stage _stage;

    /// <summary>Reports on their way, and when they arrive; none older than the delay of a report stays here for long.</summary>
    private readonly Queue<(SimTime At, Load Load)> _underWay = new();

    private Load _heard;
    private Load _reported;

    public StaleInstance(Instance live, Stage stage)
        : base(live.Index, live.Spec, live.Performance, live.KvCapacityBytes)
    {
        _live = live;
        _stage = stage;
        Refresh();
    }

    public override bool IsMixed => _live.IsMixed;
    public override int QueuedRequests => _heard.Queued;
    public override int RunningRequests => _heard.Running;
    public override long CommittedKvBytes => _heard.Committed;
    public override long HeldKvBytes => _heard.Held;
    public override KvBlockUse KvBlocks => _heard.Blocks;
    public override long KvBytesPerToken => _live.KvBytesPerToken;
    public override bool IsEmpty => _heard.Queued + _heard.Running == 0;
    public override double BusySeconds => _live.BusySeconds;

    /// <summary>Calls back whenever the instance may have to report.</summary>
    public void Watch(Action<StaleInstance> onChanged) => _live.WorkChanged += () => onChanged(this);

    /// <summary>Hears of the instance as it is now.</summary>
    public void Refresh() => _heard = _reported = Look();

    /// <summary>Sends word of the instance as it is now, if other requests queue or run there than it last said.</summary>
    public void Report(SimTime now, SimTime arrival)
    {
        Hear(now);
        var load = Look();
        // Within iterations that are one event nothing is said: what is heard must not depend on how many are.
        if ((load.Queued, load.Running) != (_reported.Queued, _reported.Running))
        {
            _reported = load;
            _underWay.Enqueue((arrival, load));
        }
    }

    /// <summary>Hears what has arrived by then.</summary>
    public void Hear(SimTime now)
    {
        while (_underWay.TryPeek(out var report) && report.At <= now)
        {
            _heard = _underWay.Dequeue().Load;
        }
    }

    public override double EstimatedWork(Request request, Stage stage) => _heard.Work;

    public override double PrefillQueueSeconds(Request request) => _heard.PrefillQueue;

    public override double PrefillSeconds(int promptTokens, int cachedTokens) =>
        _live.PrefillSeconds(promptTokens, cachedTokens);

    public override int CachedPrefixTokens(Request request) => _live.CachedPrefixTokens(request);

    public override int FetchableTokens(int tokens) => _live.FetchableTokens(tokens);

    public override bool CanEverHold(Request request) => _live.CanEverHold(request);

    public override void Accept(Request request) => throw OnlyLookedAt();

    public override void Withdraw(Request request) => throw OnlyLookedAt();

    public override void Fail() => throw OnlyLookedAt();

    public override void CopyQueueTo(List<Request> requests) => throw OnlyLookedAt();

    public override void CopyRunningTo(ICollection<RunningState> running) => throw OnlyLookedAt();

    public override void RequireEmpty() => throw OnlyLookedAt();

    private Load Look() =>
        new(
            _live.QueuedRequests,
            _live.RunningRequests,
            _live.CommittedKvBytes,
            _live.HeldKvBytes,
            _live.KvBlocks,
            _live.EstimatedWork(s_longest, _stage),
            _live.PrefillQueueSeconds(s_longest)
        );

    private static InvalidOperationException OnlyLookedAt() => new("a router only looks at what it heard");

    private readonly record struct Load(
        int Queued,
        int Running,
        long Committed,
        long Held,
        KvBlockUse Blocks,
        double Work,
        double PrefillQueue
    );
}
