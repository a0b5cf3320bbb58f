namespace LlmSim.Performance;

/// <summary>Families whose layers the simulator knows.</summary>
public enum ModelFamily
{
    /// <summary>A matrix each for queries, keys and values, or latent attention; an MLP or experts: nearly all.</summary>
    Llama,

    /// <summary>One matrix for queries, keys and values together, and an MLP without a gate: gpt2.</summary>
    Gpt2,
}

/// <summary>The shapes of a decoder-only transformer, as its published config.json states them.</summary>
public sealed record ModelDescription
{
    /// <summary>Name in the catalog, such as "unsloth/Llama-3.3-70B-Instruct".</summary>
    public required string Id { get; init; }

    /// <summary>Shape of a layer.</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>Whether the MLP has a gate: three matrices, not two.</summary>
    public bool GatedMlp { get; init; } = true;

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

    /// <summary>Longest context in tokens, extensions by rope_scaling included.</summary>
    public required int MaxContextTokens { get; init; }

    /// <summary>Longest context that is served, at most <see cref="MaxContextTokens" />; null for that.</summary>
    public int? MaxModelLen { get; init; }

    /// <summary>The window that some layers have; null where every layer sees the whole context.</summary>
    public AttentionWindow? Window { get; init; }

    /// <summary>What its config.json says that is not simulated, for the head of results.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

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

    /// <summary>Longest context that is served, in tokens.</summary>
    public int ServedContextTokens => MaxModelLen ?? MaxContextTokens;

    /// <summary>The model with a longest context as vLLM's max_model_len limits it.</summary>
    /// <param name="maxModelLen">Tokens of prompt and output; null for the model's own.</param>
    /// <exception cref="UserErrorException">The model itself has a shorter one.</exception>
    public ModelDescription Serving(int? maxModelLen) =>
        maxModelLen is null || (maxModelLen > 0 && maxModelLen <= MaxContextTokens)
            ? this with
            {
                MaxModelLen = maxModelLen,
            }
            : throw new UserErrorException(
                FormattableString.Invariant(
                    $"max_model_len: {maxModelLen} tokens for {Id}; allowed is 1 to its own {MaxContextTokens}."
                )
            );

    /// <summary>Throws unless every layer sees the whole of every context that is served.</summary>
    /// <exception cref="UserErrorException">Some layers have a window; the message says up to which context they see all.</exception>
    public void RequireFullAttention()
    {
        if (Window is { } window && window.Tokens < ServedContextTokens)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"{window.Field}: {window.Layers} of the {Layers} layers of {Id} see at most {window.Tokens} tokens of a context, "
                )
                    + FormattableString.Invariant(
                        $"which is not simulated yet; with --max_model_len {window.Tokens} or less they see all of it."
                    )
            );
        }
    }

    /// <summary>Layers that have experts.</summary>
    public int ExpertLayers => MixtureOfExperts is { } experts ? Layers - experts.DenseLayers : 0;

    /// <summary>Parameters of all routed experts; 0 in a dense model.</summary>
    public long ExpertParameters =>
        checked((long)ExpertLayers * (MixtureOfExperts?.Experts ?? 0) * ParametersPerExpert);

    /// <summary>Parameters that take part in one token, embeddings included: all but the experts that it is not sent to.</summary>
    public long ActiveParameters =>
        MixtureOfExperts is { } experts
            ? Parameters
                - (long)ExpertLayers * (experts.Experts - experts.ExpertsPerToken) * ParametersPerExpert
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
