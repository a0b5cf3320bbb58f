using LlmSim.Kernel;

namespace LlmSim.Performance;

/// <summary>
/// SGLang's piecewise CUDA graphs: iterations with prompts are replayed from graphs of some sizes, and need no launch of each kernel. On by default
/// since 0.5.10, where SGLang can (docs/advanced_features/piecewise_cuda_graph.md of SGLang; measured: docs/validation.md).
/// </summary>
internal static class PrefillGraphs
{
    /// <summary>The cap for latent attention (piecewise_cuda_graph_max_tokens); others are recorded up to a chunk.</summary>
    private const int MostLatentTokens = 2048;

    private const string FirstVersion = "0.5.10";

    /// <summary>Most tokens of an iteration that is replayed; 0 where none is.</summary>
    public static int MostTokens(InstanceSpec instance, ModelDescription model, Precision precision)
    {
        if (instance.Engine is not { Kind: EngineKind.Sglang } engine)
        {
            return 0;
        }

        return engine.PrefillGraphTokens
            ?? (
                !IsRecorded(instance, engine, model, precision) ? 0
                : model.LatentAttention is null ? engine.MaxBatchedTokens
                : Math.Min(MostLatentTokens, engine.MaxBatchedTokens)
            );
    }

    /// <summary>The size that so many tokens are computed for: the steps of SGLang's own list.</summary>
    public static int Padded(int tokens)
    {
        Invariant.Require(tokens > 0, $"a graph of {tokens} tokens");
        var step = tokens switch
        {
            <= 32 => 4,
            <= 256 => 16,
            <= 512 => 32,
            <= 1024 => 64,
            <= 4096 => 256,
            _ => 512,
        };
        return (tokens + step - 1) / step * step;
    }

    /// <summary>
    /// SGLang turns them off for other makes than NVIDIA, with data-parallel attention, pipeline stages, context parallelism, speculative decoding and
    /// tokens sent to experts, and for sparse attention and vision-language models, which those with recurrent layers are.
    /// </summary>
    private static bool IsRecorded(
        InstanceSpec instance,
        EngineSpec engine,
        ModelDescription model,
        Precision precision
    ) =>
        !EngineDefaults.IsBefore(engine.Version, FirstVersion)
        && instance.Hardware.Name.StartsWith("NVIDIA", StringComparison.Ordinal)
        && instance is { PpSize: 1, ContextRanks: 1 }
        && instance.AllToAllBackend == AllToAllBackend.AllGatherReduceScatter
        && engine is { DataParallelGroup: null, Speculation: null }
        && !HasUntracedExperts(instance.Hardware, model, precision)
        && model is { Recurrent: null, Vision: null, VisionLack: null, Audio: null, AudioLack: null }
        && model.AttentionGroups.All(group => group.Indexer is null);

    /// <summary>
    /// DeepSeek's experts in 8 bits are TensorRT-LLM's kernels on Blackwell, which graphs break at (sgl-project/sglang issue 16023); rows of InferenceX on
    /// B200 with 0.5.12 have their launches.
    /// </summary>
    private static bool HasUntracedExperts(
        HardwareDescription hardware,
        ModelDescription model,
        Precision precision
    ) =>
        hardware.Fp4OpsPerSecond is not null
        && model is { LatentAttention: not null, MixtureOfExperts: not null }
        && precision.Experts.Weight.Bits == 8;
}
