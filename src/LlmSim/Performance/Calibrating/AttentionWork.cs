using LlmSim.Performance.Measured;

namespace LlmSim.Performance.Calibrating;

/// <summary>The roofline's work for a measurement of attention.</summary>
internal sealed class AttentionWork(ModelDescription model, Precision precision, InstanceSpec instance)
{
    private readonly AttentionOperations _operations = new(
        model.Attention,
        precision,
        instance,
        Semantics.Standard,
        fused: true
    );

    public OperationWork Prefill(AttentionPoint point)
    {
        long tokens = point.PrefillTokens;
        var batch = new IterationBatch
        {
            PrefillRequests = 1,
            PrefillTokens = point.PrefillTokens,
            PrefillComputedTokens = point.PrefillComputedTokens,
            PrefillAttentionPairs = tokens * point.PrefillComputedTokens + tokens * (tokens + 1) / 2,
        };
        return _operations.PrefillOperations(_operations.ChunkShape(batch)).Single().Work;
    }

    public OperationWork Decode(AttentionPoint point)
    {
        var context = point.DecodeComputedTokens + 1;
        var batch = new DecodeBatch(point.DecodeRequests, (long)point.DecodeRequests * context, context);
        return _operations.DecodeOperations(_operations.DecodeShape(batch)).Single().Work;
    }
}
