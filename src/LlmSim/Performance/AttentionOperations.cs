namespace LlmSim.Performance;

/// <summary>How large an attention is, summed over the requests of the batch.</summary>
/// <param name="Queries">Query tokens.</param>
/// <param name="Pairs">Pairs of query and key that are computed.</param>
/// <param name="Scores">Elements of the whole score matrices, masked ones included.</param>
/// <param name="Keys">Key tokens.</param>
/// <param name="KeysRead">Key tokens as often as the fused kernel reads them: once for each block of query rows.</param>
internal readonly record struct AttentionShape(
    double Queries,
    double Pairs,
    double Scores,
    double Keys,
    double KeysRead
);

/// <summary>Seconds of the decode attention of one layer, ready for use in each iteration.</summary>
internal readonly record struct DecodeAttentionTime(
    double OpsSecondsPerKey,
    double BytesSecondsPerKey,
    double BytesSecondsPerRequest
)
{
    public double Seconds(double requests, double keys) =>
        Math.Max(keys * OpsSecondsPerKey, keys * BytesSecondsPerKey + requests * BytesSecondsPerRequest);

    /// <summary>How the seconds go on while each iteration adds so many keys: along one of the two roofs, up to where they meet.</summary>
    public DecodeTrend Trend(double requests, double keys, double keysPerIteration)
    {
        var ops = (Seconds: keys * OpsSecondsPerKey, Growth: keysPerIteration * OpsSecondsPerKey);
        var bytes = (
            Seconds: keys * BytesSecondsPerKey + requests * BytesSecondsPerRequest,
            Growth: keysPerIteration * BytesSecondsPerKey
        );
        var (upper, lower) = ops.Seconds > bytes.Seconds ? (ops, bytes) : (bytes, ops);
        var iterationsToMeeting =
            lower.Growth > upper.Growth
                ? (upper.Seconds - lower.Seconds) / (lower.Growth - upper.Growth)
                : int.MaxValue;
        // The conversion saturates.
        return new(upper.Seconds, upper.Growth, Math.Max(1, (int)Math.Ceiling(iterationsToMeeting)));
    }
}

/// <summary>Attention of one layer on one accelerator, between the projections.</summary>
internal sealed class AttentionOperations
{
    private readonly Semantics _semantics;
    private readonly bool _fused;
    private readonly double _heads;
    private readonly double _kvHeads;
    private readonly double _headSize;
    private readonly double _activationBytes;
    private readonly double _kvBytes;
    private readonly double _blockRows;

    public AttentionOperations(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics,
        bool fused
    )
    {
        var divisor =
            semantics.AttentionTensorParallelism == AttentionTensorParallelism.Divided ? instance.TpSize : 1;
        _semantics = semantics;
        _fused = fused;
        _heads = (double)model.AttentionHeads / divisor;
        _kvHeads = (double)model.KvHeads / divisor;
        _headSize = model.HeadSize;
        _activationBytes = precision.ActivationBytes();
        _kvBytes = precision.KvBytes();
        _blockRows = Math.Min(
            Math.Ceiling(instance.Hardware.OnChipBufferBytes / (_kvBytes * _headSize)),
            _headSize
        );
    }

    /// <summary>Operations that the attention consists of: one when fused, else three.</summary>
    public string[] Names => _fused ? ["fused_attention"] : ["qk_matmul", "sv_matmul", "softmax"];

    /// <summary>The work of the operation with that index in <see cref="Names" />.</summary>
    public OperationWork Work(int index, in AttentionShape shape) =>
        _fused ? Fused(shape)
        : index < 2 ? Matmul(shape)
        : Softmax(shape);

    /// <summary>Seconds of all its operations.</summary>
    public double Seconds(in AttentionShape shape, in Roofs roofs) =>
        _fused
            ? roofs.Seconds(Fused(shape))
            : 2 * roofs.Seconds(Matmul(shape)) + roofs.Seconds(Softmax(shape));

    /// <summary>Every token of each prompt asks all tokens of its prompt, or those up to itself.</summary>
    public AttentionShape PrefillShape(double requests, double promptTokens)
    {
        var scores = requests * promptTokens * promptTokens;
        var pairs =
            _fused && _semantics.AttentionMask == AttentionMask.Causal
                ? requests * promptTokens * (promptTokens + 1) / 2
                : scores;
        var rowBlocks = Math.Ceiling(promptTokens / _blockRows);
        return new(
            Queries: requests * promptTokens,
            Pairs: pairs,
            Scores: scores,
            Keys: requests * promptTokens,
            KeysRead: rowBlocks * pairs / promptTokens
        );
    }

    /// <summary>One token of each request asks the tokens of its context: a single row, so each key is read once.</summary>
    public AttentionShape DecodeShape(in DecodeBatch batch) => DecodeShape(batch.Requests, DecodeKeys(batch));

    /// <summary>Keys that a decode iteration reads.</summary>
    public double DecodeKeys(in DecodeBatch batch) =>
        _semantics.DecodeAttentionContext == DecodeAttentionContext.One ? batch.Requests
        : _semantics.BatchPadding == BatchPadding.Longest ? (long)batch.Requests * batch.LongestContextTokens
        : batch.ContextTokens;

    /// <summary>Keys that each further iteration of an unchanged batch reads more.</summary>
    public double DecodeKeysPerIteration(in DecodeBatch batch) =>
        _semantics.DecodeAttentionContext == DecodeAttentionContext.One ? 0 : batch.Requests;

    /// <summary>The time of decode attention as a function of requests and keys, in both of which its work is linear.</summary>
    public DecodeAttentionTime DecodeTime(in Roofs roofs)
    {
        var key = DecodeShape(requests: 0, keys: 1);
        if (!_fused)
        {
            // Here requests add nothing, so that either roof is in proportion to the keys.
            var secondsPerKey = Seconds(key, roofs);
            return new(secondsPerKey, secondsPerKey, 0);
        }

        var request = DecodeShape(requests: 1, keys: 0);
        return new(
            Fused(key).Ops / roofs.OpsPerSecond,
            Fused(key).MemoryBytes / roofs.MemoryBytesPerSecond,
            Fused(request).MemoryBytes / roofs.MemoryBytesPerSecond
        );
    }

    private static AttentionShape DecodeShape(double requests, double keys) =>
        new(Queries: requests, Pairs: keys, Scores: keys, Keys: keys, KeysRead: keys);

    private OperationWork Fused(in AttentionShape shape) =>
        new(
            Ops: shape.Pairs * _heads * (4 * _headSize + 5),
            WeightBytes: 0,
            ActivationInBytes: shape.Queries * _headSize * _heads * _activationBytes,
            ActivationOutBytes: _semantics.FlashOutput == FlashOutput.ScoreMatrix
                ? 2 * shape.Scores * _heads * _activationBytes
                : shape.Queries * _headSize * _heads * _activationBytes,
            KvInBytes: 2 * shape.KeysRead * _headSize * _kvHeads * _kvBytes
        );

    /// <summary>Queries with keys, or scores with values.</summary>
    private OperationWork Matmul(in AttentionShape shape) =>
        new(
            Ops: 2 * shape.Scores * _headSize * _heads,
            WeightBytes: 0,
            ActivationInBytes: shape.Scores * _heads * _activationBytes,
            ActivationOutBytes: shape.Scores * _heads * _activationBytes,
            KvInBytes: shape.Keys * _headSize * _kvHeads * _kvBytes
        );

    private OperationWork Softmax(in AttentionShape shape) =>
        new(
            Ops: 5 * shape.Scores * _heads,
            WeightBytes: 0,
            ActivationInBytes: shape.Scores * _heads * _activationBytes,
            ActivationOutBytes: shape.Scores * _heads * _activationBytes
        );
}
