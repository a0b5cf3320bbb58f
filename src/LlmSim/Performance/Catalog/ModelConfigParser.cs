namespace LlmSim.Performance.Catalog;

/// <summary>
/// Reads a model's config.json as it is published with the weights (the Hugging Face format). Each field is used, or does
/// not change what is simulated, or is refused, or is named in the notices of the description. docs/models.md lists them.
/// </summary>
internal static class ModelConfigParser
{
    private const string TypeField = "model_type";

    /// <summary>Where a model of text and pictures keeps the config of its text.</summary>
    private static readonly string[] s_textParts =
    [
        "text_config",
        "llm_config",
        "language_config",
        "thinker_config",
    ];

    /// <summary>Reads a config.</summary>
    /// <param name="id">Id that the description gets.</param>
    /// <param name="stream">The file.</param>
    /// <param name="sourceName">What messages call it.</param>
    /// <exception cref="UserErrorException">A field is missing or wrong, or the model is of a kind that is not supported.</exception>
    public static ModelDescription Parse(string id, Stream stream, string sourceName)
    {
        var file = JsonFields.Read(stream, sourceName);
        var text = file;
        while (Array.Find(s_textParts, text.IsObject) is { } part)
        {
            text = text.Object(part);
        }

        var rules = Rules(file, text);
        ConfigFieldClasses.RequireSimulated(text, rules);

        var fields = new ConfigFields(text, file, rules);
        rules.Check(fields);
        var (model, otherParameters) = Shapes(id, fields, rules);
        var context = ContextLength.Read(fields, rules);
        model = model with { MaxContextTokens = context.Tokens };
        model = model with { Parameters = ParameterCount.Of(model, fields, rules, otherParameters) };
        model = model with
        {
            Quantization = QuantizationParser.Read(file, model),
            Notices = ConfigFieldClasses.Notices(file, text, rules, context.Notice),
        };
        // Last: what it reads is not simulated of runs without pictures, and named by the notices.
        var (encoder, lack) = VisionParser.Read(file, model);
        var (audio, audioLack) = AudioParser.Read(file, model);
        return model with { Vision = encoder, VisionLack = lack, Audio = audio, AudioLack = audioLack };
    }

    private static ModelRules Rules(JsonFields file, JsonFields text)
    {
        if (file.Has(TypeField))
        {
            RequireNothingMissing(file, file.Text(TypeField));
        }

        // Older models of text and pictures have one model_type, outside.
        var fields = text.Has(TypeField) ? text : file;
        var type = fields.Text(TypeField);
        RequireNothingMissing(fields, type);
        return ModelFamilies.Find(type)
            ?? throw fields.Error(
                TypeField,
                $"'{type}' is not supported.{Suggestion.For(type, ModelFamilies.Types)} Supported are "
                    + $"{string.Join(", ", ModelFamilies.Types)}."
            );
    }

    private static void RequireNothingMissing(JsonFields fields, string type)
    {
        if (ModelFamilies.Lack(type) is { } lack)
        {
            throw fields.Error(TypeField, $"'{type}' has {lack}, which is not simulated yet.");
        }
    }

    private static (ModelDescription Model, long OtherParameters) Shapes(
        string id,
        ConfigFields fields,
        ModelRules rules
    )
    {
        var heads = fields.PositiveInt("num_attention_heads");
        var hidden = fields.PositiveInt("hidden_size");
        var layers = rules.Layers(fields) - ParameterCount.CrossAttentionLayers(fields);
        var latent = rules.HasLatentAttention ? Latent(fields) : null;
        var experts = rules.Experts?.Read(fields, layers);
        var kvHeads = latent is null ? rules.KvHeads(fields, heads) : LatentKvHeads(fields, heads);
        if (heads % kvHeads != 0)
        {
            throw fields.Error("num_key_value_heads", $"{kvHeads} does not divide {heads} attention heads.");
        }

        var headSize = latent is null
            ? HeadSize(fields, rules, hidden, heads)
            : latent.NopeHeadSize + latent.RopeHeadSize;
        var plan = new LayerPlan
        {
            Attention = new()
            {
                Layers = layers,
                Heads = heads,
                KvHeads = kvHeads,
                HeadSize = headSize,
                ValueHeadSize = latent?.ValueHeadSize ?? headSize,
                Latent = latent,
            },
        };
        plan = rules.Plan(fields, rules.Window.Plan(fields, plan));
        var model = new ModelDescription
        {
            Id = id,
            Family = rules.Family,
            GatedMlp = rules.GatedMlp,
            HiddenSize = hidden,
            IntermediateSize = plan.MlpWidth ?? MlpWidth(fields, rules, experts),
            Layers = layers,
            Attention = plan.Attention,
            OtherAttention = plan.OtherAttention,
            Recurrent = plan.Recurrent,
            OtherMlps = plan.OtherMlps,
            LayersWithoutMlp = plan.LayersWithoutMlp,
            VocabularySize = fields.PositiveInt("vocab_size"),
            MaxContextTokens = 0,
            TiedEmbeddings = fields.FlagHereOrOutside("tie_word_embeddings", rules.TiedEmbeddings),
            Parameters = 0,
            MixtureOfExperts = experts,
        };
        return (model, plan.OtherParameters);
    }

    private static LatentAttention Latent(ConfigFields fields) =>
        new()
        {
            QueryRank = fields.Has("q_lora_rank") ? fields.PositiveInt("q_lora_rank") : 0,
            KvRank = fields.PositiveInt("kv_lora_rank"),
            RopeHeadSize = fields.PositiveInt("qk_rope_head_dim"),
            NopeHeadSize = fields.PositiveInt("qk_nope_head_dim"),
            ValueHeadSize = fields.PositiveInt("v_head_dim"),
        };

    /// <summary>A latent vector serves all heads: what the config says of KV heads is not used, but has to be a number of heads.</summary>
    private static int LatentKvHeads(ConfigFields fields, int heads)
    {
        _ = fields.PositiveInt("num_key_value_heads", absent: heads);
        return heads;
    }

    private static int MlpWidth(ConfigFields fields, ModelRules rules, MixtureOfExperts? experts)
    {
        // Where each layer has experts nothing has this width, and some configs do without it.
        if (experts is { DenseLayers: 0 } && !fields.Has(rules.MlpWidth))
        {
            return experts.ExpertIntermediateSize;
        }

        return rules.MlpIsFourfold
            ? fields.PositiveInt(rules.MlpWidth, absent: 4 * fields.PositiveInt("hidden_size"))
            : fields.PositiveInt(rules.MlpWidth);
    }

    private static int HeadSize(ConfigFields fields, ModelRules rules, int hidden, int heads)
    {
        if (rules.HeadSizeIsFree || fields.Has("head_dim"))
        {
            return fields.PositiveInt("head_dim");
        }

        return hidden % heads == 0
            ? hidden / heads
            : throw fields.Error(
                "num_attention_heads",
                $"{heads} heads do not divide a hidden size of {hidden}."
            );
    }
}
