namespace LlmSim.Performance.Kernels;

/// <summary>
/// Norms, additions, rotation, activation and the writing of the KV cache, which have no tables: their bytes at a share of the memory's
/// bandwidth, and a time for each kernel. Both are of an H100 and an H200 (docs/validation.md), where what a whole model takes beside
/// its measured products and attention is that. Measured latent attention has the rotation and the cache in it.
/// </summary>
internal sealed class ElementwiseTime
{
    /// <summary>What such kernels reach of the memory's bandwidth.</summary>
    public const double MemoryShare = 0.8;

    /// <summary>Seconds of each of them, however little it does.</summary>
    public const double KernelSeconds = 1.5e-6;

    private const double Bytes = 2;

    private readonly double _seconds;
    private readonly double _secondsPerToken;

    /// <summary>Those of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tpSize">Ranks that its heads are divided over.</param>
    /// <param name="roofs">The accelerator's.</param>
    public ElementwiseTime(ModelDescription model, int tpSize, KernelRoofs roofs)
    {
        double ranks = tpSize;
        // A norm reads and writes the hidden state and the residual.
        var kernels = 1.0 * (model.LayersWithMixer + model.LayersWithMlp);
        var values = 4.0 * model.HiddenSize * (model.LayersWithMixer + model.LayersWithMlp);
        foreach (var (layers, width) in Activations(model))
        {
            (kernels, values) = (kernels + layers, values + layers * 3 * (width / ranks));
        }

        foreach (var group in model.AttentionGroups.Where(group => group.Latent is null))
        {
            // Queries and keys are rotated; keys and values go to the cache.
            var heads = (group.Heads + group.KvHeads) / ranks * group.HeadSize;
            kernels += 2 * group.Layers;
            values += group.Layers * (2 * heads + 4 * group.KvHeads / ranks * group.HeadSize);
        }

        if (model.Recurrent is { } recurrent)
        {
            // The convolution, and a norm with a gate.
            kernels += 2 * recurrent.Layers;
            values +=
                recurrent.Layers * (2.0 * recurrent.ConvolutionChannels + 3.0 * recurrent.OutputSize) / ranks;
        }

        _seconds = kernels * KernelSeconds;
        _secondsPerToken = Bytes * values / (MemoryShare * roofs.MemoryBytesPerSecond);
    }

    /// <summary>Seconds of all layers.</summary>
    public double Seconds(int tokens) => _seconds + tokens * _secondsPerToken;

    /// <summary>The activations of MLPs that are no experts', by width.</summary>
    private static IEnumerable<MlpGroup> Activations(ModelDescription model) =>
        model.MixtureOfExperts is { } experts
            ? [.. model.Mlps, new(model.ExpertLayers, experts.SharedIntermediateSize)]
            : model.Mlps;
}
