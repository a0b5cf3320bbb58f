namespace LlmSim.Performance;

/// <summary>
/// Times of an instance whose layers are divided over the stages of a pipeline. An iteration passes them one after the other: its seconds are the sum of the
/// stages and of the transfers between them, while another one may be in each of the other stages.
/// </summary>
internal sealed class PipelineTime : IPerformanceModel, IRangeReporting
{
    private readonly IPerformanceModel[] _stages;
    private readonly double[] _shares;
    private readonly StageTransfer _transfer;

    private PipelineTime(IPerformanceModel[] stages, double[] shares, StageTransfer transfer)
    {
        _stages = stages;
        _shares = shares;
        _transfer = transfer;
    }

    /// <summary>The times of an instance; those of the whole model where it has one stage.</summary>
    /// <param name="served">The model.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="whole">Times of the whole model on the accelerators of one stage.</param>
    /// <param name="times">Gives those of a stage; null where only those of the whole are known, of which it takes the share of its layers.</param>
    public static IPerformanceModel Of(
        ServedModel served,
        InstanceSpec instance,
        IPerformanceModel whole,
        Func<ServedModel, InstanceSpec, IPerformanceModel?> times
    )
    {
        if (instance.PpSize == 1)
        {
            return whole;
        }

        var models = PipelineStages.Of(served.Model, instance);
        var one = instance with { PpSize = 1, PpLayers = null };
        var stages = new IPerformanceModel[models.Length];
        var shares = new double[models.Length];
        for (var i = 0; i < models.Length; i++)
        {
            // Stages alike have one model of times, which then knows more.
            var known = Array.FindIndex(models, 0, i, model => AreAlike(model, models[i]));
            var own = known >= 0 ? stages[known] : times(served with { Model = models[i] }, one);
            (stages[i], shares[i]) =
                own is null || own == whole
                    ? (whole, (double)models[i].Layers / served.Model.Layers)
                    : (own, 1);
        }

        return new PipelineTime(stages, shares, new(served.Model, served.Precision, instance));
    }

    /// <summary>How many.</summary>
    public int Stages => _stages.Length;

    /// <inheritdoc />
    public long Iterations => Sum(stage => stage.Iterations);

    /// <inheritdoc />
    public long IterationsOutOfRange => Sum(stage => stage.IterationsOutOfRange);

    /// <inheritdoc />
    public IReadOnlyDictionary<string, long> OutOfRange =>
        Reporting
            .SelectMany(stage => stage.OutOfRange)
            .GroupBy(pair => pair.Key, pair => pair.Value)
            .ToDictionary(group => group.Key, group => group.Sum());

    /// <summary>Seconds of an iteration in a stage, from 0.</summary>
    public double StageSeconds(int stage, in IterationBatch batch) =>
        _shares[stage] * _stages[stage].Seconds(batch);

    /// <summary>Seconds of what it sends to that stage, from 1.</summary>
    public double TransferSeconds(int stage, in IterationBatch batch) =>
        _transfer.Seconds(stage, batch.Tokens);

    /// <inheritdoc />
    public double Seconds(in IterationBatch batch)
    {
        var seconds = Transfers(batch);
        for (var stage = 0; stage < Stages; stage++)
        {
            seconds += StageSeconds(stage, batch);
        }

        return seconds;
    }

    /// <inheritdoc />
    public DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = new DecodeTrend(Transfers(batch), 0, int.MaxValue);
        for (var stage = 0; stage < Stages; stage++)
        {
            trend = trend.Plus(_stages[stage].Trend(batch), _shares[stage]);
        }

        return trend;
    }

    private double Transfers(in IterationBatch batch)
    {
        var seconds = 0.0;
        for (var stage = 1; stage < Stages; stage++)
        {
            seconds += TransferSeconds(stage, batch);
        }

        return seconds;
    }

    private IEnumerable<IRangeReporting> Reporting => _stages.OfType<IRangeReporting>().Distinct();

    private long Sum(Func<IRangeReporting, long> figure) => Reporting.Sum(figure);

    /// <summary>Whether two stages have layers of the same kinds, and both the projection to the vocabulary or neither.</summary>
    private static bool AreAlike(ModelDescription one, ModelDescription other) =>
        one with
        {
            Parameters = 0,
            OtherAttention = [],
            OtherMlps = [],
        } == other with { Parameters = 0, OtherAttention = [], OtherMlps = [] }
        && one.OtherAttention.SequenceEqual(other.OtherAttention)
        && one.OtherMlps.SequenceEqual(other.OtherMlps);
}
