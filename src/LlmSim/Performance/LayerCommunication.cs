namespace LlmSim.Performance;

/// <summary>
/// What the accelerators exchange in a layer: an all-reduce after attention and one after the MLP among tensor-parallel
/// ranks. Where experts are divided over data-parallel instances, tokens go to them and back in the place of the second.
/// </summary>
internal sealed class LayerCommunication
{
    private readonly CollectiveTimes _collectives;
    private readonly int _tensorRanks;
    private readonly double _hiddenBytes;
    private readonly ExpertExchange? _exchange;
    private readonly int _layersWithMixer;
    private readonly int _layersWithMlp;
    private readonly int _layersWithExchange;

    private LayerCommunication(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        CollectiveTimes collectives
    )
    {
        _collectives = collectives;
        _tensorRanks = instance.TpSize;
        _hiddenBytes = model.HiddenSize * precision.HiddenState.BytesPerValue;
        _exchange = ExpertExchange.Of(model, precision, instance, collectives);
        _layersWithMixer = model.LayersWithMixer;
        _layersWithMlp = model.LayersWithMlp;
        _layersWithExchange = _exchange is null ? 0 : model.ExpertLayers;
    }

    /// <summary>Null for an accelerator that works alone.</summary>
    public static LayerCommunication? Of(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        CollectiveTimes collectives
    ) => instance is { TpSize: 1, ExpertParallel: 1 } ? null : new(model, precision, instance, collectives);

    /// <summary>All-reduces of an iteration, over all layers.</summary>
    public int AllReduces => _layersWithMixer + _layersWithMlp - _layersWithExchange;

    /// <summary>Seconds of all of them.</summary>
    public double AllReducesSeconds(double tokens) => AllReduces * AllReduceSeconds(tokens);

    public double AllReduceSeconds(double tokens) =>
        _collectives.AllReduceSeconds(_tensorRanks, tokens * _hiddenBytes);

    /// <summary>Layers whose tokens go to the experts and back.</summary>
    public int ExchangeLayers => _layersWithExchange;

    /// <summary>Tokens to the experts of a layer and back.</summary>
    public double ExpertExchangeSeconds(double tokens) => _exchange?.Seconds(tokens) ?? 0;

    /// <summary>The operations for a table.</summary>
    public IEnumerable<OperationCost> Costs(double tokens)
    {
        if (_tensorRanks > 1)
        {
            yield return AllReduce("attn_all_reduce", tokens, _layersWithMixer);
            if (_layersWithMlp > _layersWithExchange)
            {
                yield return AllReduce("mlp_all_reduce", tokens, _layersWithMlp - _layersWithExchange);
            }
        }

        foreach (var (name, exchange) in _exchange?.Operations(tokens) ?? [])
        {
            yield return OperationCost.Communication(
                name,
                exchange.SentBytes,
                exchange.Seconds,
                _layersWithExchange
            );
        }
    }

    private OperationCost AllReduce(string name, double tokens, int runs) =>
        OperationCost.Communication(
            name,
            2 * (_tensorRanks - 1.0) / _tensorRanks * tokens * _hiddenBytes,
            AllReduceSeconds(tokens),
            runs
        );
}
