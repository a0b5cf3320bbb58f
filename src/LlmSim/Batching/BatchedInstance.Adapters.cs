using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>Adapters of its requests.</content>
internal sealed partial class BatchedInstance
{
    /// <summary>Seconds that the planned iteration waits for adapters: vLLM loads them before it computes.</summary>
    private double _loadSeconds;

    /// <summary>Where adapters are; null without any.</summary>
    public AdapterSlots? Adapters => _options.Adapters;

    public override bool HoldsAdapter(string? adapter) =>
        adapter is null || (Adapters?.HasOrAwaits(adapter) ?? false);

    /// <summary>As the metrics of vLLM have it, what is in a slot and nobody uses takes none.</summary>
    public override int FreeAdapterSlots =>
        Adapters is null
            ? 0
            : Math.Max(0, Adapters.Most - _scheduler.RunningAdapters - Adapters.WaitingAdapters);

    private void LoadAdapters() =>
        _loadSeconds =
            Adapters is null || _batches.Used.Planned.Tokens == 0
                ? 0
                : Adapters.Use(_scheduler.PlannedAdapters, _scheduler.Admitted, _simulation.Now);

    private DecodeTrend WithLoads(in DecodeTrend trend) =>
        _loadSeconds == 0 ? trend : trend with { Seconds = trend.Seconds + _loadSeconds };
}
