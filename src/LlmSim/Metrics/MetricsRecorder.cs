using System.Runtime.CompilerServices;
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
    private readonly ValueSummary _ttft = new();
    private readonly ValueSummary _tpot = new();
    private readonly ValueSummary _endToEnd = new();
    private readonly ValueSummary _prefillQueue = new();
    private readonly ValueSummary _transfer = new();
    private readonly ValueSummary _decodeQueue = new();
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

    /// <summary>Called with the number of requests that have finished or were rejected, after each.</summary>
    public Action<long>? CompletionObserver { get; set; }

    public void OnArrival(SimTime now)
    {
        _firstArrival ??= now;
        Arrived++;
    }

    public void OnRejected(Request request, string reason)
    {
        Rejected++;
        _rejections[reason] = _rejections.GetValueOrDefault(reason) + 1;
        Report(request, double.NaN, reason);
    }

    public void OnFinished(Request request)
    {
        Finished++;
        _lastFinish = request.Finish;
        _inputTokens += request.TraceInputTokens;
        _outputTokens += request.TraceOutputTokens;
        var tpotSeconds = TpotSeconds(request);
        Collect(request, tpotSeconds);
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
            TtftSeconds = _ttft.Summarize(),
            TpotSeconds = _tpot.Summarize(),
            ItlSeconds = InterTokenLatency.Summarize(),
            EndToEndSeconds = _endToEnd.Summarize(),
            PrefillQueueSeconds = _prefillQueue.Summarize(),
            TransferSeconds = _transfer.Summarize(),
            DecodeQueueSeconds = _decodeQueue.Summarize(),
            PercentileRelativeError = _ttft.IsSketched ? QuantileSketch.RelativeError : 0,
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

    private void Report(Request request, double tpotSeconds, string? reason)
    {
        if (onRequest is not null)
        {
            onRequest(Record(request, tpotSeconds, reason));
        }

        CompletionObserver?.Invoke(Finished + Rejected);
    }

    /// <summary>Apart from those who ask for it, which are often called when nobody wants a record.</summary>
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

    private void Collect(Request request, double tpotSeconds)
    {
        var ttftSeconds = (request.PrefillFinish - request.Arrival).Seconds;
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

        _attainment.AddFinished(ttftSeconds, tpotSeconds);
    }

    private double Percent(long count) => 100.0 * count / Arrived;
}
