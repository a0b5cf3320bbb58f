using System.Text.Json.Serialization;

namespace LlmSim.Metrics;

/// <summary>The result of one simulation. docs/metrics.md defines every figure in symbols.</summary>
public sealed record RunSummary
{
    /// <summary>Requests that arrived.</summary>
    public required long Requests { get; init; }

    /// <summary>Requests that got all their tokens.</summary>
    public required long Finished { get; init; }

    /// <summary>Requests that the cluster did not take, by reason.</summary>
    public required IReadOnlyDictionary<string, long> Rejections { get; init; }

    /// <summary>Requests that the cluster did not take.</summary>
    public long Rejected => Requests - Finished - TimedOut - Failed;

    /// <summary>Requests whose clients gave up.</summary>
    public long TimedOut { get; init; }

    /// <summary>Requests that were lost when an instance failed.</summary>
    public long Failed { get; init; }

    /// <summary>Figures of clients that react, of classes and tenants; null where there is nothing of that.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ServiceSummary? Service { get; init; }

    /// <summary>What became of the instances; null where they live for ever.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FleetSummary? Fleet { get; init; }

    /// <summary>Evictions and preemptions.</summary>
    public required long Evictions { get; init; }

    /// <summary>
    /// Requests that the statistics are about: all that arrived, but those of warm-up and cool-down. Counts of finished and rejected
    /// requests, evictions and what instances did are of all.
    /// </summary>
    public long MeasuredRequests { get; init; }

    /// <summary>Seconds from the first arrival of those to their last token: what rates are relative to.</summary>
    public double MeasuredSeconds { get; init; }

    /// <summary>Prompt tokens of the finished requests.</summary>
    public required long InputTokens { get; init; }

    /// <summary>Output tokens of the finished requests.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Seconds from the first arrival to the last token.</summary>
    public required double MakespanSeconds { get; init; }

    /// <summary>Time to first token, in seconds.</summary>
    public required Distribution TtftSeconds { get; init; }

    /// <summary>Time to the first token of the answer, in seconds, of requests that think before; null without any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Distribution? TtfoSeconds { get; init; }

    /// <summary>Output tokens of the finished requests that came before their answers; null without requests that think.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ThinkingTokens { get; init; }

    /// <summary>Time per output token, in seconds.</summary>
    public required Distribution TpotSeconds { get; init; }

    /// <summary>Inter-token latency over all pairs of consecutive tokens, in seconds.</summary>
    public required Distribution ItlSeconds { get; init; }

    /// <summary>End-to-end latency, in seconds.</summary>
    public required Distribution EndToEndSeconds { get; init; }

    /// <summary>Wait for prefill, in seconds.</summary>
    public required Distribution PrefillQueueSeconds { get; init; }

    /// <summary>KV transfer, in seconds.</summary>
    public required Distribution TransferSeconds { get; init; }

    /// <summary>Wait for the decode batch, in seconds.</summary>
    public required Distribution DecodeQueueSeconds { get; init; }

    /// <summary>
    /// Most that percentiles of per-request figures are off, relative to themselves: 0 while they are exact, which is up to a
    /// million requests. Those of <see cref="ItlSeconds" /> are always within 0.05 %.
    /// </summary>
    public double PercentileRelativeError { get; init; }

    /// <summary>Rates over the time in which requests arrive.</summary>
    public ArrivalWindow ArrivalWindow { get; init; } = ArrivalWindow.None;

    /// <summary>
    /// Whether the number of requests in the cluster grows through the run: they arrive faster than they are served, and
    /// percentiles depend on the length of the run. docs/metrics.md tells how this is judged.
    /// </summary>
    public bool QueueGrows { get; init; }

    /// <summary>Finished requests per second of the makespan.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>Output tokens per second of the makespan.</summary>
    public required double OutputTokensPerSecond { get; init; }

    /// <summary>Prompt and output tokens per second of the makespan.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Requests that met both SLOs per second of the makespan.</summary>
    public required double GoodputRequestsPerSecond { get; init; }

    /// <summary>Share of all requests with a TTFT below its SLO, in per cent.</summary>
    public required double TtftAttainmentPercent { get; init; }

    /// <summary>Share of all requests with a TPOT below its SLO, in per cent.</summary>
    public required double TpotAttainmentPercent { get; init; }

    /// <summary>Share of all requests that met both SLOs, in per cent.</summary>
    public required double BothAttainmentPercent { get; init; }

    /// <summary>One entry an instance: prefill first, then decode.</summary>
    public required IReadOnlyList<InstanceUsage> Instances { get; init; }

    /// <summary>Counters of the policies, named <c>decision.counter</c>.</summary>
    public required IReadOnlyDictionary<string, long> PolicyCounters { get; init; }

    /// <summary>Iterations of decode and mixed instances.</summary>
    public required long DecodeIterations { get; init; }

    /// <summary>The paged KV caches of batched instances; null in a cluster that has none.</summary>
    public PagedCacheUsage? PagedCache { get; init; }

    /// <summary>What became of drafts; null without speculative decoding.</summary>
    public SpeculationUsage? Speculation { get; init; }

    /// <summary>The tiers below the KV caches; null without any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<KvTierUsage>? KvTiers { get; init; }

    /// <summary>What became of pictures; null where requests have none.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal EncoderUsage? Encoder { get; init; }

    /// <summary>What became of adapters; null where no engine has any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdapterUsage? Adapters { get; init; }

    /// <summary>What became of requests whose output has a grammar; null where no engine has structured_output.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StructuredOutputUsage? StructuredOutput { get; init; }

    /// <summary>Events that the engine handled.</summary>
    public required long Events { get; init; }

    /// <summary>How often measurements were left; null when no performance model rests on any.</summary>
    public PerformanceRange? PerformanceRange { get; init; }
}

/// <summary>How busy an instance was.</summary>
/// <param name="Stage">"prefill", "decode", "mixed" or "encode".</param>
/// <param name="Index">Position among the instances of its stage, from 0; mixed ones are numbered after all others.</param>
/// <param name="Hardware">Name of the accelerator.</param>
/// <param name="TpSize">Accelerators of the instance, or of each stage of its pipeline or context-parallel rank.</param>
/// <param name="Requests">Requests that it completed; pictures that it encoded.</param>
/// <param name="BusySeconds">Seconds in which it computed.</param>
/// <param name="Utilization">Busy seconds / makespan, from 0 to 1.</param>
/// <param name="MeanBatch">Mean requests in an iteration; 1 where prompts are prefilled one by one.</param>
/// <param name="KvCapacityBytes">Bytes that it has for the KV cache.</param>
/// <param name="PeakKvBytes">Most KV bytes that it held at once.</param>
public sealed record InstanceUsage(
    string Stage,
    int Index,
    string Hardware,
    int TpSize,
    long Requests,
    double BusySeconds,
    double Utilization,
    double MeanBatch,
    long KvCapacityBytes,
    long PeakKvBytes
)
{
    /// <summary>Share of the KV blocks that requests held, on average over the busy time; NaN without blocks.</summary>
    public double KvOccupancy { get; init; } = double.NaN;

    /// <summary>Stages of its pipeline.</summary>
    public int PpSize { get; init; } = 1;

    /// <summary>
    /// Share of the busy time in which a stage of its pipeline had nothing to do, the mean over its stages: the bubble. NaN without a pipeline.
    /// </summary>
    public double PipelineBubble { get; init; } = double.NaN;

    /// <summary>Ranks that shared the tokens of each prompt; null for one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? CpSize { get; init; }

    /// <summary>Accelerators of the instance.</summary>
    internal int Accelerators => TpSize * PpSize * (CpSize ?? 1);
}

/// <summary>What became of draft tokens during a run.</summary>
/// <param name="Steps">Times that a decoding request had drafts verified: its iterations.</param>
/// <param name="DraftTokens">The drafts.</param>
/// <param name="AcceptedTokens">Those of them that were accepted.</param>
public sealed record SpeculationUsage(long Steps, long DraftTokens, long AcceptedTokens)
{
    /// <summary>Tokens of a request in an iteration that verified drafts, on average: the mean acceptance length.</summary>
    public double TokensPerStep => 1 + ((double)AcceptedTokens / Steps);
}

/// <summary>What paged KV caches did during a run.</summary>
/// <param name="PromptTokens">Prompt tokens of the requests that were admitted to be prefilled.</param>
/// <param name="HitTokens">Those of them whose KV cache was found.</param>
/// <param name="PromptBlocks">Blocks of these prompts, partial ones included.</param>
/// <param name="HitBlocks">Those of them that were found.</param>
/// <param name="Evictions">Blocks that could have been found and were taken for something else.</param>
/// <param name="Preemptions">Requests preempted for want of a block.</param>
public sealed record PagedCacheUsage(
    long PromptTokens,
    long HitTokens,
    long PromptBlocks,
    long HitBlocks,
    long Evictions,
    long Preemptions
)
{
    /// <summary>Share of the prompt tokens that were found, in per cent.</summary>
    public double TokenHitPercent => 100.0 * HitTokens / PromptTokens;

    /// <summary>Share of the prompt blocks that were found, in per cent.</summary>
    public double BlockHitPercent => 100.0 * HitBlocks / PromptBlocks;
}
