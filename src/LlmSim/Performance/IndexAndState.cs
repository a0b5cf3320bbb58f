namespace LlmSim.Performance;

/// <summary>
/// Seconds of what some models have beside attention proper: the indexers that choose what it sees, and the recurrence of layers with a
/// state. Both are taken from their arithmetic and their bytes.
/// </summary>
internal sealed class IndexAndState
{
    private readonly List<(
        AttentionOperations Operations,
        DecodeAttentionTime Decode,
        int Layers
    )> _indexers = [];
    private readonly RecurrentOperations? _recurrent;
    private readonly int _recurrentLayers;
    private readonly RoofSet _roofs;

    private IndexAndState(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics,
        RoofSet roofs
    )
    {
        _roofs = roofs;
        foreach (var group in model.AttentionGroups)
        {
            if (group.Indexer is { } indexer)
            {
                var operations = AttentionOperations.OfIndexer(indexer, precision, semantics);
                _indexers.Add((operations, operations.DecodeTime(roofs.DecodeAttention), indexer.Layers));
            }
        }

        if (model.Recurrent is { } recurrent)
        {
            _recurrent = new(recurrent, precision, instance.TpSize);
            _recurrentLayers = recurrent.Layers;
        }
    }

    /// <summary>Null for a model that has neither.</summary>
    public static IndexAndState? Of(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics,
        RoofSet roofs
    ) =>
        model.Recurrent is null && model.AttentionGroups.All(group => group.Indexer is null)
            ? null
            : new(model, precision, instance, semantics, roofs);

    /// <summary>Seconds of all layers in an iteration.</summary>
    public double Seconds(in IterationBatch batch)
    {
        var seconds = RecurrentSeconds(batch);
        foreach (var (operations, decode, layers) in _indexers)
        {
            if (batch.DecodeRequests > 0)
            {
                seconds +=
                    layers
                    * decode
                        .ForQueries(batch.QueriesEach)
                        .Seconds(batch.DecodeRequests, operations.DecodeKeys(batch.Decode));
            }

            if (batch.PrefillRequests > 0)
            {
                seconds += layers * operations.PrefillSeconds(operations.ChunkShape(batch), _roofs);
            }
        }

        return seconds;
    }

    /// <summary>Seconds of all layers in an iteration that only decodes, and how they go on.</summary>
    public DecodeTrend Trend(in IterationBatch batch)
    {
        var all = new DecodeTrend(RecurrentSeconds(batch), 0, int.MaxValue);
        foreach (var (operations, decode, layers) in _indexers)
        {
            var keys = operations.DecodeKeys(batch.Decode);
            var growth = operations.DecodeKeysPerIteration(batch).Keys;
            all = all.Plus(
                decode.ForQueries(batch.QueriesEach).Trend(batch.DecodeRequests, keys, growth),
                layers
            );
        }

        return all;
    }

    /// <summary>The operations of prompts of one length, for a table.</summary>
    public IEnumerable<OperationCost> PrefillCosts(double requests, double promptTokens) =>
        Costs(
            operations => operations.PrefillOperations(operations.PrefillShape(requests, promptTokens)),
            _roofs.PrefillAttention,
            new IterationBatch { PrefillTokens = (int)(requests * promptTokens) }
        );

    /// <summary>The operations of decoding requests, for a table.</summary>
    public IEnumerable<OperationCost> DecodeCosts(DecodeBatch batch) =>
        Costs(
            operations => operations.DecodeOperations(operations.DecodeShape(batch)),
            _roofs.DecodeAttention,
            new IterationBatch { DecodeRequests = batch.Requests }
        );

    private IEnumerable<OperationCost> Costs(
        Func<AttentionOperations, IEnumerable<(string Name, OperationWork Work)>> works,
        Roofs roofs,
        IterationBatch batch
    )
    {
        foreach (var (operations, _, layers) in _indexers)
        {
            foreach (var (name, work) in works(operations))
            {
                yield return OperationCost.Of(name, work, roofs, layers);
            }
        }

        if (_recurrent is not null)
        {
            var work = _recurrent.For(batch.DecodeRequests, batch.PrefillTokens);
            yield return OperationCost.Of("recurrence", work, _roofs.DecodeAttention, _recurrentLayers);
        }
    }

    private double RecurrentSeconds(in IterationBatch batch) =>
        _recurrent is null
            ? 0
            : _recurrentLayers
                * _roofs.DecodeAttention.Seconds(
                    _recurrent.For(batch.DecodeRequests, batch.PrefillTokens, batch.QueriesEach)
                );
}
