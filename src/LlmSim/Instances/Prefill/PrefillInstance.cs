using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Transfers;

namespace LlmSim.Instances.Prefill;

/// <summary>
/// Prefills one request at a time. Under strict admission a prompt's KV cache has to fit beside those that are still
/// being sent away; until it does, the instance waits.
/// </summary>
internal sealed partial class PrefillInstance : Instance
{
    private readonly Simulation _simulation;
    private readonly EventTimer _finish;
    private readonly RequestQueue _queue;
    private readonly PrefillOptions _options;
    private readonly long _capacityTokens;
    private readonly Action<Request, PlannedPart>? _onPlanned;
    private readonly Action<Request> _onPrefilled;
    private readonly Action<Request> _onWithdrawn;
    private Request? _running;
    private long _heldTokens;
    private long _peakTokens;
    private long _queuedTokens;
    private long _queuedNanoseconds;

    /// <summary>Null where all queued work counts, whatever the length of the prompt.</summary>
    private readonly WorkByLength? _queuedByLength;

    public PrefillInstance(
        int index,
        InstanceSpec spec,
        IPerformanceModel performance,
        PrefillOptions options,
        RequestQueue queue,
        Simulation simulation,
        Action<Request, PlannedPart>? onPlanned,
        Action<Request> onPrefilled,
        Action<Request> onWithdrawn
    )
        : base(index, spec, performance, options.KvCapacityBytes)
    {
        _options = options;
        _capacityTokens = KvCapacityBytes / options.KvBytesPerToken;
        _queue = queue;
        _simulation = simulation;
        _finish = simulation.CreateTimer(EventRanks.PrefillFinish, FinishPrefill);
        _onPlanned = onPlanned;
        _onPrefilled = onPrefilled;
        _onWithdrawn = onWithdrawn;
        _queuedByLength = options.QueuedWork == QueuedWork.Shorter ? new WorkByLength() : null;
    }

    public override int QueuedRequests => _queue.Count;
    public override int RunningRequests => _running is null ? 0 : 1;
    public override long CommittedKvBytes => (_heldTokens + _queuedTokens) * _options.KvBytesPerToken;

    public override long HeldKvBytes => _heldTokens * _options.KvBytesPerToken;

    public long CompletedRequests { get; private set; }

    /// <summary>Pictures that were encoded here, before the prompts that they belong to.</summary>
    public long EncodedImages { get; private set; }
    public SimTime Busy { get; private set; }
    public long PeakKvBytes => _peakTokens * _options.KvBytesPerToken;

    public override bool CanEverHold(Request request) =>
        !_options.LimitsMemory || KvTokens(request) <= _capacityTokens;

    public override long KvBytesPerToken => _options.KvBytesPerToken;

    public override double PrefillQueueSeconds(Request request) => EstimatedWork(request, Stage.Prefill);

    public override void CopyRunningTo(ICollection<RunningState> running)
    {
        if (_running is not null)
        {
            running.Add(new(_running, _running.GeneratedTokens, KvTokens(_running)));
        }
    }

    public override void CopyQueueTo(List<Request> requests) => _queue.CopyTo(requests);

    public override double EstimatedWork(Request request, Stage stage)
    {
        var running = _running is null ? SimTime.Zero : _running.PrefillFinish - _simulation.Now;
        var queued = _queuedByLength?.Below(request.InputTokens) ?? _queuedNanoseconds;
        return (running + new SimTime(queued)).Seconds;
    }

    public override WorkBound BoundWork(Stage stage)
    {
        var queued = _queuedByLength is null ? new SimTime(_queuedNanoseconds).Seconds : 0;
        return _running is null
            ? WorkBound.Steady(queued)
            : new WorkBound(
                queued,
                _running.PrefillFinish,
                StepsPerNanosecond: 1,
                StepWork: new SimTime(1).Seconds,
                queued
            );
    }

    /// <summary>Takes a request in: it starts now when the instance is idle, else it queues.</summary>
    public override void Accept(Request request)
    {
        request.State = RequestState.PrefillLocal;
        request.PrefillInstance = Index;
        request.PrefillDuration = PrefillDuration(request);
        if (_running is null && _queue.Count == 0 && !_queue.IsWatched && HasRoomFor(request))
        {
            request.Queued = _simulation.Now;
            Start(request);
            return;
        }

        RequireEndOfQueue(request);
        _queue.Enqueue(request, this, _simulation.Now);
        CountQueued(request, sign: 1);
        if (_queue.IsWatched)
        {
            StartNext();
        }
    }

    /// <summary>Forgets the KV cache of a request that has left, which may make room for the next prefill.</summary>
    public override void Release(Request request)
    {
        _heldTokens -= KvTokens(request);
        Invariant.Require(
            _heldTokens >= 0,
            $"prefill instance {Index} released KV that it did not hold ({request})"
        );
        StartNext();
    }

    /// <summary>The running prefill ends.</summary>
    private void FinishPrefill()
    {
        Invariant.Require(_running is not null, $"prefill instance {Index} finished nothing");
        var finished = _running;
        _running = null;
        ChangeWork();
        CompletedRequests++;
        Busy += _simulation.Now - finished.PrefillStart;
        OnIteration?.Invoke(
            new(this, finished.PrefillStart, _simulation.Now, finished.InputTokens, Requests: 1)
        );
        finished.LastToken = _simulation.Now;
        finished.CountComputed(0, finished.InputTokens);
        ComputedTokens += finished.InputTokens;
        EncodedImages += _options.Encoder is null ? 0 : finished.MediaToEncode?.Count ?? 0;
        if (finished.IsWithdrawn)
        {
            _heldTokens -= KvTokens(finished);
            _onWithdrawn(finished);
        }
        else
        {
            _onPrefilled(finished);
        }

        StartNext();
    }

    public override string ToString() => $"prefill instance {Index}";

    /// <summary>States that nothing is left, at the end of a run.</summary>
    public override void RequireEmpty() =>
        Invariant.Require(
            _running is null
                && _queue.Count == 0
                && _heldTokens == 0
                && _queuedTokens == 0
                && _queuedNanoseconds == 0,
            $"{this} ended with {_queue.Count} requests queued and {_heldTokens} KV tokens held"
        );

    private void StartNext()
    {
        if (_running is not null || _queue.Count == 0)
        {
            return;
        }

        var next = _queue.Select(this, _simulation.Now);
        if (HasRoomFor(next))
        {
            _queue.RemoveSelected(this, _simulation.Now);
            CountQueued(next, sign: -1);
            Start(next);
        }
    }

    private double EncodeSeconds(Request request) =>
        _options.Encoder is { } encoder && request.MediaToEncode is { } images
            ? encoder.Seconds(images.Shapes)
            : 0;

    private SimTime PrefillDuration(Request request)
    {
        try
        {
            return SimTime.FromSeconds(
                Performance.Seconds(IterationBatch.OfPrompt(request.InputTokens)) + EncodeSeconds(request)
            );
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, "its prefill", this, e);
        }
    }

    private SimTime PrefillFinish(Request request)
    {
        try
        {
            return _simulation.Now + Slowed(request.PrefillDuration);
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, "the end of its prefill", this, e);
        }
    }

    /// <summary>Prompts are prefilled one after another: what is queued ends on the clock, or the input is wrong.</summary>
    private void RequireEndOfQueue(Request request)
    {
        try
        {
            _ =
                (_running?.PrefillFinish ?? _simulation.Now)
                + new SimTime(_queuedNanoseconds)
                + request.PrefillDuration;
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, "the end of its prefill behind those that wait", this, e);
        }
    }

    private void CountQueued(Request request, int sign)
    {
        var nanoseconds = sign * request.PrefillDuration.Nanoseconds;
        _queuedTokens += sign * KvTokens(request);
        _queuedNanoseconds += nanoseconds;
        _queuedByLength?.Add(request.InputTokens, nanoseconds);
        ChangeWork();
    }

    private bool HasRoomFor(Request request) =>
        !_options.LimitsMemory || _heldTokens + KvTokens(request) <= _capacityTokens;

    private long KvTokens(Request request) => request.InputTokens + _options.TokensBeside;

    private void Start(Request request)
    {
        _running = request;
        ChangeWork();
        _heldTokens += KvTokens(request);
        _peakTokens = Math.Max(_peakTokens, _heldTokens);
        request.PrefillStart = _simulation.Now;
        request.PrefillFinish = PrefillFinish(request);
        _finish.Set(request.PrefillFinish);
        _onPlanned?.Invoke(request, new(0, request.InputTokens, request.PrefillFinish));
    }
}

/// <summary>What a prefill instance needs to know of the model and the semantics.</summary>
/// <param name="KvCapacityBytes">Bytes for the KV cache.</param>
/// <param name="KvBytesPerToken">KV bytes of a token.</param>
/// <param name="TokensBeside">What a request keeps whatever its length, in tokens.</param>
/// <param name="LimitsMemory">Whether prompts wait for, or are refused for lack of, KV memory.</param>
/// <param name="QueuedWork">What lowest_load counts.</param>
internal readonly record struct PrefillOptions(
    long KvCapacityBytes,
    long KvBytesPerToken,
    long TokensBeside,
    bool LimitsMemory,
    QueuedWork QueuedWork
)
{
    /// <summary>Encodes the pictures of prompts; null where none come, or where others do.</summary>
    public EncoderTime? Encoder { get; init; }
}
