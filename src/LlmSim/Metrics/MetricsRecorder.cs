using System.Runtime.CompilerServices;
using LlmSim.Kernel;

namespace LlmSim.Metrics;

/// <summary>Observes what becomes of requests and turns it into records and a summary.</summary>
internal sealed class MetricsRecorder(
    TpotDefinition tpotDefinition,
    double ttftSloSeconds,
    double tpotSloSeconds,
    Action<RequestRecord>? onRequest,
    RequestWindow? measured = null,
    IReadOnlyList<SloAttainment>? attainments = null
)
{
    private readonly RequestWindow _measured = measured ?? RequestWindow.All;
    private readonly IReadOnlyList<SloAttainment> _attainments = attainments ?? [];
    private readonly ValueSummary _ttft = new();
    private readonly ValueSummary _tpot = new();
    private readonly ValueSummary _endToEnd = new();
    private readonly ValueSummary _prefillQueue = new();
    private readonly ValueSummary _transfer = new();
    private readonly ValueSummary _decodeQueue = new();
    private readonly SloAttainment _attainment = new(ttftSloSeconds, tpotSloSeconds);
    private readonly SortedDictionary<string, long> _rejections = new(StringComparer.Ordinal);
    private readonly QueueGrowth _queueGrowth = new();
    private readonly Span _run = new();

    /// <summary>Of the requests that the statistics are about.</summary>
    private readonly Span _span = new();
    private long _measuredArrived;
    private long _measuredFinished;
    private long _inputTokens;
    private long _outputTokens;
    private WindowCount _finishedInWindow;
    private WindowCount _inputTokensInWindow;
    private WindowCount _outputTokensInWindow;

    public InterTokenLatency InterTokenLatency { get; } = new();
    public long Arrived { get; private set; }
    public long Finished { get; private set; }
    public long Rejected { get; private set; }

    /// <summary>Called with the number of requests that have finished or were rejected, after each.</summary>
    public Action<long>? CompletionObserver { get; set; }

    public void OnArrival(Request request)
    {
        request.IsMeasured = _measured.Contains(Arrived++);
        _queueGrowth.Arrive();
        _run.Arrive(request.Arrival);
        if (!request.IsMeasured)
        {
            return;
        }

        _measuredArrived++;
        _span.Arrive(request.Arrival);
        _finishedInWindow.Extend();
        _inputTokensInWindow.Extend();
        _outputTokensInWindow.Extend();
        _attainment.Extend();
        foreach (var attainment in _attainments)
        {
            attainment.Extend();
        }
    }

    public void OnRejected(Request request, string reason)
    {
        Rejected++;
        _queueGrowth.Leave(secondsInCluster: 0, secondsWaited: 0);
        _rejections[reason] = _rejections.GetValueOrDefault(reason) + 1;
        Report(request, double.NaN, reason);
    }

    public void OnFinished(Request request)
    {
        Finished++;
        _run.Finish(request.Finish);
        _finishedInWindow.Add(1);
        _inputTokensInWindow.Add(request.TraceInputTokens);
        _outputTokensInWindow.Add(request.TraceOutputTokens);
        _queueGrowth.Leave((request.Finish - request.Arrival).Seconds, WaitedSeconds(request));
        var tpotSeconds = TpotSeconds(request);
        var ttftSeconds = (request.PrefillFinish - request.Arrival).Seconds;
        _attainment.Add(ttftSeconds, tpotSeconds, request.IsMeasured);
        foreach (var attainment in _attainments)
        {
            attainment.Add(ttftSeconds, tpotSeconds, request.IsMeasured);
        }

        if (request.IsMeasured)
        {
            Collect(request, ttftSeconds, tpotSeconds);
        }

        Report(request, tpotSeconds, reason: null);
    }

    public RunSummary Summarize(
        Func<double, IReadOnlyList<InstanceUsage>> usages,
        IReadOnlyDictionary<string, long> policyCounters,
        long evictions,
        long decodeIterations,
        PagedCacheUsage? pagedCache,
        long events
    )
    {
        if (_measuredArrived == 0 && Arrived > 0)
        {
            throw new UserErrorException(
                $"warmup leaves out the first {_measured.First} requests, but there are {Arrived}; allowed: fewer"
            );
        }

        var makespanSeconds = _run.Seconds;
        var seconds = _span.Seconds;
        return new RunSummary
        {
            Requests = Arrived,
            Finished = Finished,
            MeasuredRequests = _measuredArrived,
            MeasuredSeconds = seconds,
            Rejections = _rejections,
            Evictions = evictions,
            InputTokens = _inputTokens,
            OutputTokens = _outputTokens,
            MakespanSeconds = makespanSeconds,
            TtftSeconds = _ttft.Summarize(),
            TpotSeconds = _tpot.Summarize(),
            ItlSeconds = InterTokenLatency.Summarize(),
            EndToEndSeconds = _endToEnd.Summarize(),
            PrefillQueueSeconds = _prefillQueue.Summarize(),
            TransferSeconds = _transfer.Summarize(),
            DecodeQueueSeconds = _decodeQueue.Summarize(),
            PercentileRelativeError = _ttft.IsSketched ? QuantileSketch.RelativeError : 0,
            RequestsPerSecond = _measuredFinished / seconds,
            OutputTokensPerSecond = _outputTokens / seconds,
            TokensPerSecond = (_inputTokens + _outputTokens) / seconds,
            GoodputRequestsPerSecond = _attainment.MetBoth / seconds,
            TtftAttainmentPercent = Percent(_attainment.MetTtft),
            TpotAttainmentPercent = Percent(_attainment.MetTpot),
            BothAttainmentPercent = Percent(_attainment.MetBoth),
            ArrivalWindow = Window(_span.ArrivalSeconds),
            QueueGrows = _queueGrowth.IsSignificant(),
            Instances = usages(makespanSeconds),
            PolicyCounters = policyCounters,
            DecodeIterations = decodeIterations,
            PagedCache = pagedCache,
            Events = events,
        };
    }

    private ArrivalWindow Window(double seconds) =>
        seconds > 0
            ? new ArrivalWindow(
                seconds,
                _finishedInWindow.Count / seconds,
                _outputTokensInWindow.Count / seconds,
                (_inputTokensInWindow.Count + _outputTokensInWindow.Count) / seconds,
                _attainment.MetBothInWindow / seconds
            )
            : ArrivalWindow.None;

    private void Report(Request request, double tpotSeconds, string? reason)
    {
        if (onRequest is not null)
        {
            onRequest(Record(request, tpotSeconds, reason));
        }

        CompletionObserver?.Invoke(Finished + Rejected);
    }

    /// <summary>A separate method, since its callers often run without a listener for records.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RequestRecord Record(Request request, double tpotSeconds, string? reason) =>
        new()
        {
            Id = request.Id,
            Arrival = request.Arrival,
            TraceInputTokens = request.TraceInputTokens,
            TraceOutputTokens = request.TraceOutputTokens,
            InputTokens = request.InputTokens,
            OutputTokens = request.TraceOutputTokens - request.EvictedTokens,
            PrefillInstance = request.PrefillInstance,
            TakenIn = request.TakenIn,
            PrefillStart = request.PrefillStart,
            PrefillFinish = request.PrefillFinish,
            TransferFinish = request.TransferFinish,
            DecodeInstance = request.DecodeInstance,
            DecodeStart = request.DecodeStart,
            FirstDecodeStart = request.FirstDecodeStart,
            Finish = request.Finish,
            Evictions = request.Evictions,
            Recompute = request.RecomputeDuration,
            TpotSeconds = tpotSeconds,
            RejectionReason = reason,
            IsMeasured = request.IsMeasured,
        };

    private static double WaitedSeconds(Request request) =>
        (request.PrefillStart - request.Arrival).Seconds
        + (request.DecodeInstance < 0 ? 0 : (request.FirstDecodeStart - request.TransferFinish).Seconds);

    private double TpotSeconds(Request request)
    {
        if (tpotDefinition == TpotDefinition.SinceTransfer)
        {
            return request.DecodeInstance < 0
                ? double.NaN
                : (request.Finish - request.TransferFinish).Seconds / request.DecodeTokensOwed;
        }

        return request.TraceOutputTokens == 1
            ? double.NaN
            : (request.Finish - request.PrefillFinish).Seconds / (request.TraceOutputTokens - 1);
    }

    private void Collect(Request request, double ttftSeconds, double tpotSeconds)
    {
        _measuredFinished++;
        _span.Finish(request.Finish);
        _inputTokens += request.TraceInputTokens;
        _outputTokens += request.TraceOutputTokens;
        _ttft.Add(ttftSeconds);
        _endToEnd.Add((request.Finish - request.Arrival).Seconds);
        _prefillQueue.Add((request.PrefillStart - request.Arrival).Seconds);
        if (!double.IsNaN(tpotSeconds))
        {
            _tpot.Add(tpotSeconds);
        }

        if (request.DecodeInstance >= 0)
        {
            _transfer.Add((request.TransferFinish - request.PrefillFinish).Seconds);
            _decodeQueue.Add((request.FirstDecodeStart - request.TransferFinish).Seconds);
        }
    }

    private double Percent(long count) => 100.0 * count / _measuredArrived;

    /// <summary>The time from the first arrival of some requests to their last token.</summary>
    private sealed class Span
    {
        private SimTime? _firstArrival;
        private SimTime _lastArrival;
        private SimTime? _lastFinish;

        /// <summary>0 while nothing has finished.</summary>
        public double Seconds => _lastFinish is { } finish ? (finish - _firstArrival!.Value).Seconds : 0;

        public double ArrivalSeconds => (_lastArrival - (_firstArrival ?? _lastArrival)).Seconds;

        public void Arrive(SimTime time)
        {
            _firstArrival ??= time;
            _lastArrival = time;
        }

        public void Finish(SimTime time) => _lastFinish = time;
    }
}
