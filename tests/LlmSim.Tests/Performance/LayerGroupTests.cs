using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Models whose layers differ: what they weigh, what they keep of a request, and how long they take.</summary>
public sealed class LayerGroupTests
{
    /// <summary>Published by their authors, rounded as they round; without encoders and modules that predict several tokens.</summary>
    [Theory]
    [InlineData("openai/gpt-oss-120b", 116.83e9, 5.13e9)]
    [InlineData("openai/gpt-oss-20b", 20.91e9, 3.61e9)]
    [InlineData("Qwen/Qwen3-Next-80B-A3B-Instruct", 80e9, 3e9)]
    [InlineData("Qwen/Qwen3.5-397B-A17B", 397e9, 17e9)]
    [InlineData("Qwen/Qwen3.5-122B-A10B", 122e9, 10e9)]
    [InlineData("Qwen/Qwen3.5-35B-A3B", 35e9, 3e9)]
    [InlineData("deepseek-ai/DeepSeek-V3.2", 671e9, 37e9)]
    [InlineData("zai-org/GLM-5", 744e9, 40e9)]
    [InlineData("XiaomiMiMo/MiMo-V2-Flash", 309e9, 15e9)]
    [InlineData("stepfun-ai/Step-3.7-Flash", 196e9, 11e9)]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", 31.6e9, 3.6e9)]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16", 120.6e9, 12.7e9)]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16", 550e9, 55e9)]
    [InlineData("meta-llama/Llama-4-Scout-17B-16E-Instruct", 107.8e9, 17e9)]
    [InlineData("meta-llama/Llama-4-Maverick-17B-128E-Instruct", 400.7e9, 17e9)]
    [InlineData("google/gemma-4-26B-A4B", 25.2e9, 3.8e9)]
    public void A_model_with_experts_has_the_parameters_that_are_published(
        string id,
        double all,
        double active
    )
    {
        var model = ModelCatalog.BuiltIn.Get(id);
        var embedding = (double)model.VocabularySize * model.HiddenSize;

        Assert.InRange(model.Parameters / all, 0.99, 1.01);
        // Authors count the active ones with both embeddings, one, or none.
        Assert.InRange(
            active,
            0.92 * (model.ActiveParameters - 2 * embedding),
            1.06 * model.ActiveParameters
        );
    }

    [Theory]
    [InlineData("google/gemma-2-9b-it", 9_241_705_984)]
    [InlineData("google/gemma-2-27b-it", 27_227_128_320)]
    [InlineData("google/gemma-3-12b-it", 11_765_788_416)]
    [InlineData("google/gemma-3-27b-it", 27_009_002_240)]
    [InlineData("nvidia/Llama-3_3-Nemotron-Super-49B-v1", 49_867_145_216)]
    public void A_dense_model_has_the_parameters_of_its_weights(string id, long parameters) =>
        Assert.InRange(ModelCatalog.BuiltIn.Get(id).Parameters / (double)parameters, 0.9999, 1.0001);

    [Theory]
    [InlineData("openai/gpt-oss-120b", 18 * 2 * 8 * 64 * 2, 128, 18 * 2 * 8 * 64 * 2, 0)]
    [InlineData("google/gemma-3-27b-it", 10 * 2 * 16 * 128 * 2, 1024, 52 * 2 * 16 * 128 * 2, 0)]
    [InlineData("google/gemma-4-26B-A4B", 5 * 2 * 2 * 512 * 2, 1024, 25 * 2 * 8 * 256 * 2, 0)]
    [InlineData("XiaomiMiMo/MiMo-V2-Flash", 9 * 4 * 320 * 2, 128, 39 * 8 * 320 * 2, 0)]
    [InlineData("meta-llama/Llama-4-Scout-17B-16E-Instruct", 12 * 2048 * 2, 8192, 36 * 2048 * 2, 0)]
    [InlineData(
        "Qwen/Qwen3-Next-80B-A3B-Instruct",
        12 * 2 * 2 * 256 * 2,
        0,
        0,
        36 * ((32 * 128 * 128 * 4) + (8192 * 3 * 2))
    )]
    [InlineData(
        "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16",
        8 * 2 * 2 * 128 * 2,
        0,
        0,
        40 * ((128 * 64 * 128 * 4) + ((8192 + (2 * 8 * 128)) * 3 * 2))
    )]
    [InlineData("deepseek-ai/DeepSeek-V3.2", 61 * ((576 * 2) + 132), 0, 0, 0)]
    [InlineData("zai-org/GLM-5.2", (78 * 576 * 2) + (21 * 132), 0, 0, 0)]
    [InlineData("mistralai/Mistral-7B-v0.3", 32 * 2 * 8 * 128 * 2, 0, 0, 0)]
    public void What_a_request_keeps_follows_from_the_groups(
        string id,
        long perToken,
        int windowTokens,
        long perWindowToken,
        long state
    )
    {
        var footprint = KvFootprint.Of(ModelCatalog.BuiltIn.Get(id), new Precision());

        Assert.Equal(perToken, footprint.BytesPerToken);
        Assert.Equal(state, footprint.StateBytes);
        foreach (var tokens in new[] { 1, 100, 5000, 100_000 })
        {
            Assert.Equal(
                (Math.Min(tokens, windowTokens) * perWindowToken) + state,
                footprint.BesideBytes(tokens)
            );
        }
    }

    [Fact]
    public void Through_a_window_a_chunk_sees_what_its_queries_see_one_by_one()
    {
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var window = new AttentionWindow("x", 1 + random.Next(50));
            var (queries, computed) = (1 + random.Next(60), random.Next(60));
            var seen = Enumerable.Range(computed, queries).Select(at => Math.Min(at + 1, window.Tokens));
            var first = Math.Max(0, computed + 1 - window.Tokens);

            Assert.Equal(seen.Sum(), window.Pairs(queries, computed), 9);
            Assert.Equal(computed + queries - first, window.Keys(queries, computed), 9);
        }
    }

    /// <summary>Decoding is limited by memory: what longer contexts add is the bytes of the layers that see them.</summary>
    [Theory]
    [InlineData("openai/gpt-oss-120b", 1)]
    [InlineData("Qwen/Qwen3-Next-80B-A3B-Instruct", 1)]
    [InlineData("google/gemma-3-27b-it", 4)]
    public void Beyond_the_window_a_context_costs_what_the_other_layers_read(string id, int tpSize)
    {
        var model = ModelCatalog.BuiltIn.Get(id);
        var instance = Scenes.Instance("NVIDIA_H200", tpSize);
        var roofline = new RooflineModel(model, new Precision(), instance, Semantics.Standard);

        var added = Decode(20_000) - Decode(10_000);

        var copies = TensorParallelism.KvCopies(model, tpSize);
        var bytes = 8 * 10_000.0 * model.KvBytesPerToken(new Precision()) * copies / tpSize;
        Assert.InRange(added * instance.Hardware.MemoryBytesPerSecond / bytes, 0.999, 1.001);

        double Decode(int context) => roofline.DecodeSeconds(new(8, 8L * context, context));
    }

    [Fact]
    public void A_model_whose_windows_are_as_long_as_its_contexts_takes_what_one_without_takes()
    {
        var model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B");
        var windowed = model with
        {
            Attention = model.Attention with { Layers = 10 },
            OtherAttention = [model.Attention with { Layers = 26, Window = new("x", 40_960) }],
        };
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 1);
        var (one, other) = (Roofline(model), Roofline(windowed));

        foreach (var context in new[] { 1, 1000, 40_960 })
        {
            Assert.Equal(
                one.DecodeSeconds(new(3, 3L * context, context)),
                other.DecodeSeconds(new(3, 3L * context, context)),
                1e-12
            );
            var prompt = IterationBatch.OfPrompt(context, context / 3);
            Assert.Equal(one.Seconds(prompt), other.Seconds(prompt), 1e-12);
        }

        RooflineModel Roofline(ModelDescription of) => new(of, new Precision(), instance, Semantics.Standard);
    }

    [Fact]
    public void A_state_costs_the_same_whatever_the_context_and_prompts_are_linear_in_it()
    {
        var model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-Next-80B-A3B-Instruct");
        var states = new RecurrentOperations(model.Recurrent!, new Precision(), tpSize: 2);

        var one = states.For(decodeRequests: 1, promptTokens: 0);
        Assert.Equal(32 * 128 * 128 * 8 / 2.0, one.Ops);
        Assert.Equal(((32 * 128 * 128 * 4) + (8192 * 3 * 2)) / 2.0, one.KvInBytes);
        Assert.Equal(one.KvInBytes, one.KvOutBytes);
        Assert.Equal(5 * one.MemoryBytes, states.For(5, 0).MemoryBytes, 1e-6);
        Assert.Equal(3 * states.For(0, 1000).Ops, states.For(0, 3000).Ops, 1e-6);
    }

    [Fact]
    public void A_measured_profile_is_of_models_with_equal_layers()
    {
        var model = ToyProfile.Dense with { LayersWithoutMlp = 1 };

        Assert.Contains(
            "layers that differ or do not see all of a context",
            Assert.Throws<UserErrorException>(() => ToyProfile.Model(model)).Message
        );
    }

    [Theory]
    [InlineData(
        "\"full_attention_interval\": 4",
        "\"layer_types\": [\"mamba\"]",
        "layer_types: layers of type 'mamba'"
    )]
    [InlineData(
        "\"full_attention_interval\": 4",
        "\"full_attention_interval\": 1",
        "layer_types: 0 of 8 layers have a state"
    )]
    [InlineData(
        "\"linear_num_value_heads\": 4",
        "\"linear_num_value_heads\": -4",
        "linear_num_value_heads: -4 where"
    )]
    [InlineData("\"linear_num_value_heads\": 4,", "", "linear_num_value_heads: missing.")]
    public void Wrong_layers_with_a_state_are_errors(string found, string replacement, string message)
    {
        const string Config = """
            {"model_type": "qwen3_next", "hidden_size": 64, "num_hidden_layers": 8, "full_attention_interval": 4, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 16, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 16,
             "linear_value_head_dim": 16, "linear_conv_kernel_dim": 4, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
             "shared_expert_intermediate_size": 32, "vocab_size": 100, "max_position_embeddings": 512}
            """;
        Assert.Equal(6, Configs.Parse(Config).Recurrent!.Layers);

        var error = Assert.Throws<UserErrorException>(() =>
            Configs.Parse(Config.Replace(found, replacement, StringComparison.Ordinal))
        );
        Assert.StartsWith($"config.json:{message}", error.Message);
    }

    [Fact]
    public void Blocks_of_an_architecture_search_must_be_as_many_as_the_layers()
    {
        const string Config = """
            {"model_type": "nemotron-nas", "hidden_size": 768, "num_hidden_layers": 3, "num_attention_heads": 8, "vocab_size": 100,
             "max_position_embeddings": 512, "tie_word_embeddings": true, "block_configs": [
             {"attention": {"n_heads_in_group": 4, "no_op": false}, "ffn": {"ffn_mult": 1.5, "no_op": false}},
             {"attention": {"n_heads_in_group": 2, "no_op": false}, "ffn": {"ffn_mult": 3, "no_op": false}},
             {"attention": {"n_heads_in_group": null, "no_op": true}, "ffn": {"ffn_mult": null, "no_op": true}}]}
            """;
        var model = Configs.Parse(Config);
        Assert.Equal([(1, 2), (1, 4)], model.AttentionGroups.Select(group => (group.Layers, group.KvHeads)));
        Assert.Equal([(1, 768), (1, 1536)], model.Mlps.Select(group => (group.Layers, group.Width)));
        Assert.Equal((2, 2), (model.LayersWithMixer, model.LayersWithMlp));

        var error = Assert.Throws<UserErrorException>(() =>
            Configs.Parse(Config.Replace("layers\": 3", "layers\": 4", StringComparison.Ordinal))
        );
        Assert.Equal("config.json:block_configs: 3 blocks for 4 layers.", error.Message);
    }
}
