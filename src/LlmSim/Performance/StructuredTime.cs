namespace LlmSim.Performance;

/// <summary>Iterations of an engine with requests whose output has a grammar: those of the model, and what their masks take beside.</summary>
internal sealed class StructuredTime : TimesBeside
{
    private readonly StructuredOutputSpec _spec;

    private StructuredTime(IPerformanceModel model, StructuredOutputSpec spec)
        : base(model) => _spec = spec;

    /// <summary>The times of an instance; those of the model alone where structure costs nothing.</summary>
    /// <param name="instance">Where it is.</param>
    /// <param name="model">Its times without masks.</param>
    public static IPerformanceModel Of(InstanceSpec instance, IPerformanceModel model) =>
        instance.Engine?.StructuredOutput is { } spec ? new StructuredTime(model, spec) : model;

    /// <inheritdoc />
    public override double Seconds(in IterationBatch batch)
    {
        var masks = MaskSeconds(batch);
        return _spec.Overlaps ? Math.Max(Model.Seconds(batch), masks) : Model.Seconds(batch) + masks;
    }

    /// <inheritdoc />
    public override DecodeTrend Trend(in IterationBatch batch)
    {
        var (trend, masks) = (Model.Trend(batch), MaskSeconds(batch));
        if (!_spec.Overlaps)
        {
            return trend with { Seconds = trend.Seconds + masks };
        }

        // Two lines cross once: what is longer now stays so until then.
        var (ahead, growth) = (trend.Seconds - masks, trend.GrowthSeconds);
        var isModel = ahead >= 0;
        var turns = isModel ? growth < 0 : growth > 0;
        var until = turns ? Math.Floor(-ahead / growth) + 1 : trend.Iterations;
        return new(
            isModel ? trend.Seconds : masks,
            isModel ? growth : 0,
            (int)Math.Min(trend.Iterations, Math.Max(1, until))
        );
    }

    private double MaskSeconds(in IterationBatch batch) =>
        batch.MaskedTokens == 0 ? 0 : _spec.IterationSeconds + (batch.MaskedTokens * _spec.MaskSeconds);
}
