namespace LlmSim.Performance;

/// <summary>
/// The recurrence of a layer with a state, between its projections, on one accelerator. A decoding request reads and writes its
/// state. Prompts are computed in chunks (Gated DeltaNet, arXiv:2412.06464, section 3.3; Mamba-2, arXiv:2405.21060, section 6): products within a
/// chunk, and the state once a chunk.
/// </summary>
internal sealed class RecurrentOperations
{
    private readonly double _stateValues;
    private readonly double _stateBytes;
    private readonly double _activationBytesPerToken;
    private readonly double _opsPerPromptToken;
    private readonly double _chunkTokens;

    public RecurrentOperations(RecurrentLayers layers, Precision precision, int tpSize)
    {
        double heads = (double)layers.Heads / tpSize;
        double rows = layers.StateRows;
        double columns = layers.StateColumns;
        var valueBytes = precision.HiddenState.BytesPerValue;
        _chunkTokens = layers.ChunkTokens;
        _stateValues = heads * rows * columns;
        _stateBytes = layers.BytesPerRequest(valueBytes) / tpSize;
        _activationBytesPerToken = ((double)layers.ProjectedSize + layers.OutputSize) / tpSize * valueBytes;
        // Keys with keys, queries with keys, and both with values, each within a chunk; then into the state and out of it.
        _opsPerPromptToken = heads * (_chunkTokens * (6 * rows + 4 * columns) + 4 * rows * columns);
    }

    /// <summary>The work of an iteration.</summary>
    /// <param name="decodeRequests">Requests that decode.</param>
    /// <param name="promptTokens">Tokens of prompts.</param>
    /// <param name="queriesEach">Tokens of each decoding request; the state after each is written, since drafts may be rejected.</param>
    public OperationWork For(double decodeRequests, double promptTokens, int queriesEach = 1)
    {
        var decodeTokens = decodeRequests * queriesEach;
        var activations = (decodeTokens + promptTokens) * _activationBytesPerToken;
        var chunkStates = promptTokens / _chunkTokens;
        return new(
            // Decay, correction, the outer product, and what the query reads.
            Ops: decodeTokens * 8 * _stateValues + promptTokens * _opsPerPromptToken,
            WeightBytes: 0,
            ActivationInBytes: activations,
            ActivationOutBytes: 0,
            KvInBytes: (decodeRequests + chunkStates) * _stateBytes,
            KvOutBytes: (decodeTokens + chunkStates) * _stateBytes
        );
    }
}
