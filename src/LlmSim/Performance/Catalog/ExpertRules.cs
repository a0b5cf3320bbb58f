namespace LlmSim.Performance.Catalog;

/// <summary>How a family names its experts, and what belongs to them.</summary>
internal sealed record ExpertRules
{
    /// <summary>In newer configs: a word for each layer, in the place of the rules of the family.</summary>
    private const string LayerKinds = "mlp_layer_types";

    /// <summary>Name of the number of routed experts.</summary>
    public string Experts { get; init; } = "num_experts";

    /// <summary>Name of the number of experts that a token goes to.</summary>
    public string ExpertsPerToken { get; init; } = "num_experts_per_tok";

    /// <summary>Name of the width of an expert.</summary>
    public string Width { get; init; } = "moe_intermediate_size";

    /// <summary>Name of the number of shared experts, each as wide as a routed one; null where there are none.</summary>
    public string? SharedExperts { get; init; }

    /// <summary>Name of the width of all shared experts together; null where there are none.</summary>
    public string? SharedWidth { get; init; }

    /// <summary>Whether a vector weighs what the shared expert says.</summary>
    public bool HasSharedGate { get; init; }

    /// <summary>Name of the width of the space in which the experts work; null where that is the hidden state.</summary>
    public string? LatentSize { get; init; }

    /// <summary>Whether the MLPs of experts have a gate.</summary>
    public bool Gated { get; init; } = true;

    /// <summary>Whether models without experts, or with one, are of the family as well.</summary>
    public bool AreOptional { get; init; }

    /// <summary>Bias of the router, or a correction for each expert.</summary>
    public Switch RouterBias { get; init; }

    /// <summary>Whether the matrices of an expert have biases.</summary>
    public bool HasExpertBias { get; init; }

    /// <summary>Whether a layer has experts, by its index.</summary>
    public Func<ConfigFields, int, bool> IsExpertLayer { get; init; } = (_, _) => true;

    /// <summary>Name of what leaves layers without experts, for messages.</summary>
    public string LayerField { get; init; } = "num_hidden_layers";

    /// <summary>Reads the experts.</summary>
    /// <exception cref="UserErrorException">A field is missing or wrong.</exception>
    public MixtureOfExperts? Read(ConfigFields fields, int layers)
    {
        if (AreOptional && (!fields.IsOn(Experts) || fields.PositiveInt(Experts) == 1))
        {
            return null;
        }

        var experts = fields.PositiveInt(Experts, ConfigFields.Experts);
        var perToken = fields.PositiveInt(ExpertsPerToken, ConfigFields.Experts);
        if (perToken > experts)
        {
            throw fields.Error(ExpertsPerToken, $"{perToken} of {experts} experts cannot be chosen.");
        }

        var width = fields.PositiveInt(Width);
        var denseLayers = fields.Has(LayerKinds)
            ? fields.TextList(LayerKinds).Count(kind => kind == "dense")
            : Enumerable.Range(0, layers).Count(layer => !IsExpertLayer(fields, layer));
        return denseLayers < layers
            ? new()
            {
                Experts = experts,
                ExpertsPerToken = perToken,
                ExpertIntermediateSize = width,
                SharedIntermediateSize =
                    SharedWidth is not null ? fields.Count(SharedWidth)
                    : SharedExperts is not null ? SharedWidthOf(fields, width)
                    : 0,
                DenseLayers = denseLayers,
                Gated = Gated,
                LatentSize =
                    LatentSize is not null && fields.IsOn(LatentSize) ? fields.PositiveInt(LatentSize) : null,
            }
            : throw fields.Error(LayerField, "no layer is left for the experts.");
    }

    private int SharedWidthOf(ConfigFields fields, int width)
    {
        var experts = fields.Count(SharedExperts!);
        return (long)experts * width <= int.MaxValue
            ? experts * width
            : throw fields.Error(SharedExperts!, $"{experts} experts of a width of {width} are too many.");
    }

    /// <summary>DeepSeek: the first layers are dense, and of the others every n-th has experts.</summary>
    public static bool AfterFirst(ConfigFields fields, int layer)
    {
        const string Frequency = "moe_layer_freq";
        return layer >= fields.Count("first_k_dense_replace")
            && (
                fields.IsList(Frequency)
                    ? fields.IntList(Frequency).ElementAtOrDefault(layer) > 0
                    : layer % fields.PositiveInt(Frequency, absent: 1) == 0
            );
    }

    /// <summary>Qwen: every n-th layer has experts, but for those of a list.</summary>
    public static bool ButThoseListed(ConfigFields fields, int layer) =>
        (layer + 1) % fields.PositiveInt("decoder_sparse_step", absent: 1) == 0
        && !fields.IntList("mlp_only_layers").Contains(layer);

    /// <summary>Ernie: every n-th layer of a range.</summary>
    public static bool InRange(ConfigFields fields, int layer) =>
        layer >= FirstOf(fields, "moe_layer_start_index", absent: 0)
        && layer <= FirstOf(fields, "moe_layer_end_index", absent: int.MaxValue)
        && (layer + 1) % fields.PositiveInt("moe_layer_interval", absent: 1) == 0;

    /// <summary>Llama 4: every n-th layer.</summary>
    public static bool Interleaved(ConfigFields fields, int layer) =>
        fields.IsList("moe_layers")
            ? fields.IntList("moe_layers").Contains(layer)
            : (layer + 1) % fields.PositiveInt("interleave_moe_layer_step", absent: 1) == 0;

    /// <summary>An end of -1 is the last layer.</summary>
    private static int FirstOf(ConfigFields fields, string field, int absent) =>
        !fields.Has(field) || fields.IsNegative(field) ? absent : fields.Count(field);
}
