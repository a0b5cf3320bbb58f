namespace LlmSim.Performance;

/// <summary>The kernels of an iteration, and what the engine takes beside them.</summary>
internal sealed class EngineTime(IPerformanceModel kernels, EngineOverheads overheads, int layers)
    : IPerformanceModel,
        IRangeReporting
{
    public double Seconds(in IterationBatch batch) => kernels.Seconds(batch) + overheads.Seconds(batch, layers);

    public DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = kernels.Trend(batch);
        return trend with { Seconds = trend.Seconds + overheads.Seconds(batch, layers) };
    }

    public long Iterations => (kernels as IRangeReporting)?.Iterations ?? 0;

    public long IterationsOutOfRange => (kernels as IRangeReporting)?.IterationsOutOfRange ?? 0;

    public IReadOnlyDictionary<string, long> OutOfRange =>
        (kernels as IRangeReporting)?.OutOfRange ?? new Dictionary<string, long>();
}
