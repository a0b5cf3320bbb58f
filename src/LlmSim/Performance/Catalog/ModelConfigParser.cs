namespace LlmSim.Performance.Catalog;

/// <summary>
/// Reads a model's config.json as it is published with the weights (the Hugging Face format). Fields that do not
/// change the shapes are passed over.
/// </summary>
public static class ModelConfigParser
{
    private const string DeepSeekV2 = "deepseek_v2";
    private const string DeepSeekV3 = "deepseek_v3";
    private const string Mixtral = "mixtral";
    private const string Qwen3Moe = "qwen3_moe";

    private static readonly string[] s_supported =
    [
        DeepSeekV2,
        DeepSeekV3,
        "gpt2",
        "llama",
        "mistral",
        Mixtral,
        "qwen2",
        "qwen3",
        Qwen3Moe,
    ];

    private static readonly string[] s_expertTypes = [DeepSeekV2, DeepSeekV3, Mixtral, Qwen3Moe];

    /// <summary>Each marks a config of a mixture of experts.</summary>
    private static readonly string[] s_expertFields =
    [
        "num_local_experts",
        "num_experts",
        "n_routed_experts",
    ];

    /// <summary>Reads a config.</summary>
    /// <param name="id">Id that the description gets.</param>
    /// <param name="stream">The file.</param>
    /// <param name="sourceName">What messages call it.</param>
    /// <exception cref="UserErrorException">A field is missing or wrong, or the model is of a kind that is not supported.</exception>
    public static ModelDescription Parse(string id, Stream stream, string sourceName)
    {
        var fields = JsonFields.Read(stream, sourceName);
        var type = fields.Text("model_type");
        RequireSupported(fields, type);
        var model = type switch
        {
            "gpt2" => Gpt2(id, fields),
            DeepSeekV2 or DeepSeekV3 => DeepSeek(id, fields, type),
            _ => Llama(id, fields, type),
        };
        return model with { Quantization = QuantizationParser.Read(fields, model) };
    }

    private static ModelDescription Llama(string id, JsonFields fields, string type)
    {
        var heads = fields.PositiveInt("num_attention_heads");
        var hidden = fields.PositiveInt("hidden_size");
        var shape = new ModelDescription
        {
            Id = id,
            Family = ModelFamily.Llama,
            HiddenSize = hidden,
            IntermediateSize = fields.PositiveInt("intermediate_size"),
            Layers = fields.PositiveInt("num_hidden_layers"),
            AttentionHeads = heads,
            // Only in llama does leaving it out mean one KV head a head; elsewhere it is some other number.
            KvHeads =
                type == "llama"
                    ? fields.PositiveInt("num_key_value_heads", absent: heads)
                    : fields.PositiveInt("num_key_value_heads"),
            HeadSize = HeadSize(fields, type, hidden, heads),
            VocabularySize = fields.PositiveInt("vocab_size"),
            MaxContextTokens = fields.PositiveInt("max_position_embeddings"),
            TiedEmbeddings = fields.Flag("tie_word_embeddings", absent: false),
            Parameters = 0,
            MixtureOfExperts = ExpertsParser.Read(fields, type),
        };
        if (shape.AttentionHeads % shape.KvHeads != 0)
        {
            throw fields.Error(
                "num_key_value_heads",
                $"{shape.KvHeads} does not divide {heads} attention heads."
            );
        }

        RequireFullAttention(fields, type, shape.MaxContextTokens);
        return shape with
        {
            Parameters = ParameterCount.Llama(
                shape,
                queryKeyValueBias: type == "qwen2" || fields.Flag("attention_bias", absent: false),
                outputBias: fields.Flag("attention_bias", absent: false),
                mlpBias: fields.Flag("mlp_bias", absent: false),
                queryKeyNorm: type is "qwen3" or Qwen3Moe
            ),
        };
    }

    private static ModelDescription DeepSeek(string id, JsonFields fields, string type)
    {
        var heads = fields.PositiveInt("num_attention_heads");
        var latent = new LatentAttention
        {
            QueryRank = fields.Has("q_lora_rank") ? fields.PositiveInt("q_lora_rank") : 0,
            KvRank = fields.PositiveInt("kv_lora_rank"),
            RopeHeadSize = fields.PositiveInt("qk_rope_head_dim"),
            NopeHeadSize = fields.PositiveInt("qk_nope_head_dim"),
            ValueHeadSize = fields.PositiveInt("v_head_dim"),
        };
        var shape = new ModelDescription
        {
            Id = id,
            Family = ModelFamily.Llama,
            HiddenSize = fields.PositiveInt("hidden_size"),
            IntermediateSize = fields.PositiveInt("intermediate_size"),
            Layers = fields.PositiveInt("num_hidden_layers"),
            AttentionHeads = heads,
            KvHeads = heads,
            HeadSize = latent.NopeHeadSize + latent.RopeHeadSize,
            VocabularySize = fields.PositiveInt("vocab_size"),
            MaxContextTokens = fields.PositiveInt("max_position_embeddings"),
            TiedEmbeddings = fields.Flag("tie_word_embeddings", absent: false),
            Parameters = 0,
            MixtureOfExperts = ExpertsParser.Read(fields, type),
            LatentAttention = latent,
        };
        return shape with
        {
            Parameters = ParameterCount.DeepSeek(shape, latent, routerBias: type == DeepSeekV3),
        };
    }

    private static ModelDescription Gpt2(string id, JsonFields fields)
    {
        var heads = fields.PositiveInt("n_head");
        var hidden = fields.PositiveInt("n_embd");
        var shape = new ModelDescription
        {
            Id = id,
            Family = ModelFamily.Gpt2,
            HiddenSize = hidden,
            IntermediateSize = fields.PositiveInt("n_inner", absent: 4 * hidden),
            Layers = fields.PositiveInt("n_layer"),
            AttentionHeads = heads,
            KvHeads = heads,
            HeadSize = Quotient(fields, "n_head", hidden, heads),
            VocabularySize = fields.PositiveInt("vocab_size"),
            MaxContextTokens = fields.PositiveInt("n_positions"),
            TiedEmbeddings = fields.Flag("tie_word_embeddings", absent: true),
            Parameters = 0,
        };
        return shape with { Parameters = ParameterCount.Gpt2(shape) };
    }

    private static int HeadSize(JsonFields fields, string type, int hidden, int heads)
    {
        // Qwen3 chooses the width of its heads freely, so that it cannot be worked out.
        if (type is "qwen3" or Qwen3Moe || fields.Has("head_dim"))
        {
            return fields.PositiveInt("head_dim");
        }

        return Quotient(fields, "num_attention_heads", hidden, heads);
    }

    private static int Quotient(JsonFields fields, string field, int hidden, int heads) =>
        hidden % heads == 0
            ? hidden / heads
            : throw fields.Error(field, $"{heads} heads do not divide a hidden size of {hidden}.");

    private static void RequireSupported(JsonFields fields, string type)
    {
        if (!s_supported.Contains(type))
        {
            throw fields.Error(
                "model_type",
                $"'{type}' is not supported.{Suggestion.For(type, s_supported)} Supported are {string.Join(", ", s_supported)}."
            );
        }

        if (!s_expertTypes.Contains(type) && Array.Find(s_expertFields, fields.Has) is { } expertField)
        {
            throw fields.Error(
                expertField,
                $"a model of type '{type}' has no experts; those with experts are {string.Join(", ", s_expertTypes)}."
            );
        }
    }

    /// <summary>A window that is shorter than the longest context would make attention and KV cache smaller than we count them.</summary>
    private static void RequireFullAttention(JsonFields fields, string type, int maxContextTokens)
    {
        // Only qwen2 and qwen3 have a switch for it.
        var windowed =
            fields.Has("sliding_window") && fields.Flag("use_sliding_window", absent: type == "mistral");
        if (windowed && fields.PositiveInt("sliding_window") < maxContextTokens)
        {
            throw fields.Error("sliding_window", "sliding-window attention is not supported yet.");
        }
    }
}
