namespace LlmSim.Workloads.Traces;

/// <summary>How requests of a trace become conversations.</summary>
internal sealed record SessionRules
{
    /// <summary>Requests are independent of each other.</summary>
    public const string Off = "off";

    /// <summary>A request is sent some time after the one before it in its session has ended.</summary>
    public const string Replay = "replay";

    /// <summary>The same; a request whose parent is missing begins a conversation.</summary>
    public const string Lenient = "lenient";

    /// <summary>Lengths and hash ids of later turns are those of what is new.</summary>
    public const string New = "new";

    /// <summary>They are those of the whole prompt.</summary>
    public const string Whole = "whole";

    /// <summary>The limit of 40 ms a token for interactive Llama 2 70B (MLPerf Inference v5.0).</summary>
    public const double DefaultTpotSeconds = 0.04;

    public static IReadOnlyList<string> Modes { get; } = [Off, Replay, Lenient];

    public static IReadOnlyList<string> Prompts { get; } = [New, Whole];

    public static FigureRange TpotRange { get; } = new(0, 1e6, "s");

    /// <summary>Whether a missing parent is no error.</summary>
    public required bool IsLenient { get; init; }

    /// <summary>What lengths of later turns count, where the trace does not say: <see cref="New" /> or <see cref="Whole" />; null when it must.</summary>
    public required string? PromptsAre { get; init; }

    /// <summary>Seconds of a token of an answer as it is taken to have been recorded, where its end was not.</summary>
    public required double TpotSeconds { get; init; }

    /// <summary>Tokens that a hash id stands for.</summary>
    public required int BlockTokens { get; init; }
}

/// <summary>Makes the reader of the conversations of a trace.</summary>
internal delegate ITraceRows SessionRowsFactory(
    LineReader lines,
    TraceClockFactory clock,
    SessionRules rules
);
