namespace LlmSim.Performance;

/// <summary>Families whose layers the simulator knows.</summary>
public enum ModelFamily
{
    /// <summary>Gated MLP, RMSNorm, rotary embedding: llama, mistral, qwen2 and qwen3.</summary>
    Llama,

    /// <summary>Two-matrix MLP, LayerNorm, learned positions: gpt2.</summary>
    Gpt2,
}

/// <summary>The shapes of a dense decoder-only transformer, as its published config.json states them.</summary>
public sealed record ModelDescription
{
    /// <summary>Name in the catalog, such as "unsloth/Llama-3.3-70B-Instruct".</summary>
    public required string Id { get; init; }

    /// <summary>Shape of a layer.</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>Hidden size H.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width I of the MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads h.</summary>
    public required int AttentionHeads { get; init; }

    /// <summary>KV heads k: fewer than the heads under grouped-query attention.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width d of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Vocabulary V.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest context in tokens.</summary>
    public required int MaxContextTokens { get; init; }

    /// <summary>Whether input embedding and output projection are one matrix.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>Parameters, counted from the shapes.</summary>
    public required long Parameters { get; init; }

    /// <summary>KV cache bytes of one token: 2 · layers · KV heads · head size · bits / 8.</summary>
    public long KvBytesPerToken(Precision precision) =>
        2L * Layers * KvHeads * HeadSize * precision.KvBits / 8;

    /// <summary>Bytes of the weights.</summary>
    public long WeightBytes(Precision precision) => Parameters * precision.WeightBits / 8;
}
