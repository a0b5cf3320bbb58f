using System.Text.Json.Serialization;

namespace LlmSim.Metrics;

/// <summary>What became of the instances during a run, from its start to the end of the last request.</summary>
public sealed class FleetSummary
{
    /// <summary>Failures of instances.</summary>
    public required long Failures { get; init; }

    /// <summary>Starts that were decided, those after repairs among them.</summary>
    public required long Starts { get; init; }

    /// <summary>Instances that were told to stop.</summary>
    public required long Stops { get; init; }

    /// <summary>Changes of an instance from prefill to decode or back.</summary>
    public long RoleSwitches { get; init; }

    /// <summary>KV caches that went from an instance that drained to another one.</summary>
    public long Migrations { get; init; }

    /// <summary>Bytes of these.</summary>
    public long MigratedBytes { get; init; }

    /// <summary>Changes of the model that accelerators hold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Swaps { get; init; }

    /// <summary>Ready time beside the time from failures until instances were ready again, in per cent: 100 where none failed.</summary>
    public required double AvailabilityPercent { get; init; }

    /// <summary>Mean number of instances that were ready.</summary>
    public required double MeanReadyInstances { get; init; }

    /// <summary>Accelerator-seconds of instances that were starting, ready or draining: what is paid for.</summary>
    public required double AcceleratorSeconds { get; init; }

    /// <summary>Share of the time in which each instance is paid for, prefill instances first, then those that decode, then mixed ones.</summary>
    public required IReadOnlyList<double> PaidShares { get; init; }

    /// <summary>Those in which an instance computed nothing.</summary>
    public required double IdleAcceleratorSeconds { get; init; }

    /// <summary>Mean seconds from a failure until the last request that it hit had a token again; NaN without any.</summary>
    public required double RecoverySeconds { get; init; }

    /// <summary>Requests that met their SLOs and ended while an instance had failed and was not ready again, per second of that time; NaN without any.</summary>
    public required double GoodputDuringFailures { get; init; }

    /// <summary>The same of the rest of the time.</summary>
    public required double GoodputWithoutFailures { get; init; }

    /// <summary>Every change of a state.</summary>
    public required IReadOnlyList<LifecycleEvent> Events { get; init; }

    /// <summary>Seconds at which faults began, those that slow instances or links among them.</summary>
    public required IReadOnlyList<double> Disturbances { get; init; }
}

/// <summary>A change in the life of an instance.</summary>
/// <param name="AtSeconds">When.</param>
/// <param name="Stage">"prefill", "decode" or "mixed".</param>
/// <param name="Instance">Its number in the results.</param>
/// <param name="State">What it became.</param>
public readonly record struct LifecycleEvent(
    double AtSeconds,
    string Stage,
    int Instance,
    InstanceState State
);
