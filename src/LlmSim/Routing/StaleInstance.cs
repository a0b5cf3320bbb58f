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
    private int _queued;
    private int _running;
    private long _committed;
    private long _held;
    private double _work;
    private double _prefillQueue;
    private KvBlockUse _blocks;

    public StaleInstance(Instance live, Stage stage)
        : base(live.Index, live.Spec, live.Performance, live.KvCapacityBytes)
    {
        _live = live;
        _stage = stage;
        Refresh();
    }

    public override int QueuedRequests => _queued;
    public override int RunningRequests => _running;
    public override long CommittedKvBytes => _committed;
    public override long HeldKvBytes => _held;
    public override KvBlockUse KvBlocks => _blocks;
    public override long KvBytesPerToken => _live.KvBytesPerToken;
    public override bool IsEmpty => _queued + _running == 0;
    public override double BusySeconds => _live.BusySeconds;

    /// <summary>Hears of the instance.</summary>
    public void Refresh()
    {
        (_queued, _running) = (_live.QueuedRequests, _live.RunningRequests);
        (_committed, _held, _blocks) = (_live.CommittedKvBytes, _live.HeldKvBytes, _live.KvBlocks);
        _work = _live.EstimatedWork(s_longest, _stage);
        _prefillQueue = _live.PrefillQueueSeconds(s_longest);
    }

    public override double EstimatedWork(Request request, Stage stage) => _work;

    public override double PrefillQueueSeconds(Request request) => _prefillQueue;

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

    private static InvalidOperationException OnlyLookedAt() => new("a router only looks at what it heard");
}
