namespace LlmSim.Performance;

/// <summary>
/// What the accelerators exchange in a layer: an all-reduce after attention and one after the MLP among tensor-parallel
/// ranks; where experts are divided, an all-gather before them and a reduce-scatter after them in the place of the second.
/// </summary>
internal sealed class LayerCommunication
{
    private readonly Collectives _collectives;
    private readonly RingAllReduce _allReduce;
    private readonly double _hiddenBytes;

    /// <summary>Tokens of all the ranks of the experts for each token of the instance.</summary>
    private readonly double _groupSize;
    private readonly int _layers;
    private readonly int _layersWithExchange;

    private LayerCommunication(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        double linkEfficiency
    )
    {
        _collectives = new(model, precision, instance, linkEfficiency);
        _allReduce = RingAllReduce.Of(instance, linkEfficiency);
        _hiddenBytes = model.HiddenSize * precision.HiddenState.BytesPerValue;
        _groupSize = (double)instance.ExpertParallel / instance.TpSize;
        _layers = model.Layers;
        _layersWithExchange = instance.ExpertParallel > 1 ? model.ExpertLayers : 0;
    }

    /// <summary>Null for an accelerator that works alone.</summary>
    public static LayerCommunication? Of(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        double linkEfficiency
    ) =>
        instance is { TpSize: 1, ExpertParallel: 1 } ? null : new(model, precision, instance, linkEfficiency);

    public double AllReduceSeconds(double tokens) => _allReduce.Seconds(tokens * _hiddenBytes);

    /// <summary>What divided experts exchange in a layer more than the all-reduce that they need no longer.</summary>
    public double ExpertExchangeSeconds(double tokens) =>
        _layersWithExchange == 0
            ? 0
            : _collectives.AllGatherSeconds(_groupSize * tokens)
                + _collectives.ReduceScatterSeconds(_groupSize * tokens)
                - AllReduceSeconds(tokens);

    /// <summary>The operations for a table.</summary>
    public IEnumerable<OperationCost> Costs(double tokens)
    {
        var bytes = tokens * _hiddenBytes;
        if (_allReduce.Ranks > 1)
        {
            yield return OperationCost.Of("attn_all_reduce", _allReduce, bytes, _layers);
            if (_layers > _layersWithExchange)
            {
                yield return OperationCost.Of(
                    "mlp_all_reduce",
                    _allReduce,
                    bytes,
                    _layers - _layersWithExchange
                );
            }
        }

        if (_layersWithExchange > 0)
        {
            yield return OperationCost.Communication(
                "expert_all_gather",
                _collectives.AllGatherBytes(_groupSize * tokens),
                _collectives.AllGatherSeconds(_groupSize * tokens),
                _layersWithExchange
            );
            yield return OperationCost.Communication(
                "expert_reduce_scatter",
                _collectives.ReduceScatterBytes(_groupSize * tokens),
                _collectives.ReduceScatterSeconds(_groupSize * tokens),
                _layersWithExchange
            );
        }
    }
}
