using LlmSim.Engine;

namespace LlmSim.Metrics;

/// <summary>Observes what becomes of requests and turns it into records and a summary.</summary>
internal sealed class MetricsRecorder(
    TpotDefinition tpotDefinition,
    double ttftSloSeconds,
    double tpotSloSeconds,
    Action<RequestRecord>? onRequest
)
{
    private readonly List<double> _ttft = [];
    private readonly List<double> _tpot = [];
    private readonly List<double> _endToEnd = [];
    private readonly List<double> _prefillQueue = [];
    private readonly List<double> _transfer = [];
    private readonly List<double> _decodeQueue = [];
    private readonly SloAttainment _attainment = new(ttftSloSeconds, tpotSloSeconds);
    private readonly SortedDictionary<string, long> _rejections = new(StringComparer.Ordinal);
    private SimTime? _firstArrival;
    private SimTime _lastFinish;
    private long _inputTokens;
    private long _outputTokens;

    public InterTokenLatency InterTokenLatency { get; } = new();
    public long Arrived { get; private set; }
    public long Finished { get; private set; }
    public long Rejected { get; private set; }

    public void OnArrival(SimTime now)
    {
        _firstArrival ??= now;
        Arrived++;
    }

    public void OnRejected(Request request, string reason)
    {
        Rejected++;
        _rejections[reason] = _rejections.GetValueOrDefault(reason) + 1;
        onRequest?.Invoke(Record(request, double.NaN, reason));
    }

    public void OnFinished(Request request)
    {
        Finished++;
        _lastFinish = request.Finish;
        _inputTokens += request.TraceInputTokens;
        _outputTokens += request.TraceOutputTokens;
        var record = Record(request, TpotSeconds(request), reason: null);
        Collect(record);
        onRequest?.Invoke(record);
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
        var makespanSeconds = Finished == 0 ? 0 : (_lastFinish - _firstArrival!.Value).Seconds;
        return new RunSummary
        {
            Requests = Arrived,
            Finished = Finished,
            Rejections = _rejections,
            Evictions = evictions,
            InputTokens = _inputTokens,
            OutputTokens = _outputTokens,
            MakespanSeconds = makespanSeconds,
            TtftSeconds = Distributions.Summarize(_ttft),
            TpotSeconds = Distributions.Summarize(_tpot),
            ItlSeconds = InterTokenLatency.Summarize(),
            EndToEndSeconds = Distributions.Summarize(_endToEnd),
            PrefillQueueSeconds = Distributions.Summarize(_prefillQueue),
            TransferSeconds = Distributions.Summarize(_transfer),
            DecodeQueueSeconds = Distributions.Summarize(_decodeQueue),
            RequestsPerSecond = Finished / makespanSeconds,
            OutputTokensPerSecond = _outputTokens / makespanSeconds,
            TokensPerSecond = (_inputTokens + _outputTokens) / makespanSeconds,
            GoodputRequestsPerSecond = _attainment.MetBoth / makespanSeconds,
            TtftAttainmentPercent = Percent(_attainment.MetTtft),
            TpotAttainmentPercent = Percent(_attainment.MetTpot),
            BothAttainmentPercent = Percent(_attainment.MetBoth),
            Instances = usages(makespanSeconds),
            PolicyCounters = policyCounters,
            DecodeIterations = decodeIterations,
            PagedCache = pagedCache,
            Events = events,
        };
    }

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
        };

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

    private void Collect(in RequestRecord record)
    {
        _ttft.Add(record.TtftSeconds);
        _endToEnd.Add(record.EndToEndSeconds);
        _prefillQueue.Add(record.PrefillQueueSeconds);
        if (!double.IsNaN(record.TpotSeconds))
        {
            _tpot.Add(record.TpotSeconds);
        }

        if (record.DecodeInstance >= 0)
        {
            _transfer.Add(record.TransferSeconds);
            _decodeQueue.Add(record.DecodeQueueSeconds);
        }

        _attainment.Add(record);
    }

    private double Percent(long count) => 100.0 * count / Arrived;
}
