namespace LlmSim.Experiments.Validation;

/// <summary>A run of a real serving engine, as its folder describes it.</summary>
internal sealed record RecordedRun
{
    /// <summary>Name of the folder.</summary>
    public required string Name { get; init; }

    /// <summary>The model that was served.</summary>
    public required string ModelId { get; init; }

    /// <summary>The engine's arguments.</summary>
    public required RecordedEngine Engine { get; init; }

    /// <summary>The engine's instances; at least one.</summary>
    public required IReadOnlyList<RecordedInstance> Instances { get; init; }

    /// <summary>Bandwidth between accelerators in bytes/s, one way.</summary>
    public required double LinkBytesPerSecond { get; init; }

    /// <summary>Latency between accelerators in seconds.</summary>
    public required double LinkLatencySeconds { get; init; }

    /// <summary>The requests in the order in which they came; at least one.</summary>
    public required IReadOnlyList<RecordedRequest> Requests { get; init; }

    /// <summary>What the engine reported of itself, tick by tick; empty when it was not recorded.</summary>
    public required IReadOnlyList<RecordedTick> Ticks { get; init; }
}

/// <summary>The engine's arguments that decide how it forms batches.</summary>
/// <param name="Version">Version of vLLM.</param>
/// <param name="MaxBatchedTokens">Tokens of an iteration at most.</param>
/// <param name="MaxSequences">Requests in the batch at most.</param>
internal sealed record RecordedEngine(string Version, int MaxBatchedTokens, int MaxSequences);

/// <summary>One instance of the engine.</summary>
/// <param name="Hardware">Name of the accelerator in the run's own spelling.</param>
/// <param name="TpSize">Degree of tensor parallelism.</param>
/// <param name="ExpertParallel">Ranks that the experts are split over.</param>
/// <param name="DataParallelGroup">Instances of one group advance together; null when it is on its own.</param>
/// <param name="MemoryBytes">Memory of one accelerator.</param>
/// <param name="MemoryBytesPerSecond">Bandwidth of that memory.</param>
/// <param name="MemoryUtilization">Share of the memory that the engine may use.</param>
internal sealed record RecordedInstance(
    string Hardware,
    int TpSize,
    int ExpertParallel,
    string? DataParallelGroup,
    long MemoryBytes,
    double MemoryBytesPerSecond,
    double MemoryUtilization
);

/// <summary>A request of the run; times in seconds since the first request came.</summary>
/// <param name="Number">The request's number in the workload.</param>
/// <param name="InputTokens">Prompt tokens.</param>
/// <param name="OutputTokens">Generated tokens.</param>
/// <param name="ArrivalSeconds">When it came to the engine.</param>
/// <param name="QueuedSeconds">When the engine took it in: between two iterations.</param>
/// <param name="FirstTokenSeconds">When its first token came.</param>
/// <param name="LastTokenSeconds">When its last token came.</param>
internal sealed record RecordedRequest(
    int Number,
    int InputTokens,
    int OutputTokens,
    double ArrivalSeconds,
    double QueuedSeconds,
    double FirstTokenSeconds,
    double LastTokenSeconds
)
{
    /// <summary>Time to first token since the request was queued, in seconds.</summary>
    public double TtftSeconds => FirstTokenSeconds - QueuedSeconds;

    /// <summary>Time per output token in seconds; NaN for a single token.</summary>
    public double TpotSeconds =>
        OutputTokens > 1 ? (LastTokenSeconds - FirstTokenSeconds) / (OutputTokens - 1) : double.NaN;

    /// <summary>Time to the last token since the request was queued, in seconds.</summary>
    public double LatencySeconds => LastTokenSeconds - QueuedSeconds;
}

/// <summary>The engine's own report at the end of a tick.</summary>
/// <param name="Seconds">Since the start of the recording.</param>
/// <param name="RunningRequests">Requests in the batch.</param>
/// <param name="WaitingRequests">Requests in the queue.</param>
internal sealed record RecordedTick(double Seconds, int RunningRequests, int WaitingRequests);
