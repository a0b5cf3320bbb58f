namespace LlmSim.Performance;

/// <summary>The kernels of an iteration, and what the engine takes beside them.</summary>
internal sealed class EngineTime : TimesBeside
{
    private readonly EngineOverheads _overheads;
    private readonly int _layers;
    private readonly int _launches;
    private readonly int _graphTokens;

    /// <summary>An engine that runs a model.</summary>
    /// <param name="kernels">Times of its kernels.</param>
    /// <param name="overheads">What it takes beside them.</param>
    /// <param name="model">The model.</param>
    /// <param name="graphTokens">Most tokens of an iteration with a prompt that is replayed from a graph.</param>
    public EngineTime(
        IPerformanceModel kernels,
        EngineOverheads overheads,
        ModelDescription model,
        int graphTokens = 0
    )
        : base(kernels)
    {
        overheads.Require();
        _overheads = overheads;
        _layers = model.Layers;
        _launches = EngineOverheads.LaunchesOf(model);
        _graphTokens = graphTokens;
    }

    /// <inheritdoc />
    public override double Seconds(in IterationBatch batch)
    {
        if (batch.PrefillRequests == 0 || batch.Tokens > _graphTokens)
        {
            return _overheads.Seconds(batch, Model.Seconds(batch), _layers, _launches);
        }

        var padded = Math.Max(batch.GroupTokens, PrefillGraphs.Padded(batch.Tokens));
        return _overheads.Seconds(
            batch,
            Model.Seconds(batch with { GroupTokens = padded }),
            _layers,
            launches: 0
        );
    }

    /// <inheritdoc />
    public override DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = Model.Trend(batch);
        return trend with { Seconds = _overheads.Seconds(batch, trend.Seconds, _layers, _launches) };
    }
}
