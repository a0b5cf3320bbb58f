namespace LlmSim.Performance;

/// <summary>The kernels of an iteration, and what the engine takes beside them.</summary>
internal sealed class EngineTime : TimesBeside
{
    private readonly EngineOverheads _overheads;
    private readonly int _layers;
    private readonly int _launches;

    /// <summary>An engine that runs a model.</summary>
    /// <param name="kernels">Times of its kernels.</param>
    /// <param name="overheads">What it takes beside them.</param>
    /// <param name="model">The model.</param>
    public EngineTime(IPerformanceModel kernels, EngineOverheads overheads, ModelDescription model)
        : base(kernels)
    {
        overheads.Require();
        _overheads = overheads;
        _layers = model.Layers;
        _launches = EngineOverheads.LaunchesOf(model);
    }

    /// <inheritdoc />
    public override double Seconds(in IterationBatch batch) =>
        _overheads.Seconds(batch, Model.Seconds(batch), _layers, _launches);

    /// <inheritdoc />
    public override DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = Model.Trend(batch);
        return trend with { Seconds = _overheads.Seconds(batch, trend.Seconds, _layers, _launches) };
    }
}
