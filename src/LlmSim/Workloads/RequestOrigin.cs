namespace LlmSim.Workloads;

/// <summary>Who sends a request, and what the answer is worth to them.</summary>
public sealed record RequestOrigin
{
    /// <summary>The class of those that a workload says nothing of.</summary>
    public const string DefaultClass = "default";

    /// <summary>A request whose sender is unknown.</summary>
    public static RequestOrigin Unknown { get; } = new();

    /// <summary>Class of the request, such as "chat" or "batch": results are given for each.</summary>
    public string Class { get; init; } = DefaultClass;

    /// <summary>The customer that it belongs to: results are given for each, and fair policies share the cluster between them.</summary>
    public string Tenant { get; init; } = DefaultClass;

    /// <summary>Name of the model that is to answer; null for the model of the cluster.</summary>
    public string? Model { get; init; }

    /// <summary>Rank among others, as in vLLM: the lower, the more urgent. 0 unless said otherwise.</summary>
    public int Priority { get; init; }

    /// <summary>Share of its tenant beside others', above 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>A request meets its TTFT SLO when its TTFT is below so many seconds; null for the SLO of the run.</summary>
    public double? TtftSloSeconds { get; init; }

    /// <summary>A request meets its TPOT SLO when its TPOT is below so many seconds; null for the SLO of the run.</summary>
    public double? TpotSloSeconds { get; init; }

    /// <summary>Seconds from its sending by which its last token is wanted; null for no deadline.</summary>
    public double? DeadlineSeconds { get; init; }
}
