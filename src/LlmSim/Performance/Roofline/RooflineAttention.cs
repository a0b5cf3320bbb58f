namespace LlmSim.Performance.Roofline;

/// <summary>What lies between the projections of all layers.</summary>
internal sealed class RooflineAttention
{
    private readonly Part[] _parts;
    private readonly IndexAndState? _beside;
    private readonly RoofSet _roofs;

    public RooflineAttention(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics,
        RoofSet roofs,
        bool fused
    )
    {
        _roofs = roofs;
        _beside = IndexAndState.Of(model, precision, instance, semantics, roofs);
        _parts =
        [
            .. model.AttentionGroups.Select(group =>
            {
                var operations = new AttentionOperations(group, precision, instance, semantics, fused);
                return new Part(
                    operations,
                    group.Layers,
                    operations.DecodeTime(roofs.DecodeAttention),
                    operations.DecodeTime(roofs.MixedDecodeAttention)
                );
            }),
        ];
    }

    /// <summary>Seconds of all layers in an iteration.</summary>
    public double Seconds(in IterationBatch batch)
    {
        var seconds = _beside?.Seconds(batch) ?? 0;
        foreach (var part in _parts)
        {
            seconds += part.Layers * Seconds(part, batch);
        }

        return seconds;
    }

    /// <summary>Seconds of one layer of a group in an iteration.</summary>
    public double LayerSeconds(int group, in IterationBatch batch) => Seconds(_parts[group], batch);

    /// <summary>Seconds of all layers in an iteration that only decodes, and how they go on.</summary>
    public DecodeTrend Trend(in IterationBatch batch)
    {
        var (requests, decode) = (batch.DecodeRequests, batch.Decode);
        var all = _beside?.Trend(batch) ?? new(0, 0, int.MaxValue);
        foreach (var part in _parts)
        {
            var (keysPerIteration, iterations) = part.Operations.DecodeKeysPerIteration(batch);
            var trend = part
                .Decode.ForQueries(decode.QueriesEach)
                .Trend(requests, part.Operations.DecodeKeys(decode), keysPerIteration);
            all = all.Plus(
                new(
                    trend.Seconds + part.Operations.AbsorptionSeconds(requests * decode.QueriesEach, _roofs),
                    trend.GrowthSeconds,
                    Math.Min(trend.Iterations, iterations)
                ),
                part.Layers
            );
        }

        return all;
    }

    /// <summary>The operations of prompts of one length, for a table.</summary>
    public IEnumerable<OperationCost> PrefillCosts(double requests, double promptTokens) =>
        _parts
            .SelectMany(part =>
                Costs(
                    part,
                    part.Operations.PrefillOperations(part.Operations.PrefillShape(requests, promptTokens)),
                    _roofs.PrefillAttention
                )
            )
            .Concat(_beside?.PrefillCosts(requests, promptTokens) ?? []);

    /// <summary>The operations of decoding requests, for a table.</summary>
    public IEnumerable<OperationCost> DecodeCosts(DecodeBatch batch) =>
        _parts
            .SelectMany(part =>
                Costs(
                    part,
                    part.Operations.DecodeOperations(part.Operations.DecodeShape(batch)),
                    _roofs.DecodeAttention
                )
            )
            .Concat(_beside?.DecodeCosts(batch) ?? []);

    private double Seconds(in Part part, in IterationBatch batch)
    {
        var (operations, decode) = (part.Operations, part.Decode.ForQueries(batch.QueriesEach));
        var seconds = batch switch
        {
            { PrefillRequests: 0 } => decode.Seconds(
                batch.DecodeRequests,
                operations.DecodeKeys(batch.Decode)
            ),
            { DecodeRequests: 0 } => operations.PrefillSeconds(operations.ChunkShape(batch), _roofs),
            _ => operations.MixedSeconds(batch, part.MixedDecode.ForQueries(batch.QueriesEach), _roofs),
        };
        return batch.DecodeRequests > 0
            ? seconds + operations.AbsorptionSeconds(batch.DecodeRequests * batch.QueriesEach, _roofs)
            : seconds;
    }

    private IEnumerable<OperationCost> Costs(
        Part part,
        IEnumerable<(string Name, OperationWork Work)> operations,
        Roofs roofs
    ) =>
        operations.Select(operation =>
            OperationCost.Of(
                operation.Name,
                operation.Work,
                part.Operations.IsProduct(operation.Name) ? _roofs.Projections : roofs,
                part.Layers
            )
        );

    private readonly record struct Part(
        AttentionOperations Operations,
        int Layers,
        DecodeAttentionTime Decode,
        DecodeAttentionTime MixedDecode
    );
}
