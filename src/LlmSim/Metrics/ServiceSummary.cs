using System.Text.Json.Serialization;

namespace LlmSim.Metrics;

/// <summary>What became of requests whose clients react, that belong to somebody, or whose instances may fail.</summary>
public sealed record ServiceSummary
{
    /// <summary>Requests that were sent again by their clients, each time.</summary>
    public required long Retries { get; init; }

    /// <summary>Times that a request was computed anew because an instance failed.</summary>
    public required long Failovers { get; init; }

    /// <summary>Conversations that began; 0 without any.</summary>
    public required long Conversations { get; init; }

    /// <summary>Those that broke off, because a turn got no answer.</summary>
    public required long ConversationsBrokenOff { get; init; }

    /// <summary>Turns of those that were never sent.</summary>
    public required long TurnsNotSent { get; init; }

    /// <summary>Tokens that the instances computed, of prompts and answers.</summary>
    public required long ComputedTokens { get; init; }

    /// <summary>Those of requests that finished, each counted once.</summary>
    public required long UsefulTokens { get; init; }

    /// <summary>Those that had been computed before, of requests that finished: after preemptions and failures.</summary>
    public required long RecomputedTokens { get; init; }

    /// <summary>Those of attempts that came to nothing.</summary>
    public required long WastedTokens { get; init; }

    /// <summary>The same figures for each class of requests, by name; empty when no request says who sends it.</summary>
    public IReadOnlyList<GroupSummary> Classes { get; init; } = [];

    /// <summary>The same figures for each tenant, by name; empty when no request says who sends it.</summary>
    public IReadOnlyList<GroupSummary> Tenants { get; init; } = [];

    /// <summary>The same figures for each model that requests ask for, by name; null when all instances serve the same.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<GroupSummary>? Models { get; init; }

    /// <summary>
    /// How evenly the tokens of finished requests are shared between tenants in proportion to their weights, from 1 / tenants to 1 (Jain, Chiu and
    /// Hawe, 1984); NaN without tenants.
    /// </summary>
    public double JainIndex { get; init; } = double.NaN;
}

/// <summary>The requests of a class, a tenant or a model.</summary>
public sealed class GroupSummary
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its share beside others, above 0.</summary>
    public required double Weight { get; init; }

    /// <summary>Requests that the statistics are about.</summary>
    public required long Requests { get; init; }

    /// <summary>Those that got all their tokens.</summary>
    public required long Finished { get; init; }

    /// <summary>Those that the cluster did not take.</summary>
    public required long Rejected { get; init; }

    /// <summary>Those whose clients gave up.</summary>
    public required long TimedOut { get; init; }

    /// <summary>Those that failed with an instance.</summary>
    public required long Failed { get; init; }

    /// <summary>Prompt tokens of the finished ones.</summary>
    public required long InputTokens { get; init; }

    /// <summary>Output tokens of the finished ones.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Its share of the tokens of all finished requests, in per cent.</summary>
    public required double TokenSharePercent { get; init; }

    /// <summary>Time to first token, in seconds.</summary>
    public required Distribution TtftSeconds { get; init; }

    /// <summary>Time per output token, in seconds.</summary>
    public required Distribution TpotSeconds { get; init; }

    /// <summary>End-to-end latency, in seconds.</summary>
    public required Distribution EndToEndSeconds { get; init; }

    /// <summary>Share of its requests that met the TTFT SLO, in per cent.</summary>
    public required double TtftAttainmentPercent { get; init; }

    /// <summary>Share of its requests that met the TPOT SLO, in per cent.</summary>
    public required double TpotAttainmentPercent { get; init; }

    /// <summary>Share of its requests that met all their SLOs and their deadline, in per cent.</summary>
    public required double AttainmentPercent { get; init; }

    /// <summary>Requests that met all that per second of the makespan.</summary>
    public required double GoodputRequestsPerSecond { get; init; }
}
