namespace LlmSim.Performance.Catalog;

/// <summary>Families without experts, of layers like Llama's: norms of RMS, a gated MLP, positions that are rotated in.</summary>
internal static class DenseFamilies
{
    private static readonly Switch s_attentionBias = Switch.Of("attention_bias");
    private static readonly Switch s_mlpBias = Switch.Of("mlp_bias");

    public static ModelRules Llama { get; } =
        new()
        {
            Types = ["llama", "llama_text", "aquila", "Yi", "solar", "helium"],
            KvHeads = Heads.OrAll,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            MlpBias = s_mlpBias,
        };

    public static ModelRules Gemma2 { get; } =
        new()
        {
            Types = ["gemma2"],
            HeadSizeIsFree = true,
            TiedEmbeddings = true,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            Norms = _ => 4,
            Window = WindowRules.Alternating,
        };

    /// <summary>In the order of their makers.</summary>
    public static IReadOnlyList<ModelRules> All { get; } =
    [
        Llama,
        Llama with
        {
            // Cross-attention layers see the images, and are passed over in text.
            Types = ["mllama_text_model"],
        },
        Llama with
        {
            Types = ["granite", "internlm"],
            Names = new Dictionary<string, string[]> { ["attention_bias"] = ["attention_bias", "bias"] },
        },
        Llama with
        {
            Types = ["smollm3"],
            TiedEmbeddings = true,
            Window = WindowRules.Switched,
        },
        Llama with
        {
            Types = ["minicpm"],
            TiedEmbeddings = true,
        },
        Llama with
        {
            Types = ["seed_oss"],
            HeadSizeIsFree = true,
            OutputBias = Switch.Of("attention_out_bias"),
        },
        Llama with
        {
            Types = ["olmo"],
            NormVectors = 0,
        },
        Llama with
        {
            Types = ["olmo2"],
            QueryKeyNorm = QueryKeyNorm.AllHeads,
        },
        Llama with
        {
            Types = ["olmo3"],
            QueryKeyNorm = QueryKeyNorm.AllHeads,
            Window = WindowRules.AllButEvery(4),
        },
        Llama with
        {
            Types = ["internlm2"],
            QueryKeyValueBias = Switch.Of("bias"),
            OutputBias = Switch.Of("bias"),
        },
        Llama with
        {
            Types = ["internlm3"],
            QueryKeyValueBias = Switch.Of("qkv_bias"),
            OutputBias = Switch.Of("bias"),
            MlpBias = Switch.Of("bias"),
        },
        Llama with
        {
            Types = ["baichuan"],
        },
        Llama with
        {
            Types = ["orion"],
            NormVectors = 2,
        },
        Llama with
        {
            Types = ["exaone"],
            Names = new Dictionary<string, string[]>
            {
                ["num_hidden_layers"] = ["num_layers", "num_hidden_layers"],
            },
        },
        Llama with
        {
            Types = ["exaone4"],
            QueryKeyNorm = QueryKeyNorm.PerHead,
            Window = WindowRules.AllButEvery(4),
        },
        Llama with
        {
            Types = ["ernie4_5"],
            TiedEmbeddings = true,
            QueryKeyValueBias = Switch.Of("use_bias"),
            OutputBias = Switch.Of("use_bias"),
            MlpBias = Switch.Of("use_bias"),
        },
        Llama with
        {
            Types = ["hunyuan_v1_dense"],
            QueryKeyNorm = QueryKeyNorm.PerHead,
            HasQueryKeyNorm = Switch.Of("use_qk_norm", absent: true),
        },
        Llama with
        {
            Types = ["glm"],
            OutputBias = default,
            MlpBias = default,
        },
        Llama with
        {
            Types = ["glm4", "glm4v_text"],
            OutputBias = default,
            MlpBias = default,
            Norms = _ => 4,
        },
        new() { Types = ["mistral", "ministral", "ministral3"] },
        new() { Types = ["phi3"] },
        new()
        {
            Types = ["qwen2", "qwen2_vl", "qwen2_vl_text", "qwen2_5_vl", "qwen2_5_vl_text"],
            QueryKeyValueBias = Switch.On,
            Window = WindowRules.Last,
        },
        new()
        {
            Types = ["mimo"],
            HeadSizeIsFree = true,
            QueryKeyValueBias = s_attentionBias,
            Window = WindowRules.Last,
        },
        new()
        {
            Types = ["qwen3", "qwen3_vl_text"],
            HeadSizeIsFree = true,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            Window = WindowRules.Last,
        },
        Gemma2 with
        {
            Types = ["gemma"],
            Norms = _ => 2,
            Window = new(),
        },
        Gemma2,
        Gemma2 with
        {
            // The published configs leave out what the smallest sizes have in common.
            Types = ["gemma3", "gemma3_text"],
            Absent = new Dictionary<string, int>
            {
                ["vocab_size"] = 262_208,
                ["num_attention_heads"] = 8,
                ["num_key_value_heads"] = 4,
                ["head_dim"] = 256,
                ["max_position_embeddings"] = 131_072,
            },
            QueryKeyNorm = QueryKeyNorm.PerHead,
            ContextIsScaled = true,
            Window = WindowRules.AllButEvery(6),
        },
        new()
        {
            Types = ["cohere"],
            IsParallel = Switch.On,
            KvHeads = Heads.OrAll,
            TiedEmbeddings = true,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.AllHeads,
            HasQueryKeyNorm = Switch.Of("use_qk_norm"),
            Norms = _ => 1,
        },
        new()
        {
            Types = ["cohere2"],
            IsParallel = Switch.On,
            KvHeads = Heads.OrAll,
            TiedEmbeddings = true,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            Norms = _ => 1,
            Window = WindowRules.AllButEvery(4),
        },
        new()
        {
            Types = ["stablelm"],
            IsParallel = Switch.Of("use_parallel_residual"),
            KvHeads = Heads.OrAll,
            QueryKeyValueBias = Switch.Of("use_qkv_bias"),
            QueryKeyNorm = QueryKeyNorm.AllHeads,
            HasQueryKeyNorm = Switch.Of("qk_layernorm"),
            Norms = fields => fields.Flag("use_parallel_residual", absent: false) ? 1 : 2,
            NormVectors = 2,
        },
        new()
        {
            Types = ["nemotron"],
            KvHeads = Heads.OrAll,
            GatedMlp = false,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            MlpBias = s_mlpBias,
            NormVectors = 2,
        },
        new()
        {
            Types = ["arcee"],
            KvHeads = Heads.OrAll,
            GatedMlp = false,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            MlpBias = s_mlpBias,
        },
        new()
        {
            Types = ["apertus"],
            KvHeads = Heads.OrAll,
            GatedMlp = false,
            QueryKeyValueBias = s_attentionBias,
            OutputBias = s_attentionBias,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            // The activation learns two numbers.
            MoreInLayer = _ => 2,
        },
        new()
        {
            Types = ["starcoder2"],
            GatedMlp = false,
            TiedEmbeddings = true,
            QueryKeyValueBias = Switch.Of("use_bias", absent: true),
            OutputBias = Switch.Of("use_bias", absent: true),
            MlpBias = Switch.Of("use_bias", absent: true),
            NormVectors = 2,
        },
    ];
}
