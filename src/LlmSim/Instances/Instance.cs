using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Instances;

/// <summary>What prefill and decode instances have in common: the part that policies see.</summary>
internal abstract class Instance
{
    private readonly HashSet<Request> _askedToMove = [];

    protected Instance(int index, InstanceSpec spec, IPerformanceModel performance, long kvCapacityBytes)
    {
        Index = index;
        Spec = spec;
        Performance = performance;
        KvCapacityBytes = kvCapacityBytes;
    }

    public int Index { get; }
    public InstanceSpec Spec { get; }
    public IPerformanceModel Performance { get; }
    public long KvCapacityBytes { get; }

    /// <summary>Whether requests that are prefilled here stay here to decode.</summary>
    public virtual bool IsMixed => false;

    /// <summary>Whether requests may be sent here.</summary>
    public bool IsReady { get; set; } = true;

    /// <summary>By what its times are multiplied: above 1 for an instance that is slower than it should be.</summary>
    public double Slowdown { get; private set; } = 1;

    /// <summary>Tokens that were computed here, prompts and generated ones.</summary>
    public long ComputedTokens { get; protected set; }

    /// <summary>Told of iterations that have ended; null for nobody. It only looks on.</summary>
    public Action<EndedIteration>? OnIteration { get; set; }

    public abstract int QueuedRequests { get; }
    public abstract int RunningRequests { get; }

    /// <summary>KV bytes held by running requests and asked for by queued ones.</summary>
    public abstract long CommittedKvBytes { get; }

    /// <summary>KV bytes of a token.</summary>
    public abstract long KvBytesPerToken { get; }

    /// <summary>Seconds until the prefills that run and wait here have been computed.</summary>
    public abstract double PrefillQueueSeconds(Request request);

    /// <summary>KV bytes held now, those of the decode iterations that have ended by now included.</summary>
    public abstract long HeldKvBytes { get; }

    /// <summary>Work ahead of a request placed here now for a stage: seconds in prefill, tokens in decode.</summary>
    public abstract double EstimatedWork(Request request, Stage stage);

    /// <summary>What that is at least for any request that comes for a stage, from now until <see cref="WorkChanged" /> is called.</summary>
    public virtual WorkBound BoundWork(Stage stage) => WorkBound.None;

    /// <summary>Called when the bound no longer holds.</summary>
    public Action? WorkChanged { get; set; }

    /// <summary>Whether the request would fit if it were alone.</summary>
    public abstract bool CanEverHold(Request request);

    /// <summary>Whether its prompt alone would fit.</summary>
    public virtual bool CanHoldPrompt(Request request) => CanEverHold(request);

    /// <summary>
    /// What <see cref="CanEverHold" /> depends on besides type, specification, performance model and capacity: instances that are
    /// equal in all of these give equal answers.
    /// </summary>
    public virtual object? HoldingKind => null;

    /// <summary>Takes a request in.</summary>
    public abstract void Accept(Request request);

    /// <summary>Forgets the KV cache of a request that was prefilled here and has been sent away.</summary>
    public virtual void Release(Request request) =>
        throw new InvalidOperationException($"{this} keeps no KV cache of a request that has left");

    /// <summary>
    /// Lets go of a request whose client has gone: at once where it waits, else at the next boundary. It is told when all that it held is free.
    /// </summary>
    public abstract void Withdraw(Request request);

    /// <summary>The instances that fail with it, itself included: those of a data-parallel group do.</summary>
    public virtual IReadOnlyList<Instance> FailingTogether => [this];

    /// <summary>All that is at these instances is lost. What the requests had got is theirs until they start over.</summary>
    public abstract void Fail();

    /// <summary>Where its requests go while it drains; null while they stay.</summary>
    protected IRequestMover? Mover { get; private set; }

    /// <summary>
    /// It drains, and its requests go elsewhere: waiting ones at once, running ones with their KV cache at the first boundary at which they decode. Each is
    /// asked about once.
    /// </summary>
    public void MoveOut(IRequestMover mover)
    {
        Mover = mover;
        OnMoveOut();
    }

    /// <summary>Those that are still here stay.</summary>
    public void StayPut()
    {
        Mover = null;
        _askedToMove.Clear();
    }

    /// <summary>Sends waiting requests away, and looks at running ones at the next boundary.</summary>
    protected virtual void OnMoveOut() { }

    /// <summary>Whether a request that decodes here leaves; its KV cache is then being sent.</summary>
    protected bool Moves(Request request) =>
        Mover is { } mover && _askedToMove.Add(request) && mover.TryMove(request, this);

    /// <summary>Requests in the order in which they came to wait.</summary>
    protected Request[] InOrder()
    {
        var queued = new List<Request>();
        CopyQueueTo(queued);
        return [.. queued.OrderBy(request => request.Queued).ThenBy(request => request.Id)];
    }

    /// <summary>Gives back the memory that was held for a KV cache that does not come.</summary>
    public virtual void CancelReservation(Request request) { }

    /// <summary>The prefix of a request does not come.</summary>
    public virtual void Unexpect(Request request) { }

    /// <summary>Changes what its times are multiplied by, from the next iteration or prefill on.</summary>
    public void SlowDown(double factor)
    {
        Slowdown = factor;
        OnSlowed();
    }

    /// <summary>Times have changed: what is planned beyond the present iteration no longer holds.</summary>
    protected virtual void OnSlowed() { }

    /// <summary>So long a time at the present speed.</summary>
    protected SimTime Slowed(SimTime duration) =>
        Slowdown == 1 ? duration : SimTime.FromSeconds(duration.Seconds * Slowdown);

    /// <summary>Whether it has nothing to do, and holds nothing that is being sent away.</summary>
    public abstract bool IsEmpty { get; }

    /// <summary>Seconds in which it has computed until now.</summary>
    public abstract double BusySeconds { get; }

    /// <summary>States that nothing is left, at the end of a run.</summary>
    public abstract void RequireEmpty();

    /// <summary>Seconds to prefill a prompt alone when so many of its tokens need not be computed.</summary>
    public virtual double PrefillSeconds(int promptTokens, int cachedTokens) =>
        Performance.Seconds(IterationBatch.OfPrompt(promptTokens - cachedTokens));

    /// <summary>Blocks of a paged KV cache; none where the cache is counted in tokens.</summary>
    public virtual KvBlockUse KvBlocks => default;

    /// <summary>Whether an adapter is in a slot here, or will be for a request that waits; for none it is so everywhere.</summary>
    public virtual bool HoldsAdapter(string? adapter) => adapter is null;

    /// <summary>Slots that no adapter of a running or waiting request takes.</summary>
    public virtual int FreeAdapterSlots => 0;

    /// <summary>Tokens at the start of the prompt whose KV cache is here.</summary>
    public virtual int CachedPrefixTokens(Request request) => 0;

    /// <summary>
    /// So many tokens at the start of a prompt, cached at another instance, as far as a copy could be found here: whole blocks of
    /// this cache. None where prefixes are not cached.
    /// </summary>
    public virtual int FetchableTokens(int tokens) => 0;

    /// <summary>A request will join the queue when the start of its prompt, so many tokens, has been fetched.</summary>
    public virtual void Expect(Request request, int cachedTokens) => throw NoPrefixCache();

    /// <summary>Puts the start of a prompt, fetched from another instance, into the cache.</summary>
    public virtual void InsertPrefix(Request request, int tokens) => throw NoPrefixCache();

    /// <summary>Holds memory for a KV cache that is to come; false when there is too little now.</summary>
    public virtual bool TryReserve(Request request) => true;

    /// <summary>Adds the queued requests to a list, in no particular order.</summary>
    public abstract void CopyQueueTo(List<Request> requests);

    /// <summary>Adds the requests that run here to a list, with what they have got by now.</summary>
    public abstract void CopyRunningTo(ICollection<RunningState> running);

    private InvalidOperationException NoPrefixCache() => new($"{this} keeps no prefixes");

    /// <summary>The work has changed, or how it becomes less.</summary>
    protected void ChangeWork() => WorkChanged?.Invoke();

    /// <summary>Tells of the iterations of a plan, which have ended.</summary>
    protected void Report(IterationPlan plan, int promptTokens, int requests)
    {
        if (OnIteration is null)
        {
            return;
        }

        for (var i = 1; i <= plan.Count; i++)
        {
            OnIteration(new(this, plan.EndOf(i - 1), plan.EndOf(i), promptTokens, requests));
        }
    }
}

/// <summary>Blocks of a paged KV cache.</summary>
/// <param name="Total">Blocks that there are.</param>
/// <param name="Used">Blocks that requests hold.</param>
/// <param name="BlockTokens">Tokens of a block.</param>
internal readonly record struct KvBlockUse(int Total, int Used, int BlockTokens);
