namespace LlmSim.Performance;

/// <summary>Families whose layers the simulator knows.</summary>
public enum ModelFamily
{
    /// <summary>Gated MLP or experts, RMSNorm, rotary embedding: llama, mistral, qwen, mixtral and deepseek.</summary>
    Llama,

    /// <summary>Two-matrix MLP, LayerNorm, learned positions: gpt2.</summary>
    Gpt2,
}

/// <summary>The shapes of a decoder-only transformer, as its published config.json states them.</summary>
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

    /// <summary>KV heads: fewer than the heads under grouped-query attention.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width d of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Vocabulary V.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest context in tokens.</summary>
    public required int MaxContextTokens { get; init; }

    /// <summary>Whether input embedding and output projection are one matrix.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>Parameters, counted from the shapes; without modules for the prediction of several tokens.</summary>
    public required long Parameters { get; init; }

    /// <summary>The experts of its layers; null in a dense model.</summary>
    public MixtureOfExperts? MixtureOfExperts { get; init; }

    /// <summary>The shapes of latent attention; null where each KV head keeps a key and a value.</summary>
    public LatentAttention? LatentAttention { get; init; }

    /// <summary>The formats that the model's own files state; null where they state none: 16 bits.</summary>
    public Precision? Quantization { get; init; }

    /// <summary>Layers that have experts.</summary>
    public int ExpertLayers => MixtureOfExperts is { } experts ? Layers - experts.DenseLayers : 0;

    /// <summary>Parameters of all routed experts; 0 in a dense model.</summary>
    public long ExpertParameters => ExpertLayers * (MixtureOfExperts?.Experts ?? 0) * ParametersPerExpert;

    /// <summary>Parameters that take part in one token, embeddings included: all but the experts that it is not sent to.</summary>
    public long ActiveParameters =>
        MixtureOfExperts is { } experts
            ? Parameters - ExpertLayers * (experts.Experts - experts.ExpertsPerToken) * ParametersPerExpert
            : Parameters;

    /// <summary>
    /// KV cache bytes of one token: 2 · layers · KV heads · head size · bytes of a value, or with latent attention
    /// layers · (latent + rotary key) · bytes of a value, which every accelerator of a tensor-parallel group holds.
    /// </summary>
    public long KvBytesPerToken(Precision precision)
    {
        var values = LatentAttention is { } latent
            ? (long)Layers * latent.CachedSize
            : 2L * Layers * KvHeads * HeadSize;
        return (long)Math.Ceiling(values * precision.KvCache.BytesPerValue);
    }

    /// <summary>Bytes of the weights, each in its format, with scale factors.</summary>
    public long WeightBytes(Precision precision) => ParametersByOperand.Of(this).Bytes(precision);

    private long ParametersPerExpert => 3L * HiddenSize * (MixtureOfExperts?.ExpertIntermediateSize ?? 0);
}
