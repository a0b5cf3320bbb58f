namespace LlmSim.Performance;

/// <summary>The kernels of an iteration, and what the engine takes beside them.</summary>
internal sealed class EngineTime : IPerformanceModel, IRangeReporting
{
    private static readonly IReadOnlyDictionary<string, long> s_nothing = new Dictionary<string, long>();

    private readonly IPerformanceModel _kernels;
    private readonly IRangeReporting? _range;
    private readonly EngineOverheads _overheads;
    private readonly int _layers;
    private readonly int _launches;

    /// <summary>An engine that runs a model.</summary>
    /// <param name="kernels">Times of its kernels.</param>
    /// <param name="overheads">What it takes beside them.</param>
    /// <param name="model">The model.</param>
    public EngineTime(IPerformanceModel kernels, EngineOverheads overheads, ModelDescription model)
    {
        overheads.Require();
        _kernels = kernels;
        _range = kernels as IRangeReporting;
        _overheads = overheads;
        _layers = model.Layers;
        _launches = EngineOverheads.LaunchesOf(model);
    }

    /// <inheritdoc />
    public long Iterations => _range?.Iterations ?? 0;

    /// <inheritdoc />
    public long IterationsOutOfRange => _range?.IterationsOutOfRange ?? 0;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, long> OutOfRange => _range?.OutOfRange ?? s_nothing;

    /// <inheritdoc />
    public double Seconds(in IterationBatch batch) =>
        _overheads.Seconds(batch, _kernels.Seconds(batch), _layers, _launches);

    /// <inheritdoc />
    public DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = _kernels.Trend(batch);
        return trend with { Seconds = _overheads.Seconds(batch, trend.Seconds, _layers, _launches) };
    }
}
