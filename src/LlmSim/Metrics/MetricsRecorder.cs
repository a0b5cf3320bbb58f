using LlmSim.Kernel;

namespace LlmSim.Metrics;

/// <summary>Observes what becomes of requests and turns it into records and a summary.</summary>
internal sealed partial class MetricsRecorder(
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
    private TokenCounts _tokens;
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

    /// <summary>Requests that ended otherwise.</summary>
    public long Unserved { get; private set; }

    /// <summary>What became of the tokens that were computed.</summary>
    public TokenCounts Tokens => _tokens;

    /// <summary>Finished requests that met all their SLOs.</summary>
    public long Met { get; private set; }

    /// <summary>Those whose clients gave up.</summary>
    public long TimedOut { get; private set; }

    /// <summary>Those that were lost with an instance.</summary>
    public long Failed { get; private set; }

    /// <summary>Name of the model of the cluster; null where it serves no other.</summary>
    public string? OwnModel { get; init; }

    /// <summary>Figures by class and tenant, and of tokens; null when no client reacts and no instance fails.</summary>
    public ServiceRecorder? Service { get; set; }

    /// <summary>Figures of pictures; null where requests have none.</summary>
    public ImageRecorder? Images { get; init; }

    /// <summary>Called with the number of requests that have finished or were rejected, after each.</summary>
    public Action<long>? CompletionObserver { get; set; }

    public void OnArrival(Request request)
    {
        request.IsMeasured = _measured.Contains(Arrived++);
        _queueGrowth.Arrive();
        _run.Arrive(request.Arrival);
        if (request.Media is { } media)
        {
            Images?.Arrive(media);
        }

        if (request.Call is { } call)
        {
            call.IsMeasured = request.IsMeasured;
            Service ??= new ServiceRecorder(OwnModel);
            Service.Arrive(request);
        }

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

    /// <summary>Nothing of an attempt that came to nothing is in the cluster any more.</summary>
    public void OnDropped(Request request) => _tokens.Waste(request);

    /// <summary>A request ends without all its tokens.</summary>
    /// <param name="request">The request, or its last attempt.</param>
    /// <param name="outcome">How.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">The simulated clock.</param>
    public void OnUnserved(Request request, Outcome outcome, string reason, SimTime now)
    {
        Unserved++;
        TimedOut += outcome == Outcome.TimedOut ? 1 : 0;
        Failed += outcome == Outcome.Failed ? 1 : 0;
        _queueGrowth.Leave((now - request.FirstSent).Seconds, secondsWaited: 0);
        if (outcome == Outcome.Rejected)
        {
            _rejections[reason] = _rejections.GetValueOrDefault(reason) + 1;
        }

        Service?.Leave(request, outcome);
        Report(request, double.NaN, outcome, reason);
    }

    public void OnFinished(Request request)
    {
        Finished++;
        _run.Finish(request.Finish);
        _finishedInWindow.Add(1);
        _inputTokensInWindow.Add(request.PromptTokensSent);
        _outputTokensInWindow.Add(request.TokensToReceive);
        _queueGrowth.Leave((request.Finish - request.FirstSent).Seconds, WaitedSeconds(request));
        var tpotSeconds = TpotSeconds(request);
        var ttftSeconds = (request.FirstToken - request.FirstSent).Seconds;
        var met = _attainment.Judge(request, ttftSeconds, tpotSeconds);
        Met += met.All ? 1 : 0;
        _attainment.Add(met, request.IsMeasured);
        foreach (var attainment in _attainments)
        {
            attainment.Add(attainment.Judge(request, ttftSeconds, tpotSeconds), request.IsMeasured);
        }

        if (request.IsMeasured)
        {
            Collect(request, ttftSeconds, tpotSeconds);
            if (request.Call is not null)
            {
                Service!.Finish(request, ttftSeconds, tpotSeconds, met);
            }
        }

        _tokens.Use(request);
        Report(request, tpotSeconds, Outcome.Finished, reason: null);
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
            TimedOut = TimedOut,
            Failed = Failed,
            Rejections = _rejections,
            Evictions = evictions,
            InputTokens = _inputTokens,
            OutputTokens = _outputTokens,
            MakespanSeconds = makespanSeconds,
            TtftSeconds = _ttft.Summarize(),
            TtfoSeconds = _ttfo?.Summarize(),
            ThinkingTokens = _ttfo is null ? null : _thinkingTokens,
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

    private void Report(Request request, double tpotSeconds, Outcome outcome, string? reason)
    {
        if (onRequest is not null)
        {
            onRequest(Record(request, tpotSeconds, outcome, reason));
        }

        CompletionObserver?.Invoke(Finished + Unserved);
    }

    private static double WaitedSeconds(Request request) =>
        (request.PrefillStart - request.ReadyForPrefill).Seconds
        + (request.DecodeInstance < 0 ? 0 : (request.FirstDecodeStart - request.TransferFinish).Seconds);

    private double TpotSeconds(Request request)
    {
        if (tpotDefinition == TpotDefinition.SinceTransfer)
        {
            return request.DecodeInstance < 0
                ? double.NaN
                : (request.Finish - request.TransferFinish).Seconds / request.DecodeTokensOwed;
        }

        return request.TokensToReceive == 1
            ? double.NaN
            : (request.Finish - request.FirstToken).Seconds / (request.TokensToReceive - 1);
    }

    private void Collect(Request request, double ttftSeconds, double tpotSeconds)
    {
        _measuredFinished++;
        _span.Finish(request.Finish);
        _inputTokens += request.PromptTokensSent;
        _outputTokens += request.TokensToReceive;
        _ttft.Add(ttftSeconds);
        _endToEnd.Add((request.Finish - request.FirstSent).Seconds);
        CollectThoughts(request);
        _prefillQueue.Add((request.PrefillStart - request.ReadyForPrefill).Seconds);
        Images?.Finish(request);
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
