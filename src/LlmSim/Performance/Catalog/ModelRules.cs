namespace LlmSim.Performance.Catalog;

/// <summary>How the models of a family name the fields of their config.json, and what their layers are made of.</summary>
internal sealed record ModelRules
{
    /// <summary>Values of model_type.</summary>
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>The family's own names of fields, by the usual name; of several the first that is there.</summary>
    public IReadOnlyDictionary<string, string[]> Names { get; init; } = new Dictionary<string, string[]>();

    /// <summary>Whole numbers that published configs leave out, by the usual name.</summary>
    public IReadOnlyDictionary<string, int> Absent { get; init; } = new Dictionary<string, int>();

    /// <summary>Shape of a layer.</summary>
    public ModelFamily Family { get; init; } = ModelFamily.Llama;

    /// <summary>Whether the MLP has a gate: three matrices, not two.</summary>
    public bool GatedMlp { get; init; } = true;

    /// <summary>Name of the width of the MLP.</summary>
    public string MlpWidth { get; init; } = "intermediate_size";

    /// <summary>Whether a width that is left out is four times the hidden size.</summary>
    public bool MlpIsFourfold { get; init; }

    /// <summary>Number of KV heads.</summary>
    public Func<ConfigFields, int, int> KvHeads { get; init; } = Heads.Named;

    /// <summary>Whether the width of a head is chosen freely, so that it has to be there.</summary>
    public bool HeadSizeIsFree { get; init; }

    /// <summary>Whether keys and values are kept as one latent vector.</summary>
    public bool HasLatentAttention { get; init; }

    /// <summary>Whether input embedding and output projection are one matrix where the config does not say.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Embeddings of positions beside those of the context; null where positions are rotated in.</summary>
    public int? ExtraPositions { get; init; }

    /// <summary>Whether max_position_embeddings contains the factor of rope_scaling already.</summary>
    public bool ContextIsScaled { get; init; }

    /// <summary>Biases of the projections to queries, keys and values.</summary>
    public Switch QueryKeyValueBias { get; init; }

    /// <summary>Bias of the projection after attention.</summary>
    public Switch OutputBias { get; init; }

    /// <summary>Biases of the MLP.</summary>
    public Switch MlpBias { get; init; }

    /// <summary>Bias of the projection to the vocabulary.</summary>
    public Switch LmHeadBias { get; init; }

    /// <summary>Norms of queries and keys, where <see cref="HasQueryKeyNorm" /> is on.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>Whether there are norms of queries and keys.</summary>
    public Switch HasQueryKeyNorm { get; init; } = Switch.On;

    /// <summary>Norms of the hidden state in a layer.</summary>
    public Func<ConfigFields, int> Norms { get; init; } = _ => 2;

    /// <summary>Vectors of a norm: a scale, with a shift two, none in a norm without parameters.</summary>
    public int NormVectors { get; init; } = 1;

    /// <summary>Norms beside those of the layers.</summary>
    public int OuterNorms { get; init; } = 1;

    /// <summary>Parameters of a layer beside matrices, biases and norms.</summary>
    public Func<ConfigFields, long> MoreInLayer { get; init; } = _ => 0;

    /// <summary>The experts; null in a dense model.</summary>
    public ExpertRules? Experts { get; init; }

    /// <summary>Which layers have a window.</summary>
    public WindowRules Window { get; init; } = new();

    /// <summary>Where layers differ: what they have, from what they had if all were equal.</summary>
    public Func<ConfigFields, LayerPlan, LayerPlan> Plan { get; init; } = (_, plan) => plan;

    /// <summary>Number of layers.</summary>
    public Func<ConfigFields, int> Layers { get; init; } = fields => fields.PositiveInt("num_hidden_layers");

    /// <summary>Fields that are refused or named in families that do not know them: read here, or without a meaning of their own.</summary>
    public IReadOnlyList<string> Knows { get; init; } = [];

    /// <summary>What should be said of all models of the family.</summary>
    public string? Notice { get; init; }

    /// <summary>Whether attention and MLP read the same hidden state, side by side.</summary>
    public Switch IsParallel { get; init; }

    /// <summary>Throws where a field says that the model is built otherwise than these rules say.</summary>
    public Action<ConfigFields> Check { get; init; } = _ => { };
}

/// <summary>Something that a family has always or never, or where a field of the config says so.</summary>
internal readonly record struct Switch(string? Field, bool Absent)
{
    /// <summary>Always.</summary>
    public static Switch On { get; } = new(null, Absent: true);

    /// <summary>Where the field is true.</summary>
    public static Switch Of(string field, bool absent = false) => new(field, absent);

    public bool IsOn(ConfigFields fields) => Field is null ? Absent : fields.Flag(Field, Absent);

    public bool IsOn(JsonFields fields) => Field is null ? Absent : fields.Flag(Field, Absent);
}

/// <summary>Norms of queries and keys in a layer.</summary>
internal enum QueryKeyNorm
{
    None,

    /// <summary>One for all query heads and one for all KV heads, as wide as a head.</summary>
    PerHead,

    /// <summary>As wide as all heads together.</summary>
    AllHeads,
}

/// <summary>How families state their number of KV heads.</summary>
internal static class Heads
{
    private const string Field = "num_key_value_heads";

    /// <summary>The config says it.</summary>
    public static int Named(ConfigFields fields, int heads) => fields.PositiveInt(Field);

    /// <summary>One for each head where the config does not say it.</summary>
    public static int OrAll(ConfigFields fields, int heads) => fields.PositiveInt(Field, absent: heads);

    /// <summary>One for each head.</summary>
    public static int All(ConfigFields fields, int heads) => heads;

    /// <summary>One in all where multi_query is on.</summary>
    public static int MultiQuery(ConfigFields fields, int heads) =>
        fields.Flag("multi_query", absent: true) ? 1 : heads;
}
