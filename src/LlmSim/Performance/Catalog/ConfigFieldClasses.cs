using System.Collections.Frozen;

namespace LlmSim.Performance.Catalog;

/// <summary>
/// What becomes of the fields of a config.json that no family reads: those that change what is simulated are refused or
/// named, and so are those that nobody knows; the rest does not matter.
/// </summary>
internal static class ConfigFieldClasses
{
    private const string ChunkSize = "attention_chunk_size";
    private const string LatentRank = "kv_lora_rank";

    /// <summary>Each marks a config of a mixture of experts.</summary>
    private static readonly string[] s_expertCounts =
    [
        "num_local_experts",
        "num_experts",
        "n_routed_experts",
        "moe_num_experts",
    ];

    /// <summary>Fields of layers that no family has so far.</summary>
    private static readonly KeyValuePair<string, string[]>[] s_refused =
    [
        new("sparse attention", ["index_topk", "sparse_attention_config", "compress_ratios"]),
        new(
            "layers of a state-space model (Mamba)",
            [
                "mamba_num_heads",
                "mamba_d_state",
                "ssm_state_size",
                "hybrid_override_pattern",
                "layers_block_type",
            ]
        ),
        new("linear attention", ["linear_num_key_heads", "full_attention_interval"]),
        new(
            "layers that differ in their heads or widths",
            [
                "block_configs",
                "num_key_value_heads_per_layer",
                "global_head_dim",
                "swa_num_key_value_heads",
                "hybrid_layer_pattern",
            ]
        ),
        new("keys and values that layers share", ["use_cla", "num_kv_shared_layers"]),
        new("a gate after attention", ["attn_output_gate", "attention_output_gate"]),
        new("several residual streams", ["hc_mult", "altup_num_inputs"]),
        new("experts in a narrower space", ["moe_latent_size"]),
        new("an encoder", ["is_encoder_decoder"]),
    ];

    /// <summary>Parts of a model beside its text.</summary>
    private static readonly string[] s_otherParts =
    [
        "vision_config",
        "audio_config",
        "speech_config",
        "visual",
        "mm_vision_tower",
    ];

    /// <summary>What belongs to such a part, in the names of fields beside it.</summary>
    private static readonly string[] s_otherSenses =
    [
        "vision",
        "image",
        "video",
        "audio",
        "media",
        "multimodal",
        "projector",
        "spatial_merge",
    ];

    private static readonly string[] s_predictionModules =
    [
        "num_nextn_predict_layers",
        "num_mtp_modules",
        "mtp_num_hidden_layers",
        "mtp_num_layers",
    ];

    /// <summary>Fields that change neither shapes nor contexts, and those whose effect others have stated already.</summary>
    private static readonly FrozenSet<string> s_neutral = ConfigNeutralFields.All;

    /// <summary>Throws where a field marks layers that are not simulated.</summary>
    public static void RequireSimulated(JsonFields fields, ModelRules rules)
    {
        var type = rules.Types[0];
        if (
            rules.Experts is null
            && Array.Find(s_expertCounts, field => HasSeveral(fields, field)) is { } count
        )
        {
            throw fields.Error(
                count,
                $"a model of type '{type}' has no experts; those with experts are {string.Join(", ", ModelFamilies.TypesWithExperts)}."
            );
        }

        if (!rules.HasLatentAttention && fields.IsOn(LatentRank))
        {
            throw fields.Error(LatentRank, $"a model of type '{type}' has no latent attention.");
        }

        if (rules.Window.Size != ChunkSize && !rules.Knows.Contains(ChunkSize) && fields.IsOn(ChunkSize))
        {
            throw fields.Error(ChunkSize, $"a model of type '{type}' has no attention within chunks.");
        }

        foreach (var (lack, names) in s_refused)
        {
            if (Array.Find(names, name => !rules.Knows.Contains(name) && fields.IsOn(name)) is { } field)
            {
                throw fields.Error(field, $"{lack}: not simulated yet.");
            }
        }
    }

    /// <summary>What should be said of a model beside its figures.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="text">The object of the text model in it, or the file again.</param>
    /// <param name="rules">Its family.</param>
    /// <param name="contextNotice">What is to be said of the context.</param>
    public static IReadOnlyList<string> Notices(
        JsonFields file,
        JsonFields text,
        ModelRules rules,
        string? contextNotice
    )
    {
        List<string> notices = [];
        var others = s_otherParts.Where(file.IsOn).ToArray();
        if (others.Length > 0)
        {
            notices.Add(
                $"{string.Join(", ", others)}: of this model the text alone is simulated, without the weights, memory and time of the rest"
            );
        }

        if (text.IsOn("cross_attention_layers"))
        {
            notices.Add(
                "cross_attention_layers: layers that attend to pictures take memory for their weights and no time"
            );
        }

        if (rules.IsParallel.IsOn(text))
        {
            notices.Add(
                $"{rules.IsParallel.Field ?? "model_type"}: attention and MLP run side by side, and are simulated one after the other"
            );
        }

        if (Array.FindAll(s_predictionModules, text.IsOn) is [var modules, ..])
        {
            notices.Add(
                $"{modules}: modules that predict several tokens are not simulated, nor their weights counted"
            );
        }

        if (rules.Notice is not null)
        {
            notices.Add(rules.Notice);
        }

        if (contextNotice is not null)
        {
            notices.Add(contextNotice);
        }

        var unknown = Unknown(file, rules)
            .Where(field => others.Length == 0 || !IsOfOtherSense(field))
            .Concat(text == file ? [] : Unknown(text, rules))
            .Distinct()
            .ToArray();
        if (unknown.Length > 0)
        {
            notices.Add(
                $"fields of the config that are not known, and were passed over: {string.Join(", ", unknown)}"
            );
        }

        if (notices.Count == 0)
        {
            // One object, so that descriptions of equal shapes are equal.
            return [];
        }

        return notices;
    }

    /// <summary>A model of one expert has none.</summary>
    private static bool HasSeveral(JsonFields fields, string field) =>
        fields.IsOn(field) && !fields.IsNumber(field, 1);

    private static string[] Unknown(JsonFields fields, ModelRules rules)
    {
        // Asking whether a field is on counts as reading it, so that the list comes first.
        string[] unread =
        [
            .. fields.Unread().Where(field => !IsNeutral(field) && !rules.Knows.Contains(field)),
        ];
        return [.. unread.Where(fields.IsOn)];
    }

    private static bool IsOfOtherSense(string field) =>
        Array.Exists(s_otherSenses, sense => field.Contains(sense, StringComparison.Ordinal));

    private static bool IsNeutral(string field) =>
        s_neutral.Contains(field)
        || Array.Exists(
            ConfigNeutralFields.Endings,
            ending => field.EndsWith(ending, StringComparison.Ordinal)
        );
}
