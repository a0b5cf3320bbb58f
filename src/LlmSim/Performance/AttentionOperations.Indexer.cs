namespace LlmSim.Performance;

/// <content>The scores by which an indexer chooses what attention sees.</content>
internal sealed partial class AttentionOperations
{
    /// <summary>The scores of an indexer, on each accelerator for all its heads: they are written, and read to choose from.</summary>
    public static AttentionOperations OfIndexer(
        TokenIndexer indexer,
        Precision precision,
        Semantics semantics
    ) => new(indexer, precision, semantics);

    private AttentionOperations(TokenIndexer indexer, Precision precision, Semantics semantics)
    {
        const double ScoreBytes = 2 * sizeof(float);
        _semantics = semantics;
        _fused = true;
        _name = "index_scores";
        _heads = indexer.Heads;
        _kvHeads = 1;
        _headSize = indexer.HeadSize;
        _activationBytes = precision.Attention.BytesPerValue;
        _kvBytes = (double)indexer.KeyBytes / indexer.HeadSize;
        _blockRows = _headSize;
        _fusedPrefill = new(
            OpsPerPair: _heads * (2 * _headSize + 3),
            QueryBytes: _headSize * _heads,
            OutputBytes: 0,
            ScoreBytes: 0,
            KeyBytes: indexer.KeyBytes,
            PairBytes: ScoreBytes
        );
        _fusedDecode = _fusedPrefill;
    }
}
