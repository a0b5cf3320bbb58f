using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// An engine as vLLM's: iterations that batch chunks of prompts with decoding requests, over a paged KV cache whose blocks
/// requests with equal prefixes share. One that only prefills keeps a request's blocks until its KV cache has been sent.
/// </summary>
internal sealed partial class BatchedInstance : Instance
{
    private readonly BatchedInstanceOptions _options;
    private readonly Simulation _simulation;
    private readonly IterationClock _clock;
    private readonly MicroBatches _batches;
    private readonly PagedKvCache _cache;
    private readonly WaitingRequests _waiting;
    private readonly IterationScheduler _scheduler;
    private readonly IterationPlanner _planner;
    private readonly GraphPadding _padding;
    private readonly WorkAhead _work;
    private readonly Dictionary<Request, SequenceState> _sending = [];
    private readonly List<SequenceState> _leaving = [];

    /// <summary>Seconds of the prefills of requests whose prefix is being fetched.</summary>
    private readonly Dictionary<Request, double> _expected = [];

    public BatchedInstance(
        int index,
        InstanceSpec spec,
        IPerformanceModel performance,
        BatchedInstanceOptions options,
        (RequestQueue Arrived, RequestQueue Fresh) queues,
        IterationClock clock,
        Simulation simulation
    )
        : base(index, spec, performance, options.KvBytesPerBlock * options.KvBlocks)
    {
        _options = options;
        _simulation = simulation;
        _clock = clock;
        _cache = new PagedKvCache(spec.Engine!, options.KvBlocks);
        Grammars = spec.Engine!.StructuredOutput is { } structured ? new Grammars(structured) : null;
        _waiting = new WaitingRequests(this, queues.Arrived, queues.Fresh, options.ReservesKv)
        {
            Adapters = options.Adapters,
        };
        _scheduler = IterationScheduler.Create(
            spec.Engine!,
            options.Role,
            _cache,
            _waiting,
            options.Victims is { } victims ? (now, running) => victims.Choose(this, now, running) : null,
            options.Drafting,
            options.Adapters,
            spec.PpSize,
            options.Batching is { } own ? (this, own) : null
        );
        (_scheduler.PlansPartsAlone, _scheduler.OnTakenOut) = (
            options.Parts is not null,
            options.Parts?.OnLost
        );
        _scheduler.Encoding = options.Encoding;
        _planner = new IterationPlanner(spec.Engine!, _scheduler, _waiting, _cache);
        _padding = new GraphPadding(spec.Engine!.CapturedSizes);
        _batches = new MicroBatches(
            clock.Add(this),
            times =>
                new(
                    _scheduler.NewDecoding(),
                    times,
                    new IterationProgress(this, _cache, options.InterTokenLatency)
                )
        );
        _batches.Use(_batches.First, _scheduler);
        _work = new WorkAhead(performance, _padding, _batches, _waiting, options.Drafting);
        (clock as Pipeline)?.Start(_batches.Computed);
    }

    public InstanceRole Role => _options.Role;

    public override bool IsMixed => Role == InstanceRole.Mixed;

    public PagedKvCache Cache => _cache;
    public long CompletedRequests { get; private set; }
    public IterationTotals Totals { get; } = new();
    public long PeakKvBytes => _cache.Pool.PeakUsed * _options.KvBytesPerBlock;
    public long Preemptions => _scheduler.Preemptions;

    public override object HoldingKind => (Role, _cache.Pool.Total);

    public override int CachedPrefixTokens(Request request) => Settled(_cache).CachedPrefixTokens(request);

    public override int FetchableTokens(int tokens) =>
        Spec.Engine is { PrefixCaching: true, BlockTokens: var size } ? tokens / size * size : 0;

    public override long KvBytesPerToken => _options.KvBytesPerBlock / Spec.Engine!.BlockTokens;

    public override void Accept(Request request)
    {
        Settle();
        var comesToDecode = request.State == RequestState.DecodeGlobal;
        request.ExpectedOutputTokens = _options.OutputEstimate.ExpectedTokens(request);
        var sequence = request.Sequence ?? NewSequence(request, comesToDecode);
        if (comesToDecode)
        {
            request.State = RequestState.DecodeLocal;
            request.DecodeInstance = Index;
            if (Mover is not null && MovesOn(request, sequence))
            {
                return;
            }
        }
        else
        {
            request.State = RequestState.PrefillLocal;
            request.PrefillInstance = Index;
            sequence.PrefillAhead = PrefillDuration(request);
            request.PrefillDuration = sequence.PrefillAhead;
            _cache.Tiers?.Prefetch(sequence);
        }

        _expected.Remove(request);
        if (WaitsForGrammar(sequence, comesToDecode))
        {
            ChangeWork();
            return;
        }

        _waiting.Add(sequence, _simulation.Now, _clock.HasBegunNow);
        ChangeWork();
        InterruptForArrival();
    }

    private void InterruptForArrival() =>
        // The next iteration is planned already, unless there was nothing to plan.
        _clock.Interrupt(
            plannedAhead: Spec.Engine!.AsyncScheduling && _batches.Used.Planned.Tokens > 0 ? 1 : 0
        );

    /// <summary>Plans the next iteration.</summary>
    public IterationBatch Begin()
    {
        TakePromptsOver();
        var batch = _planner.Next(_simulation.Now, _clock.LastBegin);
        foreach (var sequence in _scheduler.Admitted)
        {
            IterationProgress.Start(sequence.Request, _simulation.Now);
        }

        var used = _batches.Used;
        used.Plan(batch);
        LoadAdapters();
        used.Progress.Begin(_simulation.Now);
        ChangeWork();
        _options.OnRoom(this);
        return batch;
    }

    /// <summary>The times of the planned iterations are known.</summary>
    public void OnPlanned(SimTime end)
    {
        var batch = _batches.Used;
        batch.IsPlanned = batch.Planned.Tokens > 0;
        PlanParts(batch, end);
    }

    /// <summary>The planned iterations have ended.</summary>
    public void Complete()
    {
        var batch = _batches.Used;
        if (!batch.IsPlanned)
        {
            return;
        }

        batch.IsPlanned = false;
        var times = batch.Times;
        Report(times, batch.Planned.PrefillTokens, batch.Planned.Requests);
        CountComputed(batch, times.Count);
        batch.Progress.Complete(_scheduler, times, _leaving, batch.HasWithdrawn);
        batch.HasWithdrawn = false;
        _scheduler.OnEnded();
        Totals.Add(times, batch.Planned.Requests);
        _scheduler.Regroup(times.End);
        CountAccepted();
        EndParts(batch);
        foreach (var sequence in _leaving)
        {
            Leave(sequence);
        }

        _leaving.Clear();
        MoveRunning(times.End);
    }

    public override string ToString() => $"{Role} instance {Index}".ToLowerInvariant();

    public override void CopyQueueTo(List<Request> requests) => _waiting.CopyTo(requests);

    /// <inheritdoc />
    public override void RequireEmpty()
    {
        Invariant.Require(
            RunningRequests == 0 && QueuedRequests == 0 && _sending.Count == 0,
            $"{this} ended with {RunningRequests} requests running, {QueuedRequests} queued, {_sending.Count} being sent"
        );
        _cache.Pool.RequireAllFree();
        _options.Encoding?.RequireEmpty();
    }

    /// <summary>A request that comes to decode brings the KV cache of its context.</summary>
    private SequenceState NewSequence(Request request, bool comesToDecode)
    {
        var sequence = new SequenceState(
            request,
            _cache.Pages(request),
            request.InputTokens / Spec.Engine!.BlockTokens
        )
        {
            Arrived = comesToDecode ? request.ContextTokens : 0,
            BlocksBeside = BlocksBeside(request),
            Adapter = Adapters?.Of(request.Adapter),
        };
        request.Sequence = sequence;
        return sequence;
    }

    /// <summary>Brings the requests up to date, before something happens to the instance or somebody looks at it.</summary>
    private void Settle()
    {
        // The iterations of a pipeline are planned one by one.
        if (_batches is { SideBySide: 1, Used: { IsPlanned: true } batch })
        {
            batch.Progress.Settle(_scheduler, batch.Times, batch.Times.EndedBefore(_simulation.Now));
        }
    }

    /// <summary>The same thing, up to date.</summary>
    private T Settled<T>(T part)
    {
        Settle();
        return part;
    }

    private void Leave(SequenceState sequence)
    {
        var request = sequence.Request;
        sequence.CountComputed();
        if (request.IsWithdrawn)
        {
            _planner.Depart(sequence);
            _options.OnWithdrawn(request);
            return;
        }

        CompletedRequests++;
        if (Role == InstanceRole.Prefill)
        {
            _sending.Add(request, sequence);
            _options.OnPrefilled(request);
        }
        else
        {
            _planner.Depart(sequence);
            _options.OnFinished(request);
        }
    }
}
