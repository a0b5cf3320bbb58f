namespace LlmSim.Performance;

/// <content>Attention as three kernels, which write the scores to memory.</content>
internal sealed partial class AttentionOperations
{
    private (string Name, OperationWork Work)[] Unfused(AttentionShape shape) =>
        [("qk_matmul", Matmul(shape)), ("sv_matmul", Matmul(shape)), ("softmax", Softmax(shape))];

    private double UnfusedSeconds(in AttentionShape shape, in Roofs roofs) =>
        2 * roofs.Seconds(Matmul(shape)) + roofs.Seconds(Softmax(shape));

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
