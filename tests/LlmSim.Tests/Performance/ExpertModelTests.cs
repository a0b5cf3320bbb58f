using System.Text;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class ExpertModelTests
{
    private const string Qwen = """
        {"model_type": "qwen3_moe", "hidden_size": 64, "intermediate_size": 128, "moe_intermediate_size": 32,
         "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "num_experts": 8,
         "num_experts_per_tok": 2, "vocab_size": 100, "max_position_embeddings": 512}
        """;

    private const string DeepSeek = """
        {"model_type": "deepseek_v2", "hidden_size": 64, "intermediate_size": 128, "moe_intermediate_size": 32,
         "num_hidden_layers": 3, "first_k_dense_replace": 1, "num_attention_heads": 4, "kv_lora_rank": 16,
         "qk_rope_head_dim": 8, "qk_nope_head_dim": 12, "v_head_dim": 10, "n_routed_experts": 8,
         "n_shared_experts": 2, "num_experts_per_tok": 2, "vocab_size": 100, "max_position_embeddings": 512}
        """;

    /// <summary>As their authors publish them, rounded as they round.</summary>
    [Theory]
    [InlineData("Qwen/Qwen3-30B-A3B", 30.5e9, 3.3e9)]
    [InlineData("Qwen/Qwen3-30B-A3B-Instruct-2507", 30.5e9, 3.3e9)]
    [InlineData("Qwen/Qwen3-235B-A22B", 235e9, 22e9)]
    [InlineData("mistralai/Mixtral-8x7B-v0.1", 46.7e9, 12.9e9)]
    [InlineData("mistralai/Mixtral-8x22B-v0.1", 141e9, 39e9)]
    [InlineData("deepseek-ai/DeepSeek-V2", 236e9, 21e9)]
    [InlineData("deepseek-ai/DeepSeek-V3", 671e9, 37e9)]
    public void Parameters_are_those_that_are_published(string id, double parameters, double active)
    {
        var model = ModelCatalog.BuiltIn.Get(id);

        Assert.InRange(model.Parameters / parameters, 0.997, 1.003);
        Assert.InRange(model.ActiveParameters / active, 0.98, 1.02);
    }

    /// <summary>The sums of the tensors' sizes in the published weights.</summary>
    [Theory]
    [InlineData("Qwen/Qwen3-30B-A3B", 30_532_122_624)]
    [InlineData("mistralai/Mixtral-8x7B-v0.1", 46_702_792_704)]
    [InlineData("deepseek-ai/DeepSeek-V2", 235_741_434_880)]
    [InlineData("deepseek-ai/DeepSeek-V2-Lite", 15_706_484_224)]
    public void Parameters_are_those_of_the_published_weights(string id, long parameters) =>
        Assert.Equal(parameters, ModelCatalog.BuiltIn.Get(id).Parameters);

    [Fact]
    public void The_authors_of_DeepSeek_V3_count_the_active_parameters_without_the_input_embedding()
    {
        var model = ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-V3");

        Assert.Equal(36.6, (model.ActiveParameters - 129_280L * 7168) / 1e9, precision: 1);
    }

    [Fact]
    public void A_dense_model_activates_all_it_has()
    {
        Assert.Equal(Scenes.Llama70B.Parameters, Scenes.Llama70B.ActiveParameters);
        Assert.Equal(0, Scenes.Llama70B.ExpertParameters);
        Assert.Equal(0, Scenes.Llama70B.ExpertLayers);
    }

    [Theory]
    // 61 layers of a latent of 512 and a rotary key of 64; DeepSeek-V3 as V2 with one layer more.
    [InlineData("deepseek-ai/DeepSeek-V3", 61 * 576 * 2)]
    [InlineData("deepseek-ai/DeepSeek-V2", 60 * 576 * 2)]
    [InlineData("Qwen/Qwen3-30B-A3B", 2 * 48 * 4 * 128 * 2)]
    public void Latent_attention_keeps_one_vector_for_all_heads(string id, long bytes) =>
        Assert.Equal(bytes, ModelCatalog.BuiltIn.Get(id).KvBytesPerToken(new Precision()));

    [Fact]
    public void Every_part_of_a_model_with_experts_is_counted()
    {
        // Embeddings; per layer attention with norms of queries and keys, router, experts, norms; final norm.
        const long Attention = 64 * 64 + 2 * 64 * 32 + 64 * 64 + 2 * 16;
        const long Experts = 8 * 3 * 64 * 32;
        const long Layer = Attention + 64 * 8 + Experts + 2 * 64;
        var model = Parse(Qwen);

        Assert.Equal(2 * 100 * 64 + 2 * Layer + 64, model.Parameters);
        Assert.Equal(model.Parameters - 2 * Experts * 6 / 8, model.ActiveParameters);
    }

    [Fact]
    public void Every_part_of_a_model_with_latent_attention_is_counted()
    {
        const long Attention = 64 * 4 * 20 + 64 * 24 + 16 + 16 * 4 * 22 + 40 * 64;
        const long Experts = 64 * 8 + 8 * 3 * 64 * 32 + 3 * 64 * 64;
        const long All = 2 * 100 * 64 + 3 * (Attention + 2 * 64) + 3 * 64 * 128 + 2 * Experts + 64;

        Assert.Equal(All, Parse(DeepSeek).Parameters);
        var withQueryRank = Parse(DeepSeek.Replace("{", "{\"q_lora_rank\": 24, ", StringComparison.Ordinal));
        Assert.Equal(All + 3 * (64 * 24 + 24 + 24 * 80 - 64 * 80), withQueryRank.Parameters);
        var third = Parse(DeepSeek.Replace("deepseek_v2", "deepseek_v3", StringComparison.Ordinal));
        Assert.Equal(All + 2 * 8, third.Parameters);
    }

    [Theory]
    [InlineData("\"num_experts\": 8", "\"num_experts\": 1", "num_experts_per_tok: 2 of 1 experts cannot")]
    [InlineData("\"num_experts\": 8,", "", "num_experts: missing.")]
    [InlineData("{", "{\"mlp_only_layers\": [0, 1], ", "decoder_sparse_step: no layer is left")]
    [InlineData("{", "{\"mlp_only_layers\": 1, ", "mlp_only_layers: 1 where a list of whole numbers")]
    [InlineData("{", "{\"decoder_sparse_step\": 3, ", "decoder_sparse_step: no layer is left")]
    public void A_wrong_field_is_named(string found, string replacement, string message)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Parse(Qwen.Replace(found, replacement, StringComparison.Ordinal))
        );

        Assert.StartsWith($"config.json:{message}", error.Message);
    }

    [Theory]
    [InlineData(
        "\"first_k_dense_replace\": 1",
        "\"first_k_dense_replace\": 3",
        "first_k_dense_replace: no layer"
    )]
    [InlineData(
        "\"first_k_dense_replace\": 1",
        "\"first_k_dense_replace\": -1",
        "first_k_dense_replace: -1 where"
    )]
    [InlineData("\"kv_lora_rank\": 16,", "", "kv_lora_rank: missing.")]
    [InlineData("{", "{\"moe_layer_freq\": 0, ", "moe_layer_freq: 0 where a whole number above 0")]
    public void A_wrong_field_of_latent_attention_is_named(string found, string replacement, string message)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Parse(DeepSeek.Replace(found, replacement, StringComparison.Ordinal))
        );

        Assert.StartsWith($"config.json:{message}", error.Message);
    }

    [Theory]
    [InlineData(Qwen, "\"mlp_only_layers\": [1], ", 1)]
    [InlineData(Qwen, "\"decoder_sparse_step\": 2, ", 1)]
    [InlineData(Qwen, "\"mlp_layer_types\": [\"dense\", \"sparse\"], ", 1)]
    [InlineData(DeepSeek, "\"moe_layer_freq\": 2, ", 2)]
    [InlineData(DeepSeek, "\"moe_layer_freq\": [0, 1, 1], ", 1)]
    public void Layers_without_experts_have_an_mlp(string json, string field, int denseLayers)
    {
        var all = Parse(
            json.Replace(
                "\"first_k_dense_replace\": 1",
                "\"first_k_dense_replace\": 0",
                StringComparison.Ordinal
            )
        );
        var some = Parse(json.Replace("{", "{" + field, StringComparison.Ordinal));

        Assert.Equal(denseLayers, some.MixtureOfExperts!.DenseLayers);
        // Each has an MLP in the place of experts, router and shared experts.
        var experts = all.MixtureOfExperts!;
        var correction = json == DeepSeek ? 3L * 64 * experts.SharedIntermediateSize : 0;
        Assert.Equal(
            all.Parameters
                - denseLayers * (experts.Experts * (3L * 64 * 32 + 64) + correction - 3L * 64 * 128),
            some.Parameters
        );
    }

    [Fact]
    public void Expected_experts_grow_from_those_of_one_token_to_all()
    {
        var experts = Parse(Qwen).MixtureOfExperts!;

        Assert.Equal(2, experts.ExpectedExperts(1), precision: 12);
        // The second token meets each expert of the first with a chance of a quarter.
        Assert.Equal(2 + 2 * 0.75, experts.ExpectedExperts(2), precision: 12);
        Assert.Equal(8, experts.ExpectedExperts(1000), precision: 12);
    }

    private static ModelDescription Parse(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return ModelConfigParser.Parse("x/y", stream, "config.json");
    }
}
