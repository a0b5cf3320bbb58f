using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>A policy of any decision that is told what has become of requests, so that it can learn.</summary>
public interface IFeedbackPolicy
{
    /// <summary>
    /// A request has left the cluster, served, turned away or given up, or was lost with an instance. One that comes again leaves again.
    /// </summary>
    void OnFinished(in FinishedRequest request);
}

/// <summary>What became of a request.</summary>
public readonly struct FinishedRequest
{
    /// <summary>Number of the request in the workload.</summary>
    public required long Id { get; init; }

    /// <summary>When it reached the cluster, this time.</summary>
    public required SimTime Arrival { get; init; }

    /// <summary>Its class.</summary>
    public required string Class { get; init; }

    /// <summary>The customer that it belongs to.</summary>
    public required string Tenant { get; init; }

    /// <summary>Name of the model that was to answer; null for the model of the cluster.</summary>
    public string? Model { get; init; }

    /// <summary>Length of its prompt in tokens.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens that it has generated.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Seconds from its sending to its first token; NaN without one.</summary>
    public required double TtftSeconds { get; init; }

    /// <summary>Mean seconds between its tokens; NaN for fewer than two.</summary>
    public required double TpotSeconds { get; init; }

    /// <summary>Whether it was served, or why not.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Number of the instance that it was prefilled on; −1 for none.</summary>
    public required int PrefillInstance { get; init; }

    /// <summary>Number of the instance that it was decoded on; −1 for none.</summary>
    public required int DecodeInstance { get; init; }
}
