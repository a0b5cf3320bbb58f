using LlmSim.Engine;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Decode;

/// <summary>
/// Continuous batching: at each boundary between iterations finished requests leave, memory is checked, and queued
/// requests join. Iterations between two changes of the batch are one event (<see cref="IterationPlan" />). A preempted
/// request that joins again is first recomputed: the instance prefills its context and decodes nothing meanwhile.
/// </summary>
internal sealed class DecodeInstance : Instance, IEventHandler
{
    private readonly Simulation _simulation;
    private readonly RequestQueue _queue;
    private readonly DecodeOptions _options;
    private readonly long _capacityTokens;
    private readonly OutputEstimate _outputEstimate;
    private readonly InterTokenLatency _interTokenLatency;
    private readonly Action<Request> _onFinished;
    private readonly RunningBatch _batch = new();
    private readonly IterationPlan _plan = new();
    private readonly List<Request> _leaving = [];
    private readonly List<Request> _recomputing = [];
    private long _queuedTokens;
    private long _queuedWork;
    private long _peakTokens;
    private long _planNumber;
    private bool _admissionIsDue;
    private Phase _phase;
    private SimTime _phaseStart;

    /// <summary>Kept up from the first time that a policy asks for it.</summary>
    private RemainingWork? _work;

    /// <summary>When everybody who was already running got the latest token.</summary>
    private SimTime _lastToken;

    public DecodeInstance(
        int index,
        InstanceSpec spec,
        IPerformanceModel performance,
        DecodeOptions options,
        RequestQueue queue,
        OutputEstimate outputEstimate,
        InterTokenLatency interTokenLatency,
        Simulation simulation,
        Action<Request> onFinished
    )
        : base(index, spec, performance, options.KvCapacityBytes)
    {
        _options = options;
        _capacityTokens = KvCapacityBytes / options.KvBytesPerToken;
        _queue = queue;
        _outputEstimate = outputEstimate;
        _interTokenLatency = interTokenLatency;
        _simulation = simulation;
        _onFinished = onFinished;
    }

    private enum Phase
    {
        Idle,
        Decoding,
        Recomputing,
    }

    public override int QueuedRequests => _queue.Count;
    public override int RunningRequests => _batch.Count;
    public override long CommittedKvBytes => HeldKvBytes + (_queuedTokens * _options.KvBytesPerToken);
    public override long HeldKvBytes => (_batch.ContextTokens + TokensSinceChange) * _options.KvBytesPerToken;

    public long CompletedRequests { get; private set; }
    public long Iterations => _batch.Iteration;

    /// <summary>Tokens generated in iterations: their sum of batch sizes.</summary>
    public long IterationTokens { get; private set; }

    public SimTime Busy { get; private set; }
    public long PeakKvBytes => _peakTokens * _options.KvBytesPerToken;
    public long Evictions { get; private set; }

    /// <summary>Called after each boundary, for tests that follow every iteration.</summary>
    public Action<DecodeBoundary>? BoundaryObserver { get; set; }

    /// <summary>Tokens of the iterations that have ended since the batch last changed.</summary>
    private long TokensSinceChange => (long)_plan.EndedBy(_simulation.Now) * _batch.Count;

    public override bool CanEverHold(Request request) =>
        _options.Admission == Admission.Overshoot
        || (long)request.InputTokens + request.DecodeTokensOwed <= _capacityTokens;

    public override long KvBytesPerToken => _options.KvBytesPerToken;

    public override double PrefillQueueSeconds(Request request) => 0;

    public override void CopyQueueTo(List<Request> requests) => _queue.CopyTo(requests);

    public override double EstimatedWork(Request request) => RemainingTokens;

    public override WorkBound WorkBound
    {
        get
        {
            var tokens = RemainingTokens;
            if (_phase != Phase.Decoding)
            {
                return WorkBound.Steady(tokens);
            }

            var floor = _batch.Count + _queuedWork;
            var shortestNanoseconds = _plan.ShortestNanoseconds;
            if (shortestNanoseconds == 0)
            {
                return WorkBound.Steady(floor);
            }

            // Each iteration takes a token from everybody who is within what was expected. Ends are rounded to nanoseconds.
            var lastEnd = _plan.EndOf(_plan.EndedBy(_simulation.Now));
            return new WorkBound(
                tokens,
                lastEnd - new SimTime(1),
                StepsPerNanosecond: 1 / shortestNanoseconds,
                StepWork: _work!.Within,
                floor
            );
        }
    }

    /// <summary>Tokens that running and queued requests are expected to generate yet.</summary>
    private long RemainingTokens =>
        (_work ??= WorkOfBatch()).At(_batch.Iteration + _plan.EndedBy(_simulation.Now)) + _queuedWork;

    /// <summary>Takes a request in: an idle instance starts it now, a busy one looks at it at the next boundary.</summary>
    public override void Accept(Request request)
    {
        request.State = RequestState.DecodeLocal;
        request.DecodeInstance = Index;
        request.ExpectedOutputTokens = _outputEstimate.ExpectedTokens(request);
        if (_phase == Phase.Idle)
        {
            request.Queued = _simulation.Now;
            Join(request);
            Continue();
            return;
        }

        Enqueue(request);
        if (_phase == Phase.Decoding)
        {
            var planned = _plan.Count;
            _plan.CutAfter(_simulation.Now);
            if (_plan.Count < planned)
            {
                ScheduleBoundary(_plan.End);
            }
        }
    }

    /// <summary>The planned iterations, or the recomputations, end: the batch may change.</summary>
    public void Handle(long argument)
    {
        if (argument != _planNumber)
        {
            // A plan that was cut shorter when a request joined the queue.
            return;
        }

        var started = _phaseStart;
        var runningBefore = _batch.Count;
        var queuedBefore = _queue.Count;
        if (_phase == Phase.Decoding)
        {
            CompleteIterations();
        }
        else
        {
            CompleteRecomputations();
        }

        var finished = FinishRequests();
        var evicted = RelieveMemory();
        // Nobody joins at a boundary that had to preempt: it would only be preempted again.
        _admissionIsDue = evicted > 0 && _options.Saturation == Saturation.PreemptNewest;
        if (!_admissionIsDue)
        {
            Admit();
        }

        Continue();
        BoundaryObserver?.Invoke(
            new DecodeBoundary(
                this,
                started,
                _simulation.Now,
                runningBefore,
                finished,
                evicted,
                queuedBefore,
                _queue.Count,
                _batch.Count,
                _batch.ContextTokens,
                _phase == Phase.Idle ? null : _plan.End
            )
        );
    }

    public override string ToString() => $"decode instance {Index}";

    /// <summary>States that nothing is left, at the end of a run.</summary>
    public override void RequireEmpty() =>
        Invariant.Require(
            _phase == Phase.Idle
                && _batch.Count == 0
                && _queue.Count == 0
                && _batch.ContextTokens == 0
                && _queuedTokens == 0
                && _queuedWork == 0,
            $"{this} ended with {_batch.Count} requests running, {_queue.Count} queued, {_batch.ContextTokens} KV tokens held"
        );

    private void CompleteIterations()
    {
        var count = _plan.Count;
        RecordFirstGaps();
        _plan.RecordGaps(_interTokenLatency, _batch.Count);
        _batch.Advance(count);
        IterationTokens += (long)count * _batch.Count;
        _peakTokens = Math.Max(_peakTokens, _batch.ContextTokens);
        Busy += _plan.End - _plan.EndOf(0);
        _lastToken = _simulation.Now;
        _plan.Complete();
    }

    /// <summary>The gaps of the first iteration: those who joined at its start count from their own last token.</summary>
    private void RecordFirstGaps()
    {
        var end = _plan.EndOf(1);
        var others = _batch.Count;
        foreach (var request in _batch.NewestFirst)
        {
            if (request.JoinedAtIteration != _batch.Iteration)
            {
                break;
            }

            _interTokenLatency.Record(end - request.LastToken, 1);
            others--;
        }

        if (others > 0)
        {
            _interTokenLatency.Record(end - _lastToken, others);
        }
    }

    private void CompleteRecomputations()
    {
        foreach (var request in _recomputing)
        {
            request.NeedsRecompute = false;
            _work?.Remove(request, _batch.Iteration);
            _batch.GiveToken(request);
            _work?.Add(request, _batch.Iteration);
            _interTokenLatency.Record(_simulation.Now - request.LastToken, 1);
            request.LastToken = _simulation.Now;
        }

        _peakTokens = Math.Max(_peakTokens, _batch.ContextTokens);
        _recomputing.Clear();
    }

    private int FinishRequests()
    {
        _batch.TakeFinished(_leaving);
        foreach (var request in _leaving)
        {
            CompletedRequests++;
            _work?.Remove(request, _batch.Iteration);
            request.LastToken = _simulation.Now;
            _onFinished(request);
        }

        return _leaving.Count;
    }

    private int RelieveMemory()
    {
        var evicted = 0;
        if (_options.Saturation == Saturation.EvictAll)
        {
            if (_batch.ContextTokens > _capacityTokens)
            {
                evicted = _batch.Count;
                EvictAll();
            }
        }
        else
        {
            // One request alone always fits, or was refused; under overshooting admission it may run over the limit.
            while (_batch.Count > 1 && _batch.ContextTokens + _batch.Count > _capacityTokens)
            {
                PreemptNewest();
                evicted++;
            }
        }

        Evictions += evicted;
        return evicted;
    }

    private void EvictAll()
    {
        _batch.TakeAll(_leaving);
        foreach (var request in _leaving)
        {
            _work?.Remove(request, _batch.Iteration);
            request.Evictions++;
            request.LastToken = _simulation.Now;
            request.InputTokens += request.DecodedTokens;
            request.DecodeTokensOwed -= request.DecodedTokens;
            request.EvictedTokens += request.DecodedTokens;
            request.DecodedTokens = 0;
            Enqueue(request);
        }
    }

    private void PreemptNewest()
    {
        var newest = _batch.TakeNewest();
        _work?.Remove(newest, _batch.Iteration);
        newest.Evictions++;
        newest.LastToken = _simulation.Now;
        newest.NeedsRecompute = true;
        Enqueue(newest);
    }

    private void Admit()
    {
        while (
            _queue.Count > 0
            && (
                _options.Admission == Admission.Strict
                || _batch.ContextTokens * _options.KvBytesPerToken < KvCapacityBytes
            )
        )
        {
            var next = _queue.Select(this, _simulation.Now);
            // Everyone, the newcomer included, needs room for one more token.
            var tokensNeeded = _batch.ContextTokens + next.ContextTokens + _batch.Count + 1;
            if (_options.Admission == Admission.Strict && tokensNeeded > _capacityTokens)
            {
                break;
            }

            _queue.RemoveSelected();
            _queuedTokens -= next.ContextTokens;
            _queuedWork -= OutputEstimate.RemainingTokens(next);
            Join(next);
        }
    }

    private void Enqueue(Request request)
    {
        ChangeWork();
        _queue.Enqueue(request, _simulation.Now);
        _queuedTokens += request.ContextTokens;
        _queuedWork += OutputEstimate.RemainingTokens(request);
    }

    private void Join(Request request)
    {
        if (request.Evictions == 0)
        {
            request.FirstDecodeStart = _simulation.Now;
        }

        request.DecodeStart = _simulation.Now;
        _batch.Join(request);
        _work?.Add(request, _batch.Iteration);
        if (request.NeedsRecompute)
        {
            _recomputing.Add(request);
        }
    }

    private void Continue()
    {
        ChangeWork();
        _phaseStart = _simulation.Now;
        if (_batch.Count == 0)
        {
            Invariant.Require(_queue.Count == 0, $"{this} fell idle with {_queue.Count} requests queued");
            _phase = Phase.Idle;
            _plan.Rest();
        }
        else if (_recomputing.Count > 0)
        {
            Recompute();
        }
        else
        {
            Decode();
        }
    }

    private void Recompute()
    {
        _phase = Phase.Recomputing;
        var total = SimTime.Zero;
        foreach (var request in _recomputing)
        {
            var duration = SimTime.FromSeconds(Performance.PrefillSeconds(request.RecomputeTokens));
            request.RecomputeDuration += duration;
            total += duration;
        }

        Busy += total;
        ScheduleBoundary(_simulation.Now + total);
    }

    private void Decode()
    {
        _phase = Phase.Decoding;
        var iterations = Math.Min(_batch.IterationsToFirstFinish(), IterationsUntilMemoryIsChecked());
        _plan.Make(
            _simulation.Now,
            Math.Min(iterations, IterationsUntilPolicyIsAsked()),
            new DecodeBatch(
                _batch.Count,
                _batch.ContextTokens + _batch.Count,
                _batch.LongestContextTokens() + 1
            ),
            Performance
        );
        ScheduleBoundary(_plan.End);
    }

    /// <summary>Iterations after which the batch, as it is, no longer fits: at least one always runs.</summary>
    private int IterationsUntilMemoryIsChecked()
    {
        var room = _capacityTokens - _batch.ContextTokens;
        if (_options.Saturation == Saturation.EvictAll)
        {
            // Evicts when the batch has outgrown the limit.
            return (int)Math.Clamp((room / _batch.Count) + 1, 1, int.MaxValue);
        }

        // Preempts before the iteration that would.
        Invariant.Require(
            room >= _batch.Count || _options.Admission == Admission.Overshoot,
            $"{this} would run {_batch.Count} requests with room for {room} more KV tokens"
        );
        return (int)Math.Clamp(room / _batch.Count, 1, int.MaxValue);
    }

    /// <summary>
    /// While the batch does not change, a queued request that did not fit goes on not fitting. But after a preemption
    /// nobody was asked, and a policy without a fixed order may want another one, which fits, after any iteration.
    /// </summary>
    private int IterationsUntilPolicyIsAsked()
    {
        var mayChangeItsMind = _options.Admission == Admission.Strict && !_queue.HasFixedOrder;
        return _queue.Count > 0 && (_admissionIsDue || mayChangeItsMind) ? 1 : _options.MaxIterationsPerEvent;
    }

    private RemainingWork WorkOfBatch()
    {
        var work = new RemainingWork();
        foreach (var request in _batch.NewestFirst)
        {
            work.Add(request, _batch.Iteration);
        }

        return work;
    }

    private void ScheduleBoundary(SimTime at) =>
        _simulation.Schedule(at, EventRanks.DecodeBoundary, this, ++_planNumber);
}

/// <summary>What a decode instance needs to know of the model and the semantics.</summary>
/// <param name="KvCapacityBytes">Bytes for the KV cache.</param>
/// <param name="KvBytesPerToken">KV bytes of a token.</param>
/// <param name="Saturation">What happens when the batch outgrows the memory.</param>
/// <param name="Admission">When a request may join.</param>
/// <param name="MaxIterationsPerEvent">Longest macro-step; 1 steps one by one.</param>
internal readonly record struct DecodeOptions(
    long KvCapacityBytes,
    long KvBytesPerToken,
    Saturation Saturation,
    Admission Admission,
    int MaxIterationsPerEvent
);

/// <summary>A boundary between iterations: what it found since <paramref name="Started" /> and what it left.</summary>
internal readonly record struct DecodeBoundary(
    DecodeInstance Instance,
    SimTime Started,
    SimTime Time,
    int RunningBefore,
    int Finished,
    int Evicted,
    int QueuedBefore,
    int QueuedAfter,
    int RunningAfter,
    long ContextTokensAfter,
    SimTime? NextBoundary
);
