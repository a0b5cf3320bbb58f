namespace LlmSim.Metrics;

/// <summary>What became of adapters during a run.</summary>
/// <param name="Requests">Requests with an adapter that engines admitted, those that came again after a preemption among them.</param>
/// <param name="Hits">Those of them whose adapter was on the accelerators.</param>
/// <param name="HostLoads">Adapters that were copied to the accelerators.</param>
/// <param name="StoreLoads">Those of them that were not in the memory of the host, and came from the store.</param>
/// <param name="Evictions">Adapters that made room for another one on the accelerators.</param>
/// <param name="LoadSeconds">Seconds that iterations waited for adapters.</param>
/// <param name="WaitSeconds">Seconds that these requests waited for a slot, and for the load of their adapter.</param>
public sealed record AdapterUsage(
    long Requests,
    long Hits,
    long HostLoads,
    long StoreLoads,
    long Evictions,
    double LoadSeconds,
    double WaitSeconds
)
{
    /// <summary>Share of the requests whose adapter was on the accelerators, in per cent; NaN without any.</summary>
    public double HitPercent => 100.0 * Hits / Requests;

    /// <summary>Seconds that a request waited for its adapter, on average; NaN without any.</summary>
    public double MeanWaitSeconds => WaitSeconds / Requests;
}
