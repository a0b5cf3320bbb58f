namespace LlmSim.Clients;

/// <summary>What clients do beside sending requests: think, give up, try again.</summary>
public sealed class ClientBehavior
{
    /// <summary>Clients that only send.</summary>
    public static ClientBehavior None { get; } = new();

    /// <summary>
    /// In a closed loop, the time from the end of a request to the next one of its client. Null for none: the next is sent at once.
    /// </summary>
    public Durations? ThinkTime { get; init; }

    /// <summary>How long clients wait for the first token before they give up; null for ever.</summary>
    public Durations? TtftPatience { get; init; }

    /// <summary>How long they wait for the last token; null for ever.</summary>
    public Durations? TotalPatience { get; init; }

    /// <summary>How often a client sends a request again that was turned away, that it gave up, or that failed; 0 for never.</summary>
    public int MaxRetries { get; init; }

    /// <summary>Seconds before the first retry; each further one waits <see cref="BackoffFactor" /> times as long.</summary>
    public double BackoffSeconds { get; init; } = 1;

    /// <summary>By what the wait grows from retry to retry, at least 1.</summary>
    public double BackoffFactor { get; init; } = 2;

    /// <summary>Longest wait before a retry in seconds, before jitter.</summary>
    public double MaxBackoffSeconds { get; init; } = 60;

    /// <summary>Share of a wait that is drawn, from 0 to 1: a wait w becomes uniform in [(1 − j) w, w].</summary>
    public double BackoffJitter { get; init; } = 0.5;

    /// <summary>Whether a request has to be followed beyond its sending.</summary>
    internal bool Follows => TtftPatience is not null || TotalPatience is not null || MaxRetries > 0;
}
