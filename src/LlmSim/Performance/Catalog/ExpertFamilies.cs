namespace LlmSim.Performance.Catalog;

/// <summary>Families with experts, and those with latent attention.</summary>
internal static class ExpertFamilies
{
    private const string LocalExperts = "num_local_experts";
    private const string DenseFirst = "first_k_dense_replace";

    private static readonly Switch s_attentionBias = Switch.Of("attention_bias");

    public static ExpertRules DeepSeekExperts { get; } =
        new()
        {
            Experts = "n_routed_experts",
            SharedExperts = "n_shared_experts",
            IsExpertLayer = ExpertRules.AfterFirst,
            LayerField = DenseFirst,
        };

    public static ExpertRules CorrectedExperts { get; } = DeepSeekExperts with { RouterBias = Switch.On };

    public static ExpertRules QwenExperts { get; } =
        new() { IsExpertLayer = ExpertRules.ButThoseListed, LayerField = "decoder_sparse_step" };

    /// <summary>Experts in the place of the MLP, of its width.</summary>
    public static ExpertRules MixtralExperts { get; } =
        new() { Experts = LocalExperts, Width = "intermediate_size" };

    public static IReadOnlyList<ModelRules> All { get; } =
    [
        new() { Types = ["mixtral"], Experts = MixtralExperts },
        new()
        {
            Types = ["phimoe"],
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            LmHeadBias = Switch.Of("lm_head_bias"),
            NormVectors = 2,
            Experts = MixtralExperts,
        },
        new()
        {
            Types = ["granitemoe", "granitemoeshared"],
            KvHeads = Heads.OrAll,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            Experts = MixtralExperts with { SharedWidth = "shared_intermediate_size" },
        },
        new()
        {
            Types = ["minimax_m2"],
            HeadSizeIsFree = true,
            QueryKeyNorm = QueryKeyNorm.AllHeads,
            HasQueryKeyNorm = Switch.Of("use_qk_norm"),
            Experts = MixtralExperts with
            {
                SharedWidth = "shared_intermediate_size",
                RouterBias = Switch.Of("use_routing_bias"),
            },
            Plan = LayerPlans.MiniMax,
        },
        new()
        {
            Types = ["gpt_oss"],
            HeadSizeIsFree = true,
            QueryKeyValueBias = Switch.Of("attention_bias", absent: true),
            OutputBias = Switch.Of("attention_bias", absent: true),
            // A sink for each head.
            MoreInLayer = fields => fields.PositiveInt("num_attention_heads"),
            Experts = MixtralExperts with { RouterBias = Switch.On, HasExpertBias = true },
            Window = WindowRules.Alternating,
        },
        new()
        {
            Types = ["llama4", "llama4_text"],
            MlpWidth = "intermediate_size_mlp",
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            Experts = MixtralExperts with
            {
                SharedWidth = "intermediate_size",
                IsExpertLayer = ExpertRules.Interleaved,
                LayerField = "interleave_moe_layer_step",
            },
            Window = WindowRules.Chunked,
        },
        new()
        {
            Types = ["olmoe"],
            KvHeads = Heads.OrAll,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.AllHeads,
            Experts = new() { Width = "intermediate_size" },
        },
        new()
        {
            Types = ["qwen2_moe"],
            QueryKeyValueBias = Switch.Of("qkv_bias", absent: true),
            Experts = QwenExperts with
            {
                SharedWidth = "shared_expert_intermediate_size",
                HasSharedGate = true,
            },
            Window = WindowRules.Last,
        },
        new()
        {
            Types = ["qwen3_moe", "qwen3_vl_moe_text"],
            HeadSizeIsFree = true,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            Experts = QwenExperts,
            Window = WindowRules.Last,
        },
        new()
        {
            Types = ["glm4_moe", "glm4v_moe_text"],
            HeadSizeIsFree = true,
            QueryKeyValueBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            HasQueryKeyNorm = Switch.Of("use_qk_norm"),
            Experts = CorrectedExperts,
        },
        new()
        {
            Types = ["dots1"],
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            Experts = CorrectedExperts,
            Window = WindowRules.Last,
        },
        new()
        {
            Types = ["ernie4_5_moe"],
            KvHeads = Heads.OrAll,
            QueryKeyValueBias = Switch.Of("use_bias"),
            OutputBias = Switch.Of("use_bias"),
            MlpBias = Switch.Of("use_bias"),
            TiedEmbeddings = true,
            Experts = new()
            {
                Experts = "moe_num_experts",
                ExpertsPerToken = "moe_k",
                SharedExperts = "moe_num_shared_experts",
                RouterBias = Switch.Of("moe_use_aux_free", absent: true),
                IsExpertLayer = ExpertRules.InRange,
                LayerField = "moe_layer_start_index",
            },
        },
        new()
        {
            Types = ["hunyuan_v1_moe"],
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            HasQueryKeyNorm = Switch.Of("use_qk_norm", absent: true),
            TiedEmbeddings = true,
            Experts = new() { ExpertsPerToken = "moe_topk", SharedExperts = "num_shared_expert" },
        },
        Bailing("bailing_moe", correction: default),
        Bailing("bailing_moe_v2", correction: Switch.Of("moe_router_enable_expert_bias")),
        new()
        {
            Types = ["deepseek"],
            KvHeads = Heads.OrAll,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            Experts = DeepSeekExperts,
        },
        new()
        {
            Types = ["deepseek_v2"],
            HasLatentAttention = true,
            Experts = DeepSeekExperts,
        },
        new()
        {
            Types = ["deepseek_v3", "kimi_k2", "glm4_moe_lite"],
            HasLatentAttention = true,
            Experts = CorrectedExperts,
        },
    ];

    private static ModelRules Bailing(string type, Switch correction) =>
        new()
        {
            Types = [type],
            QueryKeyValueBias = Switch.Of("use_qkv_bias"),
            OutputBias = Switch.Of("use_bias"),
            MlpBias = Switch.Of("use_bias"),
            QueryKeyNorm = QueryKeyNorm.PerHead,
            HasQueryKeyNorm = Switch.Of("use_qk_norm"),
            Experts = DeepSeekExperts with
            {
                Experts = "num_experts",
                SharedExperts = "num_shared_experts",
                RouterBias = correction,
            },
        };
}
