using LlmSim.Performance;

namespace LlmSim.Memory;

/// <summary>
/// What an engine takes of an accelerator's memory beside the weights and the KV cache, as vLLM finds it in a trial iteration
/// with as many tokens and sequences as it allows. docs/hardware.md says where each figure comes from.
/// </summary>
internal static class EngineMemory
{
    private const double GiB = 1L << 30;

    /// <summary>What the driver reports and keeps: no program can have it.</summary>
    private const double DriverBytes = 0.5 * GiB;

    /// <summary>Kernels, handles and workspaces of libraries, without the context: that is there before the engine counts.</summary>
    private const double LibraryBytes = 0.25 * GiB;

    /// <summary>Buffers for exchanges within an instance: the faster the link, the more channels have some.</summary>
    private const double LinkBufferSeconds = 4.3e-3;

    private const double MostLinkBufferBytes = 1.85 * GiB;

    /// <summary>Live values of hidden size a token where an MLP peaks: the residual, the normed input, queries, keys and values.</summary>
    private const double HiddenValues = 4.75;

    /// <summary>Hidden states and residual, which live on while the next tokens are sampled.</summary>
    private const double SampledHiddenValues = 2;

    /// <summary>A logit in 16 bits, in 32, once more scaled, and as a probability.</summary>
    private const double BytesPerLogit = 14;

    /// <summary>Bytes on each accelerator that are taken before an engine loads its weights.</summary>
    public static double ResidentBytes(InstanceSpec instance) =>
        DriverBytes + LibraryBytes + LinkBufferBytes(instance);

    /// <summary>Bytes on each accelerator of the instance.</summary>
    public static long Bytes(ModelDescription model, Precision precision, InstanceSpec instance) =>
        instance.ActivationBytes
        ?? (long)
            Math.Ceiling(
                instance.MemoryUtilization * DriverBytes
                    + LibraryBytes
                    + LinkBufferBytes(instance)
                    + PeakActivationBytes(model, precision, instance)
            );

    private static double LinkBufferBytes(InstanceSpec instance) =>
        instance is { TpSize: 1, ExpertParallel: 1 }
            ? 0
            : Math.Min(
                MostLinkBufferBytes,
                LinkBufferSeconds * (instance.LinkBytesPerSecond ?? instance.Hardware.LinkBytesPerSecond)
            );

    /// <summary>The larger of two peaks: in the MLP of a layer, or when logits become tokens.</summary>
    private static double PeakActivationBytes(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance
    )
    {
        var engine = instance.Engine ?? new();
        double tokens = engine.MaxBatchedTokens;
        var tokenBytes = tokens * precision.HiddenState.BytesPerValue;
        var layers = tokenBytes * (HiddenValues * model.HiddenSize + MlpValues(model, instance));
        var logits = Math.Min(tokens, engine.MaxSequences) * model.VocabularySize * BytesPerLogit;
        var sampling = tokenBytes * SampledHiddenValues * model.HiddenSize + logits;
        return tokenBytes * ExpertValues(model, instance) + Math.Max(layers, sampling);
    }

    /// <summary>Values a token of an MLP: what the first matrices yield, and what becomes of it.</summary>
    private static double MlpValues(ModelDescription model, InstanceSpec instance)
    {
        var width = model.MixtureOfExperts is { DenseLayers: 0 } experts
            ? experts.SharedIntermediateSize
            : model.IntermediateSize;
        return (model.Family == ModelFamily.Gpt2 ? 2.0 : 3.0) * width / instance.TpSize;
    }

    /// <summary>Values a token of the two workspaces of the experts' kernels, which stay while tokens are sampled.</summary>
    private static double ExpertValues(ModelDescription model, InstanceSpec instance)
    {
        if (model.MixtureOfExperts is not { } experts)
        {
            return 0;
        }

        double hidden = model.HiddenSize;
        var width =
            (double)experts.ExpertIntermediateSize / (instance.ExpertParallel > 1 ? 1 : instance.TpSize);
        return experts.ExpertsPerToken * (Math.Max(width, hidden) + Math.Max(2 * width, hidden));
    }
}
