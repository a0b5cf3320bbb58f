namespace LlmSim.Policies;

/// <summary>
/// An autoscaler that has instances change from prefill to decode and back, in the place of starting and stopping them. It is asked at regular times for both
/// roles at once, but not while an instance is changing or within the cooldown; <see cref="IAutoscalePolicy.Decide" /> is not.
/// </summary>
public interface IRolePolicy : IAutoscalePolicy
{
    /// <summary>How many instances should change.</summary>
    /// <returns>So many from decode to prefill; negative from prefill to decode. What is beyond the limits is cut to them.</returns>
    int Switch(in RoleContext context);
}

/// <summary>Both roles as an autoscaler sees them.</summary>
public readonly struct RoleContext
{
    /// <summary>The instances that prefill.</summary>
    public required FleetContext Prefill { get; init; }

    /// <summary>The instances that decode.</summary>
    public required FleetContext Decode { get; init; }

    /// <summary>Seconds until the prefills that run and wait have been computed, on average over the ready instances that prefill.</summary>
    public required double PrefillQueueSeconds { get; init; }

    /// <summary>Share of the time since the last decision in which the ready instances that prefill computed, on average.</summary>
    public required double PrefillBusyShare { get; init; }

    /// <summary>Most instances that may change from decode to prefill now.</summary>
    public required int MostToPrefill { get; init; }

    /// <summary>Most instances that may change from prefill to decode now.</summary>
    public required int MostToDecode { get; init; }
}
