namespace LlmSim.Performance;

/// <summary>Times of a model with something beside them: how far it was asked beyond what was measured is what the model says.</summary>
/// <param name="model">The model.</param>
internal abstract class TimesBeside(IPerformanceModel model) : IPerformanceModel, IRangeReporting
{
    private static readonly IReadOnlyDictionary<string, long> s_nothing = new Dictionary<string, long>();

    private readonly IRangeReporting? _range = model as IRangeReporting;

    /// <summary>The model.</summary>
    protected IPerformanceModel Model { get; } = model;

    /// <summary>What knows the attention within; null where nothing does.</summary>
    internal IPromptAttention? PromptAttention =>
        Model as IPromptAttention ?? (Model as TimesBeside)?.PromptAttention;

    /// <inheritdoc />
    public long Iterations => _range?.Iterations ?? 0;

    /// <inheritdoc />
    public long IterationsOutOfRange => _range?.IterationsOutOfRange ?? 0;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, long> OutOfRange => _range?.OutOfRange ?? s_nothing;

    /// <inheritdoc />
    public abstract double Seconds(in IterationBatch batch);

    /// <inheritdoc />
    public abstract DecodeTrend Trend(in IterationBatch batch);
}
