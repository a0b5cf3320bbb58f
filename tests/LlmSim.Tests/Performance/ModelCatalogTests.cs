using System.Text;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class ModelCatalogTests
{
    private const string Llama = """
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
         "num_attention_heads": 4, "vocab_size": 100, "max_position_embeddings": 512, "rope_theta": 1e4}
        """;

    [Theory]
    [InlineData("unsloth/Llama-3.3-70B-Instruct", 70_553_706_496)]
    [InlineData("meta-llama/Llama-3.1-405B", 405_853_388_800)]
    [InlineData("meta-llama/Llama-3.1-70B", 70_553_706_496)]
    [InlineData("meta-llama/Llama-3.1-8B", 8_030_261_248)]
    [InlineData("meta-llama/Llama-3.2-1B", 1_235_814_400)]
    [InlineData("meta-llama/Llama-3.2-3B", 3_212_749_824)]
    [InlineData("meta-llama/Llama-2-7b-hf", 6_738_415_616)]
    [InlineData("meta-llama/Llama-2-13b-hf", 13_015_864_320)]
    [InlineData("meta-llama/Llama-2-70b-hf", 68_976_648_192)]
    [InlineData("Qwen/Qwen2.5-0.5B-Instruct", 494_032_768)]
    [InlineData("Qwen/Qwen2.5-1.5B-Instruct", 1_543_714_304)]
    [InlineData("Qwen/Qwen2.5-3B-Instruct", 3_085_938_688)]
    [InlineData("Qwen/Qwen2.5-7B-Instruct", 7_615_616_512)]
    [InlineData("Qwen/Qwen2.5-14B-Instruct", 14_770_033_664)]
    [InlineData("Qwen/Qwen2.5-32B-Instruct", 32_763_876_352)]
    [InlineData("Qwen/Qwen2.5-72B-Instruct", 72_706_203_648)]
    [InlineData("Qwen/Qwen3-0.6B", 596_049_920)]
    [InlineData("Qwen/Qwen3-1.7B", 1_720_574_976)]
    [InlineData("Qwen/Qwen3-4B", 4_022_468_096)]
    [InlineData("Qwen/Qwen3-8B", 8_190_735_360)]
    [InlineData("Qwen/Qwen3-14B", 14_768_307_200)]
    [InlineData("Qwen/Qwen3-32B", 32_762_123_264)]
    [InlineData("mistralai/Mistral-7B-v0.3", 7_248_023_552)]
    [InlineData("mistralai/Mistral-Nemo-Base-2407", 12_247_782_400)]
    [InlineData("mistralai/Mistral-Small-24B-Instruct-2501", 23_572_403_200)]
    [InlineData("mistralai/Mistral-Large-Instruct-2407", 122_610_069_504)]
    [InlineData("openai-community/gpt2", 124_439_808)]
    [InlineData("openai-community/gpt2-medium", 354_823_168)]
    [InlineData("openai-community/gpt2-large", 774_030_080)]
    [InlineData("openai-community/gpt2-xl", 1_557_611_200)]
    public void Parameters_are_those_of_the_published_weights(string id, long parameters) =>
        Assert.Equal(parameters, ModelCatalog.BuiltIn.Get(id).Parameters);

    [Fact]
    public void Every_model_parses_and_every_alias_leads_to_one()
    {
        Assert.All(ModelCatalog.BuiltIn.All, model => Assert.Same(model, ModelCatalog.BuiltIn.Get(model.Id)));
        Assert.All(
            ModelCatalog.BuiltIn.Aliases,
            alias => Assert.Equal(alias.Value, ModelCatalog.BuiltIn.Get(alias.Key).Id)
        );
    }

    [Fact]
    public void The_default_model_has_the_shapes_of_its_config()
    {
        var model = Scenes.Llama70B;

        Assert.Equal((8192, 28672, 80), (model.HiddenSize, model.IntermediateSize, model.Layers));
        Assert.Equal((64, 8, 128), (model.AttentionHeads, model.KvHeads, model.HeadSize));
        Assert.Equal((128256, 131072), (model.VocabularySize, model.MaxContextTokens));
        Assert.Equal(327_680, model.KvBytesPerToken(new Precision()));
    }

    [Theory]
    [InlineData("meta-llama/Llama-3.3-70B-Instruct", "unsloth/Llama-3.3-70B-Instruct")]
    [InlineData("Llama-3.3-70B-Instruct", "unsloth/Llama-3.3-70B-Instruct")]
    [InlineData("Qwen3-8B", "Qwen/Qwen3-8B")]
    [InlineData("gpt2", "openai-community/gpt2")]
    public void An_alias_or_an_unambiguous_short_name_will_do(string name, string id) =>
        Assert.Equal(id, ModelCatalog.BuiltIn.Get(name).Id);

    [Fact]
    public void An_unknown_model_is_answered_with_the_nearest()
    {
        var error = Assert.Throws<UserErrorException>(() => ModelCatalog.BuiltIn.Get("Qwen/Qwen3-9B"));

        Assert.Contains("model 'Qwen/Qwen3-9B' is unknown. Did you mean 'Qwen/Qwen3-", error.Message);
        Assert.Contains("'llmsim models'", error.Message);
    }

    [Theory]
    [InlineData("{}", "config.json:model_type: missing.")]
    [InlineData("[]", "config.json: a JSON Array where an object is expected.")]
    [InlineData("{\n\"model_type\":", "config.json:2: not valid JSON")]
    [InlineData("{\"model_type\": 7}", "config.json:model_type: 7 where a string is expected.")]
    [InlineData(
        "{\"model_type\": \"qwen4\"}",
        "config.json:model_type: 'qwen4' is not supported. Did you mean 'qwen2'?"
    )]
    [InlineData(
        "{\"model_type\": \"llama\", \"num_local_experts\": 8}",
        "config.json:num_local_experts: a model of type 'llama' has no experts; those with experts are bailing_moe, "
    )]
    [InlineData(
        "{\"model_type\": \"minicpm3\", \"kv_lora_rank\": 256}",
        "config.json:model_type: 'minicpm3' is not supported."
    )]
    public void A_config_that_cannot_be_used_says_why(string json, string message) =>
        Assert.StartsWith(message, Assert.Throws<UserErrorException>(() => Parse(json)).Message);

    [Theory]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": 0", "hidden_size: 0 where a whole number above 0")]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": 64.5", "hidden_size: 64.5 where a whole number")]
    [InlineData("\"hidden_size\": 64, ", "", "hidden_size: missing.")]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": null", "hidden_size: missing.")]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": 66", "num_attention_heads: 4 heads do not divide")]
    [InlineData("\"vocab_size\": 100", "\"vocab_size\": -1", "vocab_size: -1 where")]
    [InlineData(
        "{",
        "{\"num_key_value_heads\": 3, ",
        "num_key_value_heads: 3 does not divide 4 attention heads."
    )]
    [InlineData("{", "{\"tie_word_embeddings\": 1, ", "tie_word_embeddings: 1 where true or false")]
    [InlineData("\"llama\"", "\"qwen2\"", "num_key_value_heads: missing.")]
    [InlineData("\"llama\"", "\"qwen3\", \"num_key_value_heads\": 4", "head_dim: missing.")]
    public void A_wrong_field_is_named(string found, string replacement, string message)
    {
        var json = Llama.Replace(found, replacement, StringComparison.Ordinal);
        Assert.NotEqual(Llama, json);
        Assert.StartsWith(
            $"config.json:{message}",
            Assert.Throws<UserErrorException>(() => Parse(json)).Message
        );
    }

    [Fact]
    public void A_field_given_twice_is_an_error() =>
        Assert.Throws<UserErrorException>(() =>
            Parse(Llama.Replace("{", "{\"vocab_size\": 5, ", StringComparison.Ordinal))
        );

    [Theory]
    [InlineData("", 0)]
    [InlineData("\"tie_word_embeddings\": true, ", -100 * 64)]
    [InlineData("\"attention_bias\": true, ", 2 * 4 * 64)]
    [InlineData("\"mlp_bias\": true, ", 2 * (2 * 128 + 64))]
    [InlineData("\"num_key_value_heads\": 2, ", -2 * 2 * 64 * 32)]
    [InlineData("\"head_dim\": 32, ", 2 * 4 * 64 * 64)]
    public void Every_field_that_shapes_the_weights_is_counted(string field, long difference)
    {
        // Embeddings; attention, MLP and norms of two layers; final norm.
        const long Plain = 2 * 100 * 64 + 2 * (4 * 64 * 64 + 3 * 64 * 128 + 2 * 64) + 64;

        Assert.Equal(
            Plain + difference,
            Parse(Llama.Replace("{", "{" + field, StringComparison.Ordinal)).Parameters
        );
    }

    private static ModelDescription Parse(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return ModelConfigParser.Parse("x/y", stream, "config.json");
    }

    /// <summary>Bytes of the published files, without modules that predict several tokens and encoders.</summary>
    [Theory]
    [InlineData("deepseek-ai/DeepSeek-R1", 673e9)]
    [InlineData("moonshotai/Kimi-K2-Instruct", 1029e9)]
    [InlineData("moonshotai/Kimi-K2-Thinking", 594e9)]
    [InlineData("moonshotai/Kimi-K2.5", 594e9)]
    [InlineData("MiniMaxAI/MiniMax-M2", 230e9)]
    public void A_model_that_is_published_in_8_or_4_bits_is_simulated_so(string id, double bytes)
    {
        var model = ModelCatalog.BuiltIn.Get(id);

        Assert.Equal(bytes, model.WeightBytes(new PrecisionRequest().Resolve(model)), 0.005 * bytes);
    }
}
