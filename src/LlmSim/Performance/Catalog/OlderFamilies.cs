namespace LlmSim.Performance.Catalog;

/// <summary>Families with an MLP of two matrices and names of their own, from before Llama.</summary>
internal static class OlderFamilies
{
    private static readonly Dictionary<string, string[]> s_gptNames = new()
    {
        ["num_attention_heads"] = ["n_head"],
        ["hidden_size"] = ["n_embd"],
        ["intermediate_size"] = ["n_inner"],
        ["num_hidden_layers"] = ["n_layer"],
        ["max_position_embeddings"] = ["n_positions"],
    };

    private static readonly ModelRules s_biased = new()
    {
        Types = [],
        GatedMlp = false,
        MlpIsFourfold = true,
        KvHeads = Heads.All,
        QueryKeyValueBias = Switch.On,
        OutputBias = Switch.On,
        MlpBias = Switch.On,
        NormVectors = 2,
    };

    public static IReadOnlyList<ModelRules> All { get; } =
    [
        s_biased with
        {
            Types = ["gpt2"],
            Family = ModelFamily.Gpt2,
            Names = s_gptNames,
            TiedEmbeddings = true,
            ExtraPositions = 0,
        },
        s_biased with
        {
            Types = ["gpt_bigcode"],
            Names = s_gptNames,
            KvHeads = Heads.MultiQuery,
            TiedEmbeddings = true,
            ExtraPositions = 0,
        },
        s_biased with
        {
            Types = ["gptj"],
            IsParallel = Switch.On,
            Names = s_gptNames,
            QueryKeyValueBias = default,
            OutputBias = default,
            LmHeadBias = Switch.On,
            Norms = _ => 1,
        },
        s_biased with
        {
            Types = ["gpt_neox"],
            IsParallel = Switch.Of("use_parallel_residual", absent: true),
            QueryKeyValueBias = Switch.Of("attention_bias", absent: true),
            OutputBias = Switch.Of("attention_bias", absent: true),
        },
        s_biased with
        {
            Types = ["phi"],
            IsParallel = Switch.On,
            KvHeads = Heads.OrAll,
            LmHeadBias = Switch.On,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            HasQueryKeyNorm = Switch.Of("qk_layernorm"),
            Norms = _ => 1,
        },
        s_biased with
        {
            Types = ["opt"],
            MlpWidth = "ffn_dim",
            TiedEmbeddings = true,
            ExtraPositions = 2,
            QueryKeyValueBias = Switch.Of("enable_bias", absent: true),
            OutputBias = Switch.Of("enable_bias", absent: true),
            MlpBias = Switch.Of("enable_bias", absent: true),
            Check = RequireOneWidth,
        },
        s_biased with
        {
            Types = ["bloom"],
            Names = new Dictionary<string, string[]>
            {
                ["num_attention_heads"] = ["n_head", "num_attention_heads"],
                ["hidden_size"] = ["hidden_size", "n_embed"],
                ["num_hidden_layers"] = ["n_layer", "num_hidden_layers"],
                ["max_position_embeddings"] = ["seq_length"],
            },
            Absent = new Dictionary<string, int> { ["max_position_embeddings"] = 2048 },
            TiedEmbeddings = true,
            // One after the embedding.
            OuterNorms = 2,
        },
        s_biased with
        {
            Types = ["falcon"],
            IsParallel = Switch.Of("parallel_attn", absent: true),
            MlpWidth = "ffn_hidden_size",
            Names = new Dictionary<string, string[]>
            {
                ["num_attention_heads"] = ["num_attention_heads", "n_head"],
                ["num_hidden_layers"] = ["num_hidden_layers", "n_layer"],
                ["num_key_value_heads"] = ["num_kv_heads", "n_head_kv"],
            },
            Absent = new Dictionary<string, int> { ["max_position_embeddings"] = 2048 },
            KvHeads = (fields, heads) =>
                fields.Flag("new_decoder_architecture", absent: false)
                    ? Heads.OrAll(fields, heads)
                    : Heads.MultiQuery(fields, heads),
            TiedEmbeddings = true,
            QueryKeyValueBias = Switch.Of("bias"),
            OutputBias = Switch.Of("bias"),
            MlpBias = Switch.Of("bias"),
            Norms = fields =>
                fields.Flag("parallel_attn", absent: true)
                && !fields.Flag("new_decoder_architecture", absent: false)
                    ? 1
                    : 2,
        },
        new()
        {
            Types = ["chatglm"],
            MlpWidth = "ffn_hidden_size",
            Names = new Dictionary<string, string[]>
            {
                ["num_hidden_layers"] = ["num_layers"],
                ["num_key_value_heads"] = ["multi_query_group_num"],
                ["head_dim"] = ["kv_channels"],
                ["vocab_size"] = ["padded_vocab_size"],
                ["max_position_embeddings"] = ["seq_length"],
            },
            KvHeads = (fields, heads) =>
                fields.Flag("multi_query_attention", absent: false) ? Heads.Named(fields, heads) : heads,
            QueryKeyValueBias = Switch.Of("add_qkv_bias"),
            OutputBias = Switch.Of("add_bias_linear"),
            MlpBias = Switch.Of("add_bias_linear"),
        },
    ];

    /// <summary>The 350M model has an embedding of another width than its layers.</summary>
    private static void RequireOneWidth(ConfigFields fields)
    {
        const string Width = "word_embed_proj_dim";
        if (fields.Has(Width) && fields.PositiveInt(Width) != fields.PositiveInt("hidden_size"))
        {
            throw fields.Error(Width, "an embedding of another width than hidden_size is not simulated.");
        }
    }
}
