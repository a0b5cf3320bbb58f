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

    /// <summary>Attention, of most layers in most models. Where layers differ, of those that see the longest contexts.</summary>
    public required AttentionGroup Attention { get; init; }

    /// <summary>Layers whose attention differs from <see cref="Attention" />.</summary>
    public IReadOnlyList<AttentionGroup> OtherAttention { get; init; } = [];

    /// <summary>Layers with a state in the place of attention; null without any.</summary>
    public RecurrentLayers? Recurrent { get; init; }

    /// <summary>Layers with an MLP of another width than <see cref="IntermediateSize" />.</summary>
    public IReadOnlyList<MlpGroup> OtherMlps { get; init; } = [];

    /// <summary>Layers with neither MLP nor experts.</summary>
    public int LayersWithoutMlp { get; init; }

    /// <summary>Attention heads h.</summary>
    public int AttentionHeads => Attention.Heads;

    /// <summary>KV heads: fewer than the heads under grouped-query attention.</summary>
    public int KvHeads => Attention.KvHeads;

    /// <summary>Width d of a head.</summary>
    public int HeadSize => Attention.HeadSize;

    /// <summary>Vocabulary V.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest context in tokens, extensions by rope_scaling included.</summary>
    public required int MaxContextTokens { get; init; }

    /// <summary>Longest context that is served, at most <see cref="MaxContextTokens" />; null for that.</summary>
    public int? MaxModelLen { get; init; }

    /// <summary>What its config.json says that is not simulated, for the head of results.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Whether input embedding and output projection are one matrix.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>Parameters, counted from the shapes; without modules for the prediction of several tokens.</summary>
    public required long Parameters { get; init; }

    /// <summary>Whether it projects to the vocabulary: all stages of a pipeline but the last do not.</summary>
    internal bool HasLmHead { get; init; } = true;

    /// <summary>Its encoder of pictures; null without one that could be simulated.</summary>
    internal VisionEncoder? Vision { get; init; }

    /// <summary>Why its encoder of pictures cannot be simulated; null where it can, and where there is none.</summary>
    internal string? VisionLack { get; init; }

    /// <summary>Its encoder of sound; null without one that could be simulated.</summary>
    internal AudioEncoder? Audio { get; init; }

    /// <summary>Why its encoder of sound cannot be simulated; null where it can, and where there is none.</summary>
    internal string? AudioLack { get; init; }

    /// <summary>Its encoders.</summary>
    internal IEnumerable<MediaEncoder> Encoders =>
        new MediaEncoder?[] { Vision, Audio }.OfType<MediaEncoder>();

    /// <summary>The notices of a run in which its encoder is simulated.</summary>
    internal IEnumerable<string> NoticesWithImages =>
        Notices.Where(notice =>
            !notice.StartsWith("vision_config: ", StringComparison.Ordinal)
            && !notice.StartsWith("audio_config: ", StringComparison.Ordinal)
        );

    /// <summary>The experts of its layers; null in a dense model.</summary>
    public MixtureOfExperts? MixtureOfExperts { get; init; }

    /// <summary>The shapes of latent attention; null where each KV head keeps a key and a value.</summary>
    public LatentAttention? LatentAttention => Attention.Latent;

    /// <summary>All its attention.</summary>
    public IEnumerable<AttentionGroup> AttentionGroups => OtherAttention.Prepend(Attention);

    /// <summary>Layers with attention or a state in its place: the others have nothing there.</summary>
    public int LayersWithMixer =>
        AttentionGroups.Sum(group => group.Layers)
        + (Recurrent is { IsBesideAttention: false } recurrent ? recurrent.Layers : 0);

    /// <summary>Layers with an MLP or experts.</summary>
    public int LayersWithMlp => Layers - LayersWithoutMlp;

    /// <summary>Layers that have an MLP of <see cref="IntermediateSize" />.</summary>
    public int MlpLayers => LayersWithMlp - ExpertLayers - OtherMlps.Sum(group => group.Layers);

    /// <summary>MLPs by width.</summary>
    public IEnumerable<MlpGroup> Mlps =>
        OtherMlps.Prepend(new(MlpLayers, IntermediateSize)).Where(group => group.Layers > 0);

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
    /// layers · (latent + rotary key) · bytes of a value, which every accelerator of a tensor-parallel group holds. Of
    /// layers that let go of tokens behind their window, where others do not, see <see cref="KvFootprint" />.
    /// </summary>
    public long KvBytesPerToken(Precision precision) => KvFootprint.Of(this, precision).BytesPerToken;

    /// <summary>Bytes of the weights, each in its format, with scale factors.</summary>
    public long WeightBytes(Precision precision) => ParametersByOperand.Of(this).Bytes(precision);

    private long ParametersPerExpert => MixtureOfExperts?.ParametersPerExpert(HiddenSize) ?? 0;
}
