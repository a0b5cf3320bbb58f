using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>A request of a session as a trace has it.</summary>
internal sealed record SessionRecord
{
    /// <summary>Its line.</summary>
    public required long Line { get; init; }

    /// <summary>Its name, which no other request has.</summary>
    public required string Id { get; init; }

    /// <summary>The name of the request that it follows; null when it begins a conversation.</summary>
    public string? Parent { get; init; }

    /// <summary>Its time; null when it has none.</summary>
    public SimTime? Arrival { get; init; }

    /// <summary>Seconds from the end of the request before it; null when only its time is known.</summary>
    public double? DelaySeconds { get; init; }

    /// <summary>Its prompt tokens, or those that are new.</summary>
    public required int Input { get; init; }

    /// <summary>Its output tokens.</summary>
    public required int Output { get; init; }

    /// <summary>Ids of the blocks of these tokens; null when it has none.</summary>
    public long[]? HashIds { get; init; }

    /// <summary>Whether its lengths are of what is new; null when the trace does not say.</summary>
    public bool? IsNewOnly { get; init; }
}

/// <summary>The names of a session's fields, for errors.</summary>
/// <param name="Id">Of the request or its session.</param>
/// <param name="Parent">Of the request before it.</param>
/// <param name="Arrival">Of the time.</param>
internal sealed record SessionFields(string Id, string Parent, string Arrival);
