using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Tokens of recordings as the processors of the models count them, and the shapes of their encoders.</summary>
public sealed class AudioTokenTests
{
    private const string Qwen2 = "Qwen/Qwen2-Audio-7B-Instruct";
    private const string Voxtral = "mistralai/Voxtral-Mini-3B-2507";

    /// <summary>
    /// 40 ms a token (Qwen2-Audio, arXiv:2407.10759, section 2): of n mel frames of 10 ms ((n - 1) / 2 + 1 - 2) / 2 + 1, rounded down (transformers, processing_qwen2_audio.py), and
    /// two marks. The encoder computes the whole window of 30 s, and hears nothing behind it.
    /// </summary>
    [Theory]
    [InlineData(30, 750)]
    [InlineData(10, 250)]
    [InlineData(1, 25)]
    [InlineData(4.17, 104)]
    [InlineData(0.29, 7)]
    [InlineData(0.001, 1)]
    [InlineData(95, 750)]
    public void Qwen2_audio_has_25_tokens_a_second_of_its_window(double seconds, int embeddings) =>
        Assert.Equal(
            new MediaShape(embeddings + 2, embeddings, 1, 1500) { IsSound = true },
            Rule(Qwen2).Of(seconds)
        );

    /// <summary>
    /// 12.5 tokens a second of windows of 30 s, which silence fills up (Voxtral, arXiv:2507.13264, section 2; transformers, processing_voxtral.py), and a mark. 40 minutes fit
    /// into 32,000 tokens, as its authors say.
    /// </summary>
    [Theory]
    [InlineData(30, 1)]
    [InlineData(0.5, 1)]
    [InlineData(30.001, 2)]
    [InlineData(90, 3)]
    [InlineData(2400, 80)]
    public void Voxtral_has_375_tokens_a_window(double seconds, int windows)
    {
        Assert.Equal(
            new MediaShape((375 * windows) + 1, 375 * windows, windows, 1500) { IsSound = true },
            Rule(Voxtral).Of(seconds)
        );
        Assert.InRange(Rule(Voxtral).Of(2400).Tokens, 1, 32_000);
    }

    [Theory]
    [InlineData(Qwen2, 750)]
    [InlineData(Voxtral, 349 * 375)]
    public void The_most_is_what_the_longest_recording_has(string model, int most) =>
        Assert.Equal(most, Rule(model).MostEmbeddings);

    /// <summary>
    /// The encoder of Whisper large-v3, of 640 million parameters, and what projects its output to the text: 25 million in Voxtral Mini, 52 million in Voxtral Small. Here the few of
    /// the first convolution count twice, biases and positions not at all.
    /// </summary>
    [Theory]
    [InlineData(Qwen2, 640e6 + (1280 * 4096))]
    [InlineData(Voxtral, 640e6 + 25e6)]
    [InlineData("mistralai/Voxtral-Small-24B-2507", 640e6 + 52e6)]
    public void Weights_of_an_encoder_are_those_of_Whisper_and_a_projection(
        string model,
        double parameters
    ) => Assert.InRange(ModelCatalog.BuiltIn.Get(model).Audio!.Parameters / parameters, 0.99, 1.01);

    /// <summary>4.7 and 24.3 billion with the text (arXiv:2507.13264, section 2).</summary>
    [Theory]
    [InlineData(Voxtral, 4.7e9)]
    [InlineData("mistralai/Voxtral-Small-24B-2507", 24.3e9)]
    public void A_model_and_its_encoder_have_the_parameters_that_are_published(string id, double parameters)
    {
        var model = ModelCatalog.BuiltIn.Get(id);

        Assert.InRange((model.Parameters + model.Audio!.Parameters) / parameters, 0.99, 1.01);
    }

    [Fact]
    public void Embeddings_are_as_wide_as_the_text()
    {
        Assert.Equal(2 * 4096, ModelCatalog.BuiltIn.Get(Qwen2).Audio!.EmbeddingBytes);
        Assert.Equal(2 * 3072, ModelCatalog.BuiltIn.Get(Voxtral).Audio!.EmbeddingBytes);
    }

    [Theory]
    [InlineData(
        """{"model_type": "gemma4_audio"}""",
        "config.json:audio_config:model_type: found 'gemma4_audio', an encoder that is not simulated; allowed: qwen2_audio_encoder, voxtral_encoder"
    )]
    [InlineData("""{"model_type": "qwen2_audio_encoder"}""", "config.json:audio_config:d_model: missing")]
    [InlineData(
        """
            {"model_type": "voxtral_encoder", "hidden_size": 64, "intermediate_size": 100, "num_hidden_layers": 2, "num_attention_heads": 4, "num_mel_bins": 8}
            """,
        "config.json:audio_config:intermediate_size: found 100; allowed: a multiple of hidden_size, 64"
    )]
    public void What_cannot_be_simulated_is_named_and_the_text_is_read(string audio, string lack)
    {
        var model = Configs.Parse(
            $$"""
            {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
             "vocab_size": 100, "max_position_embeddings": 128, "tie_word_embeddings": false, "audio_config": {{audio}} }
            """
        );

        Assert.Null(model.Audio);
        Assert.StartsWith(lack, model.AudioLack, StringComparison.Ordinal);
    }

    private static AudioRule Rule(string model) => ModelCatalog.BuiltIn.Get(model).Audio!.Recordings;
}
