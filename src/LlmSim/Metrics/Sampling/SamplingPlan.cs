namespace LlmSim.Metrics.Sampling;

/// <summary>When instances are sampled, and who gets the samples.</summary>
/// <param name="OnSample">Called for every instance at each sampled time, in the order of time.</param>
internal sealed record SamplingPlan(Action<InstanceSample> OnSample)
{
    /// <summary>The clock is in nanoseconds.</summary>
    internal static FigureRange IntervalRange { get; } = new(1e-9, 1e9, "s");

    /// <summary>Seconds of simulated time between samples, from 1e-9; null for none. The first is at time 0.</summary>
    public double? IntervalSeconds { get; init; }

    /// <summary>Called for every iteration when it has ended; null for nobody.</summary>
    internal Action<EndedIteration>? OnIteration { get; init; }

    /// <summary>The interval doubles whenever so many instants have been sampled with it; even, null for never.</summary>
    public int? MaxInstants { get; init; }

    /// <summary>Probability, from 0 to 1, of sampling after an event. Only these samples list the queued requests.</summary>
    public double EventRate { get; init; }
}
