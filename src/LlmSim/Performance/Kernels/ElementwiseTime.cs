namespace LlmSim.Performance.Kernels;

/// <summary>
/// Norms, additions, rotation, activation and the writing of the KV cache, which have no tables: their bytes at a share of the memory's
/// bandwidth, and a time for each kernel. Both are of an H100 and an H200 (docs/validation.md), where what a whole model takes beside
/// its measured products and attention is that. Measured latent attention has the rotation and the cache in it.
/// </summary>
internal sealed class ElementwiseTime
{
    private const double MemoryShare = 0.8;
    private const double KernelSeconds = 1.5e-6;
    private const double Bytes = 2;

    private readonly double _secondsPerLayer;
    private readonly double _secondsPerToken;

    /// <summary>Those of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tpSize">Ranks that its heads are divided over.</param>
    /// <param name="roofs">The accelerator's.</param>
    public ElementwiseTime(ModelDescription model, int tpSize, KernelRoofs roofs)
    {
        double ranks = tpSize;
        var heads = (model.AttentionHeads + model.KvHeads) / ranks * model.HeadSize;
        var width = (model.MixtureOfExperts?.SharedIntermediateSize ?? model.IntermediateSize) / ranks;
        // Two norms read and write the hidden state and the residual.
        var (kernels, values) = (3, 2 * 4 * model.HiddenSize + 3 * width);
        if (model.LatentAttention is null)
        {
            // Queries and keys are rotated; keys and values go to the cache.
            (kernels, values) = (
                kernels + 2,
                values + 2 * heads + 4 * model.KvHeads / ranks * model.HeadSize
            );
        }

        _secondsPerLayer = kernels * KernelSeconds;
        _secondsPerToken = Bytes * values / (MemoryShare * roofs.MemoryBytesPerSecond);
    }

    /// <summary>Seconds of one layer.</summary>
    public double LayerSeconds(int tokens) => _secondsPerLayer + tokens * _secondsPerToken;
}
