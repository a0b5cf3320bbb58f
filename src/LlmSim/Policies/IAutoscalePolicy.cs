using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>Says how many instances a stage should have. It is asked at regular times, and may remember.</summary>
public interface IAutoscalePolicy
{
    /// <summary>The number of instances that should be ready or starting; what is outside the limits of the run is cut to them.</summary>
    int Decide(in FleetContext context);
}

/// <summary>A stage as an autoscaler sees it.</summary>
public readonly struct FleetContext
{
    /// <summary>The simulated clock.</summary>
    public required SimTime Now { get; init; }

    /// <summary>"prefill", "decode" or "mixed".</summary>
    public required string Stage { get; init; }

    /// <summary>Name of the model that its instances serve; null for the model of the cluster. All figures are of its requests.</summary>
    public string? Model { get; init; }

    /// <summary>Instances that take requests.</summary>
    public required int Ready { get; init; }

    /// <summary>Instances that will take requests when they have started.</summary>
    public required int Starting { get; init; }

    /// <summary>Fewest that there may be.</summary>
    public required int Min { get; init; }

    /// <summary>Most that there may be.</summary>
    public required int Max { get; init; }

    /// <summary>Requests that wait at the instances of the stage, and for one to be ready.</summary>
    public required long QueuedRequests { get; init; }

    /// <summary>Requests that its instances compute.</summary>
    public required long RunningRequests { get; init; }

    /// <summary>Share of the KV memory of the ready instances that is held or waited for; 0 without any.</summary>
    public required double KvShare { get; init; }

    /// <summary>Requests that have arrived at the cluster since it was last asked.</summary>
    public required long Arrivals { get; init; }

    /// <summary>Requests that have ended since it was last asked.</summary>
    public required long Ended { get; init; }

    /// <summary>Those of them that met their SLOs.</summary>
    public required long Met { get; init; }

    /// <summary>Seconds since it was last asked.</summary>
    public required double IntervalSeconds { get; init; }

    /// <summary>Seconds that an instance takes to start.</summary>
    public required double StartSeconds { get; init; }
}
