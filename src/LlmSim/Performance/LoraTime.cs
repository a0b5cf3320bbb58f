namespace LlmSim.Performance;

/// <summary>Iterations of an engine with adapters: those of the model, and what its tokens with an adapter take beside.</summary>
internal sealed class LoraTime : TimesBeside
{
    private readonly LoraProducts _products;

    private LoraTime(IPerformanceModel model, LoraProducts products)
        : base(model) => _products = products;

    /// <summary>The times of an instance; those of the model alone where there are no adapters.</summary>
    /// <param name="served">The model.</param>
    /// <param name="instance">Where it is.</param>
    /// <param name="model">Its times without adapters.</param>
    public static IPerformanceModel Of(ServedModel served, InstanceSpec instance, IPerformanceModel model) =>
        instance.Engine?.Lora is { } lora
            ? new LoraTime(model, new LoraProducts(served, instance, lora))
            : model;

    /// <inheritdoc />
    public override double Seconds(in IterationBatch batch) => Model.Seconds(batch) + Beside(batch);

    /// <inheritdoc />
    public override DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = Model.Trend(batch);
        return trend with { Seconds = trend.Seconds + Beside(batch) };
    }

    private double Beside(in IterationBatch batch) =>
        batch.Adapters == 0 ? 0 : _products.Seconds(batch.AdapterTokens, batch.Adapters);
}
