using LlmSim.Performance;

namespace LlmSim.Memory;

/// <summary>
/// How vLLM keeps the states of layers beside the blocks of attention: both are pages of one pool, so that a block of attention holds as many tokens
/// as a layer's state has bytes for, and layers are in groups of as many as have attention. docs/models.md has logs that say so.
/// </summary>
internal static class StatePages
{
    /// <summary>Kernels of attention want blocks of a multiple of so many tokens.</summary>
    private const int Multiple = 16;

    /// <summary>With prefix caching a group of layers has the state that it writes, and the one that others may find.</summary>
    private const int PagesWithPrefixCaching = 2;

    /// <summary>The engine with the tokens of a block that it takes for a model.</summary>
    public static EngineSpec Of(
        EngineSpec engine,
        ModelDescription model,
        Precision precision,
        InstanceSpec instance
    )
    {
        if (!HasPages(engine, model))
        {
            return engine;
        }

        var group = model.Attention;
        var values = group.Latent is { } latent
            ? latent.CachedSize
            : TensorParallelism.KvHeadsEach(group, instance.TpSize) * (group.HeadSize + group.ValueHeadSize);
        var stateBytes =
            model.Recurrent!.BytesPerRequest(precision.HiddenState.BytesPerValue) / instance.TpSize;
        var multiples = Math.Ceiling(stateBytes / (Multiple * values * precision.KvCache.BytesPerValue));
        return engine with { BlockTokens = Math.Max(engine.BlockTokens, Multiple * (int)multiples) };
    }

    /// <summary>Blocks of a request's states; null where they are no pages of the pool.</summary>
    public static int? Blocks(EngineSpec engine, ModelDescription model)
    {
        if (!HasPages(engine, model))
        {
            return null;
        }

        var groups = (model.Recurrent!.Layers + model.Attention.Layers - 1) / model.Attention.Layers;
        return groups * (engine.PrefixCaching ? PagesWithPrefixCaching : 1);
    }

    private static bool HasPages(EngineSpec engine, ModelDescription model) =>
        engine.Kind == EngineKind.Vllm && model.Recurrent is not null;
}
