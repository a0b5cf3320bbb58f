namespace LlmSim.Performance.Catalog;

/// <summary>Families whose layers differ in kind: states beside attention, attention of several shapes, tokens chosen by an indexer.</summary>
internal static class HybridFamilies
{
    private static readonly Switch s_attentionBias = Switch.Of("attention_bias");

    private static readonly ExpertRules s_sharedGate = ExpertFamilies.QwenExperts with
    {
        SharedWidth = "shared_expert_intermediate_size",
        HasSharedGate = true,
    };

    private static readonly ModelRules s_qwen = new()
    {
        Types = ["qwen3_5", "qwen3_5_text"],
        HeadSizeIsFree = true,
        QueryKeyValueBias = s_attentionBias,
        OutputBias = s_attentionBias,
        QueryKeyNorm = QueryKeyNorm.PerHead,
        Window = WindowRules.None,
        Plan = LayerPlans.Qwen,
        Knows = ["linear_num_key_heads", "full_attention_interval", "attn_output_gate"],
    };

    private static readonly ModelRules s_sparse = new()
    {
        Types = ["deepseek_v32", "glm_moe_dsa"],
        HasLatentAttention = true,
        Experts = ExpertFamilies.CorrectedExperts,
        Plan = LayerPlans.Sparse,
        Knows =
        [
            "index_topk",
            "index_topk_freq",
            "index_skip_topk_offset",
            "index_share_for_mtp_iteration",
            "first_k_dense_replace",
            "moe_layer_freq",
        ],
    };

    private static readonly ModelRules s_mamba2 = new()
    {
        Types = ["granitemoehybrid"],
        KvHeads = Heads.OrAll,
        MlpWidth = "shared_intermediate_size",
        QueryKeyValueBias = s_attentionBias,
        OutputBias = s_attentionBias,
        TiedEmbeddings = true,
        Window = WindowRules.None,
        Plan = LayerPlans.Granite,
        Experts = ExpertFamilies.MixtralExperts with
        {
            SharedWidth = "shared_intermediate_size",
            AreOptional = true,
        },
        Knows = ["mamba_d_state"],
    };

    public static IReadOnlyList<ModelRules> All { get; } =
    [
        s_qwen,
        s_qwen with
        {
            Types = ["qwen3_5_moe", "qwen3_5_moe_text", "qwen3_next"],
            Experts = s_sharedGate,
        },
        s_sparse,
        new()
        {
            Types = ["kimi_linear"],
            Names = new Dictionary<string, string[]>
            {
                ["num_experts_per_tok"] = ["num_experts_per_token", "num_experts_per_tok"],
            },
            HasLatentAttention = true,
            Experts = ExpertFamilies.CorrectedExperts with
            {
                Experts = "num_experts",
                SharedExperts = "num_shared_experts",
            },
            Plan = LayerPlans.KimiLinear,
        },
        new()
        {
            Types = ["minimax", "minimax_text_01", "minimax_m1"],
            HeadSizeIsFree = true,
            Experts = ExpertFamilies.MixtralExperts with { SharedWidth = "shared_intermediate_size" },
            Window = WindowRules.None,
            Plan = LayerPlans.MiniMax,
        },
        new()
        {
            Types = ["minimax_m3"],
            MlpWidth = "dense_intermediate_size",
            HeadSizeIsFree = true,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            HasQueryKeyNorm = Switch.Of("use_qk_norm"),
            Experts = new()
            {
                Experts = "num_local_experts",
                SharedWidth = "shared_intermediate_size",
                RouterBias = Switch.Of("use_routing_bias"),
                IsExpertLayer = ExpertRules.AfterFirst,
                LayerField = "first_k_dense_replace",
            },
            Plan = LayerPlans.MiniMaxSparse,
            Knows =
            [
                "sparse_attention_config",
                "attention_output_gate",
                "intermediate_size",
                "n_shared_experts",
            ],
        },
        new()
        {
            Types = ["nemotron_h"],
            Names = new Dictionary<string, string[]> { ["head_dim"] = ["attention_head_dim", "head_dim"] },
            GatedMlp = false,
            HeadSizeIsFree = true,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            MlpBias = Switch.Of("mlp_bias"),
            Layers = LayerPlans.NemotronLayers,
            Experts = ExpertFamilies.CorrectedExperts with
            {
                SharedExperts = null,
                SharedWidth = "moe_shared_expert_intermediate_size",
                LatentSize = "moe_latent_size",
                Gated = false,
                AreOptional = true,
                IsExpertLayer = LayerPlans.IsNemotronExpert,
                LayerField = "hybrid_override_pattern",
            },
            Window = WindowRules.None,
            Plan = LayerPlans.NemotronH,
            Knows =
            [
                "mamba_num_heads",
                "ssm_state_size",
                "hybrid_override_pattern",
                "layers_block_type",
                "moe_latent_size",
                "expand",
                "n_shared_experts",
                "use_conv_bias",
            ],
        },
        s_mamba2,
        s_mamba2 with
        {
            Types = ["bamba"],
            MlpWidth = "intermediate_size",
            TiedEmbeddings = false,
            Plan = LayerPlans.Bamba,
            Experts = null,
        },
        s_mamba2 with
        {
            Types = ["falcon_h1"],
            MlpWidth = "intermediate_size",
            TiedEmbeddings = false,
            Plan = LayerPlans.FalconH1,
            Experts = null,
        },
        new()
        {
            Types = ["jamba"],
            Experts = ExpertFamilies.MixtralExperts with
            {
                Experts = "num_experts",
                AreOptional = true,
                IsExpertLayer = LayerPlans.IsJambaExpert,
                LayerField = "expert_layer_period",
            },
            Plan = LayerPlans.Jamba,
            Knows = ["mamba_d_state"],
        },
        new()
        {
            Types = ["nemotron-nas"],
            KvHeads = BlockConfigs.KvHeads,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            MlpBias = Switch.Of("mlp_bias"),
            Plan = BlockConfigs.Plan,
            Knows = ["block_configs"],
        },
        DenseFamilies.Gemma2 with
        {
            Types = ["gemma4", "gemma4_text"],
            QueryKeyNorm = QueryKeyNorm.PerHead,
            ContextIsScaled = true,
            Window = WindowRules.AllButEvery(6),
            Plan = LayerPlans.Gemma4,
            // Each layer has an MLP beside its experts, and norms around both.
            Norms = fields => fields.IsOn("num_experts") ? 7 : 4,
            Experts = new()
            {
                ExpertsPerToken = "top_k_experts",
                SharedWidth = "intermediate_size",
                AreOptional = true,
            },
            Knows = ["global_head_dim"],
        },
        new()
        {
            Types = ["mimo_v2", "mimo_v2_flash"],
            HeadSizeIsFree = true,
            QueryKeyValueBias = s_attentionBias,
            Experts = ExpertFamilies.CorrectedExperts,
            Window = WindowRules.None,
            Plan = LayerPlans.MiMo,
            Knows =
            [
                "swa_num_key_value_heads",
                "hybrid_layer_pattern",
                "attention_chunk_size",
                "sliding_window_size",
                "add_swa_attention_sink_bias",
            ],
        },
        new()
        {
            Types = ["step3p5", "step3p7"],
            Names = new Dictionary<string, string[]>
            {
                ["num_key_value_heads"] = ["num_key_value_heads", "num_attention_groups"],
                ["num_experts"] = ["num_experts", "moe_num_experts"],
                ["num_experts_per_tok"] = ["num_experts_per_tok", "moe_top_k"],
            },
            HeadSizeIsFree = true,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            Experts = new()
            {
                SharedWidth = "share_expert_dim",
                RouterBias = Switch.Of("use_moe_router_bias", absent: true),
                IsExpertLayer = ExpertRules.AfterFirst,
                LayerField = "first_k_dense_replace",
            },
            Plan = LayerPlans.Step,
            Knows = ["n_shared_experts"],
        },
    ];
}
