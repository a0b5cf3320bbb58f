using LlmSim.Performance;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>How long a context may be, and which layers see all of it.</summary>
public sealed class ConfigContextTests
{
    [Theory]
    // The rule of vLLM: yarn extends the original window, linear and dynamic the one that is stated.
    [InlineData("""{"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}""", 131_072)]
    [InlineData("""{"rope_type": "yarn", "factor": 40, "original_max_position_embeddings": 4096}""", 163_840)]
    [InlineData("""{"type": "yarn", "factor": 4, "original_max_position_embeddings": 16384.0}""", 65_536)]
    [InlineData("""{"rope_type": "yarn", "factor": 4}""", 131_072)]
    [InlineData("""{"type": "linear", "factor": 4}""", 131_072)]
    [InlineData("""{"type": "dynamic", "factor": 2.0}""", 65_536)]
    [InlineData("""{"type": "dynamic", "factor": 1.5}""", 49_152)]
    [InlineData("""{"type": "dynamic", "alpha": 1000.0, "factor": 1.0}""", 32_768)]
    [InlineData(
        """{"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192}""",
        32_768
    )]
    [InlineData("""{"type": "longrope", "factor": 8.0}""", 32_768)]
    [InlineData("""{"type": "su", "factor": 8.0}""", 32_768)]
    [InlineData("""{"type": "mrope", "mrope_section": [16, 24, 24]}""", 32_768)]
    [InlineData("""{"rope_type": "default", "rope_theta": 1e6}""", 32_768)]
    [InlineData("null", 32_768)]
    public void Scaled_positions_extend_the_context(string scaling, int tokens)
    {
        Assert.Equal(tokens, Qwen($"\"rope_scaling\": {scaling}").MaxContextTokens);
        Assert.Equal(tokens, Qwen($"\"rope_parameters\": {scaling}").MaxContextTokens);
    }

    [Fact]
    public void An_empty_rope_scaling_leaves_it_to_rope_parameters() =>
        Assert.Equal(
            65_536,
            Qwen(
                """ "rope_scaling": {}, "rope_parameters": {"rope_type": "linear", "factor": 2} """
            ).MaxContextTokens
        );

    [Fact]
    public void Newer_configs_may_scale_by_the_kind_of_layer() =>
        Assert.Equal(
            65_536,
            Qwen(
                """ "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2}, "sliding_attention": {"rope_type": "default"}} """
            ).MaxContextTokens
        );

    [Fact]
    public void Gemma_3_states_its_context_with_the_factor()
    {
        const string Gemma =
            """{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}}""";
        var model = Configs.Parse(Gemma);

        Assert.Equal(131_072, model.MaxContextTokens);
        // Five of six layers: 29 of 34.
        Assert.Equal((new AttentionWindow("sliding_window", 1024), 29), Windowed(model));
    }

    [Fact]
    public void A_kind_of_scaling_that_is_not_known_is_named() =>
        Assert.Contains(
            "rope_scaling: type 'spiral' is not known",
            Assert.Single(Qwen(""" "rope_scaling": {"type": "spiral", "factor": 2} """).Notices)
        );

    [Theory]
    [InlineData(
        """{"type": "yarn", "factor": -1}""",
        "config.json:rope_scaling:factor: -1 where a number above 0"
    )]
    [InlineData(
        """{"type": "linear", "factor": 1e9}""",
        "config.json:rope_scaling:factor: 32768 tokens become"
    )]
    [InlineData("""{"type": "linear", "factor": NaN}""", "config.json:rope_scaling:factor: \"NaN\" where")]
    [InlineData("[4]", "config.json:rope_scaling: [4] where an object")]
    public void A_wrong_scaling_is_an_error(string scaling, string message) =>
        Assert.StartsWith(
            message,
            Assert.Throws<UserErrorException>(() => Qwen($"\"rope_scaling\": {scaling}")).Message
        );

    [Theory]
    [InlineData("\"model_max_length\": 131072", 131_072)]
    [InlineData("\"model_max_length\": 4096", 4096)]
    public void A_stated_length_of_the_model_goes_before(string field, int tokens) =>
        Assert.Equal(tokens, Qwen(field).MaxContextTokens);

    [Theory]
    // Qwen: the layers from max_window_layers on, where the switch is on.
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 28", 0)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 21", 7)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 0", 28)]
    [InlineData("qwen2", "\"use_sliding_window\": true", 0)]
    [InlineData("qwen2", "\"use_sliding_window\": false, \"max_window_layers\": 21", 0)]
    [InlineData("qwen2", "\"max_window_layers\": 21", 0)]
    [InlineData("qwen2_5_vl", "\"use_sliding_window\": true, \"max_window_layers\": 20", 8)]
    // Others: every layer, unless there is a switch and it is off.
    [InlineData("mistral", "\"use_cache\": true", 28)]
    [InlineData("llama", "\"use_cache\": true", 28)]
    [InlineData("phi3", "\"use_sliding_window\": false", 0)]
    [InlineData("starcoder2", "\"use_cache\": true", 28)]
    [InlineData("smollm3", "\"use_cache\": true", 0)]
    // Gemma 2 every second, Cohere 2 and Olmo 3 three of four.
    [InlineData("gemma2", "\"head_dim\": 128", 14)]
    [InlineData("cohere2", "\"use_cache\": true", 21)]
    [InlineData("cohere2", "\"sliding_window_pattern\": 7", 24)]
    [InlineData("exaone4", "\"sliding_window_pattern\": \"LLLLLLG\"", 24)]
    [InlineData("olmo3", "\"use_cache\": true", 21)]
    public void Layers_with_a_window_are_counted(string type, string fields, int layers)
    {
        var model = Qwen($"\"sliding_window\": 4096, {fields}", type);

        Assert.Equal(28, model.AttentionGroups.Sum(group => group.Layers));
        Assert.Equal(
            (layers == 0 ? null : new AttentionWindow("sliding_window", 4096), layers),
            Windowed(model)
        );
    }

    [Theory]
    [InlineData("sliding_attention", 7)]
    [InlineData("full_attention", 0)]
    public void A_list_of_layers_decides(string kind, int layers)
    {
        var kinds = Enumerable.Repeat("\"full_attention\"", 21).Concat(Enumerable.Repeat($"\"{kind}\"", 7));
        var model = Qwen(
            $"\"sliding_window\": 4096, \"layer_types\": [{string.Join(", ", kinds)}]",
            "mistral"
        );

        Assert.Equal(layers, Windowed(model).Layers);
    }

    private static (AttentionWindow? Window, int Layers) Windowed(ModelDescription model) =>
        model.AttentionGroups.SingleOrDefault(group => group.Window is not null) is { } group
            ? (group.Window, group.Layers)
            : (null, 0);

    [Theory]
    [InlineData("[\"full_attention\"]", "config.json:layer_types: 1 types for 28 layers.")]
    [InlineData("[\"mamba\"]", "config.json:layer_types: layers of type 'mamba' are not simulated yet.")]
    [InlineData("\"mamba\"", "config.json:layer_types: \"mamba\" where a list of strings")]
    public void A_wrong_list_of_layers_is_an_error(string kinds, string message) =>
        Assert.StartsWith(
            message,
            Assert.Throws<UserErrorException>(() => Qwen($"\"layer_types\": {kinds}")).Message
        );

    [Fact]
    public void A_window_that_every_layer_has_is_in_the_times_and_not_in_the_memory()
    {
        var windowed = Qwen("\"sliding_window\": 4096", "mistral");
        var whole = Qwen("\"sliding_window\": null", "mistral");

        Assert.Equal(Roofline(whole).DecodeSeconds(new(8, 8000, 1000)), Decode(1000));
        Assert.Equal(Decode(4096), Decode(30_000));
        Assert.Equal(whole.KvBytesPerToken(new Precision()), windowed.KvBytesPerToken(new Precision()));

        double Decode(int context) => Roofline(windowed).DecodeSeconds(new(8, 8L * context, context));

        RooflineModel Roofline(ModelDescription of) =>
            new(of, new Precision(), Scenes.Instance("NVIDIA_H100_SXM", 1), Semantics.Standard);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(32_769)]
    public void A_served_context_is_not_longer_than_the_models(int tokens) =>
        Assert.Equal(
            $"max_model_len: {tokens} tokens for x/y; allowed is 1 to its own 32768.",
            Assert.Throws<UserErrorException>(() => Qwen("\"use_cache\": true").Serving(tokens)).Message
        );

    private static ModelDescription Qwen(string fields, string type = "qwen2") =>
        Configs.Parse(
            $$"""
            {"model_type": "{{type}}", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
             "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064,
             "max_position_embeddings": 32768, {{fields}}}
            """
        );
}
