using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Metrics;

/// <summary>What became of one request.</summary>
public readonly record struct RequestRecord()
{
    /// <summary>Number of the request in the workload.</summary>
    public required long Id { get; init; }

    /// <summary>When it reached the cluster.</summary>
    public required SimTime Arrival { get; init; }

    /// <summary>Prompt tokens in the workload.</summary>
    public required int TraceInputTokens { get; init; }

    /// <summary>Output tokens in the workload.</summary>
    public required int TraceOutputTokens { get; init; }

    /// <summary>Prompt tokens after evictions: differs from the workload's only under evict-all saturation.</summary>
    public required int InputTokens { get; init; }

    /// <summary>Output tokens left after evictions: differs from the workload's only under evict-all saturation.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Its prefill instance; −1 when rejected.</summary>
    public required int PrefillInstance { get; init; }

    /// <summary>
    /// When the engine of its first instance took it in: the first boundary of iterations since its arrival. Null without an engine.
    /// </summary>
    internal SimTime? TakenIn { get; init; }

    /// <summary>Pictures in its prompt.</summary>
    internal int Images { get; init; }

    /// <summary>Tokens of these.</summary>
    internal int ImageTokens { get; init; }

    /// <summary>Videos in its prompt, and their tokens.</summary>
    internal MediaTotals Videos { get; init; }

    /// <summary>Recordings in its prompt, and their tokens.</summary>
    internal MediaTotals Audio { get; init; }

    /// <summary>All media in its prompt.</summary>
    internal int Media => Images + Videos.Count + Audio.Count;

    /// <summary>When the first of them began to be encoded at an encode instance; null where there was none.</summary>
    internal SimTime? EncodeStart { get; init; }

    /// <summary>When their embeddings had come from there.</summary>
    internal SimTime EncodeFinish { get; init; }

    /// <summary>When its prefill began.</summary>
    public required SimTime PrefillStart { get; init; }

    /// <summary>When its prefill ended.</summary>
    public required SimTime PrefillFinish { get; init; }

    /// <summary>When its KV cache had arrived; equal to <see cref="PrefillFinish" /> when there was nothing to decode.</summary>
    public required SimTime TransferFinish { get; init; }

    /// <summary>Its decode instance; −1 when there was nothing to decode, or when rejected.</summary>
    public required int DecodeInstance { get; init; }

    /// <summary>When it joined the decode batch, the last time.</summary>
    public required SimTime DecodeStart { get; init; }

    /// <summary>When it joined the decode batch, the first time.</summary>
    public required SimTime FirstDecodeStart { get; init; }

    /// <summary>When its last token came.</summary>
    public required SimTime Finish { get; init; }

    /// <summary>How often it was evicted or preempted.</summary>
    public required int Evictions { get; init; }

    /// <summary>Time spent on recomputing its KV cache after preemptions.</summary>
    public required SimTime Recompute { get; init; }

    /// <summary>TPOT in seconds as the run defines it; NaN for a single output token, and when rejected.</summary>
    public required double TpotSeconds { get; init; }

    /// <summary>Why it was not served; null when it was.</summary>
    public string? RejectionReason { get; init; }

    /// <summary>What became of it.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Who sent it; null when nothing is known.</summary>
    public RequestOrigin? Origin { get; init; }

    /// <summary>Name of the model that was to answer; null for the model of the cluster.</summary>
    public string? Model { get; init; }

    /// <summary>How often its client sent it.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>How often it was computed anew because an instance failed.</summary>
    public int Failovers { get; init; }

    /// <summary>How often it went on elsewhere with its KV cache.</summary>
    internal int Migrations { get; init; }

    /// <summary>The request that began its conversation; null when it belongs to none.</summary>
    public long? ConversationId { get; init; }

    /// <summary>Its turn in that, from 0.</summary>
    public int Turn { get; init; }

    /// <summary>When the instance that decodes it sent the token of its latest prefill; null for the end of that.</summary>
    internal SimTime? SentByDecode { get; init; }

    /// <summary>When the token of its latest prefill came.</summary>
    internal SimTime NewToken => SentByDecode ?? PrefillFinish;

    /// <summary>When its first token came, where that was before a failure.</summary>
    internal SimTime? EarlierFirstToken { get; init; }

    /// <summary>When its first token came.</summary>
    internal SimTime FirstToken => EarlierFirstToken ?? NewToken;

    /// <summary>Tokens of its output that came before its answer.</summary>
    public int ThinkingTokens { get; init; }

    /// <summary>When the first token of its answer came, of one that thinks before; null for others.</summary>
    internal SimTime? FirstAnswer { get; init; }

    /// <summary>Time to the first token of the answer in seconds; NaN when it does not think before, or was rejected.</summary>
    public double TtfoSeconds => FirstAnswer is { } answer ? (answer - Arrival).Seconds : double.NaN;

    /// <summary>Whether the statistics of the run count it: it belongs to neither warm-up nor cool-down.</summary>
    public bool IsMeasured { get; init; } = true;

    /// <summary>Whether it was not served.</summary>
    public bool IsRejected => RejectionReason is not null;

    /// <summary>Time to first token in seconds; NaN when rejected.</summary>
    public double TtftSeconds => IsRejected ? double.NaN : (FirstToken - Arrival).Seconds;

    /// <summary>End-to-end latency in seconds; NaN when rejected.</summary>
    public double EndToEndSeconds => IsRejected ? double.NaN : (Finish - Arrival).Seconds;

    /// <summary>When it could be prefilled: its arrival, or the coming of its embeddings from encode instances.</summary>
    internal SimTime ReadyForPrefill => EncodeStart is null ? Arrival : EncodeFinish;

    /// <summary>Wait for the prefill in seconds; NaN when rejected.</summary>
    public double PrefillQueueSeconds => IsRejected ? double.NaN : (PrefillStart - ReadyForPrefill).Seconds;

    /// <summary>Duration of the KV transfer in seconds; NaN when nothing was transferred.</summary>
    public double TransferSeconds =>
        DecodeInstance < 0 ? double.NaN : (TransferFinish - PrefillFinish).Seconds;

    /// <summary>Wait for the decode batch, the first time, in seconds; NaN when there was nothing to decode.</summary>
    public double DecodeQueueSeconds =>
        DecodeInstance < 0 ? double.NaN : (FirstDecodeStart - TransferFinish).Seconds;
}
