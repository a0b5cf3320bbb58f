using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Instances.Decode;

/// <summary>
/// Continuous batching: at each boundary between iterations finished requests leave, memory is checked, and queued
/// requests join. Iterations between two changes of the batch are one event (<see cref="IterationPlan" />). A preempted
/// request that joins again is first recomputed: the instance prefills its context and decodes nothing meanwhile.
/// </summary>
internal sealed partial class DecodeInstance : Instance
{
    private readonly Simulation _simulation;
    private readonly EventTimer _boundary;
    private readonly RequestQueue _queue;
    private readonly DecodeOptions _options;
    private readonly long _capacityTokens;
    private readonly OutputEstimate _outputEstimate;
    private readonly InterTokenLatency _interTokenLatency;
    private readonly Action<Request> _onFinished;
    private readonly Action<Request> _onWithdrawn;
    private readonly RunningBatch _batch = new();
    private readonly IterationPlan _plan = new();
    private readonly List<Request> _leaving = [];
    private readonly List<Request> _recomputing = [];
    private long _queuedTokens;
    private long _queuedWork;
    private long _peakTokens;
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
        Action<Request> onFinished,
        Action<Request> onWithdrawn
    )
        : base(index, spec, performance, options.KvCapacityBytes)
    {
        _options = options;
        _capacityTokens = KvCapacityBytes / options.KvBytesPerToken;
        _queue = queue;
        _outputEstimate = outputEstimate;
        _interTokenLatency = interTokenLatency;
        _simulation = simulation;
        _boundary = simulation.CreateTimer(EventRanks.DecodeBoundary, ReachBoundary);
        _onFinished = onFinished;
        _onWithdrawn = onWithdrawn;
    }

    private enum Phase
    {
        Idle,
        Decoding,
        Recomputing,
    }

    public override int QueuedRequests => _queue.Count;
    public override int RunningRequests => _batch.Count;
    public override long CommittedKvBytes =>
        HeldKvBytes + ((_queuedTokens + (_queue.Count * _options.TokensBeside)) * _options.KvBytesPerToken);
    public override long HeldKvBytes => (HeldTokens + TokensSinceChange) * _options.KvBytesPerToken;

    public long CompletedRequests { get; private set; }
    public long Iterations => _batch.Iteration;

    /// <summary>Tokens generated in iterations: their sum of batch sizes.</summary>
    public long IterationTokens { get; private set; }

    public SimTime Busy { get; private set; }
    public long PeakKvBytes => _peakTokens * _options.KvBytesPerToken;
    public long Evictions { get; private set; }

    /// <summary>Called after each boundary, for tests that follow every iteration.</summary>
    public Action<DecodeBoundary>? BoundaryObserver { get; set; }

    /// <summary>Contexts, and what each request keeps beside, when the batch last changed.</summary>
    private long HeldTokens => _batch.ContextTokens + (_batch.Count * _options.TokensBeside) + _sendingTokens;

    /// <summary>Tokens of the iterations that have ended since the batch last changed.</summary>
    private long TokensSinceChange => (long)_plan.EndedBy(_simulation.Now) * _batch.Count;

    public override bool CanEverHold(Request request) =>
        _options.Admission == Admission.Overshoot
        || request.InputTokens + request.DecodeTokensOwed + _options.TokensBeside <= _capacityTokens;

    public override long KvBytesPerToken => _options.KvBytesPerToken;

    public override double PrefillQueueSeconds(Request request) => 0;

    public override void CopyRunningTo(ICollection<RunningState> running)
    {
        var ended = _plan.EndedBy(_simulation.Now);
        foreach (var request in _batch.NewestFirst)
        {
            var tokens = (int)(_batch.Iteration + ended - request.JoinedAtIteration);
            running.Add(
                new(
                    request,
                    request.GeneratedTokens + tokens,
                    request.ContextTokens + tokens + _options.TokensBeside
                )
            );
        }
    }

    public override void CopyQueueTo(List<Request> requests) => _queue.CopyTo(requests);

    public override double EstimatedWork(Request request, Stage stage) => RemainingTokens;

    public override WorkBound BoundWork(Stage stage)
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

        // Each iteration reduces the work by a token for every request within its expectation. Ends are rounded to nanoseconds.
        var lastEnd = _plan.EndOf(_plan.EndedBy(_simulation.Now));
        return new WorkBound(
            tokens,
            lastEnd - new SimTime(1),
            StepsPerNanosecond: 1 / shortestNanoseconds,
            StepWork: _work!.Within,
            floor
        );
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
        if (Moves(request))
        {
            _sending.Add(request, 0);
            return;
        }

        if (_phase == Phase.Idle && !_queue.IsWatched && _sending.Count == 0)
        {
            request.Queued = _simulation.Now;
            Join(request);
            Continue();
            return;
        }

        Enqueue(request);
        if (_phase == Phase.Idle)
        {
            Admit();
            Continue();
            return;
        }

        LookAtNextBoundary();
    }

    /// <summary>The planned iterations, or the recomputations, end: the batch may change.</summary>
    private void ReachBoundary()
    {
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

        LetWithdrawnGo();
        var finished = FinishRequests();
        MoveRunning();
        var evicted = RelieveMemory();
        // No request joins at a boundary that had to preempt: it would be preempted again.
        _admissionIsDue = evicted > 0 && _options.Saturation == Saturation.PreemptNewest;
        if (!_admissionIsDue)
        {
            Admit();
        }

        Continue();
        if (BoundaryObserver is not null)
        {
            ReportBoundary(started, runningBefore, finished, evicted, queuedBefore);
        }
    }

    private void ReportBoundary(
        SimTime started,
        int runningBefore,
        int finished,
        int evicted,
        int queuedBefore
    ) =>
        BoundaryObserver!(
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

    public override string ToString() => $"decode instance {Index}";

    /// <summary>States that nothing is left, at the end of a run.</summary>
    public override void RequireEmpty() =>
        Invariant.Require(
            _phase == Phase.Idle
                && _sending.Count == 0
                && _batch.Count == 0
                && _queue.Count == 0
                && _batch.ContextTokens == 0
                && _queuedTokens == 0
                && _queuedWork == 0,
            $"{this} ended with {_batch.Count} requests running, {_queue.Count} queued, {_batch.ContextTokens} KV tokens held"
        );
}
