using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Tokens of pictures as the processors of the models count them, and the shapes of their encoders.</summary>
public sealed class ImageTokenTests
{
    /// <summary>
    /// transformers' smart_resize with the published budgets: 4 to 16,384 tokens of 28 x 28 pixels (Qwen2.5-VL's model card), of 32 x 32 from 65,536 pixels on (Qwen3-VL's
    /// preprocessor_config.json). A picture of 224 x 224 is 66 tokens with its marks (Qwen2-VL, arXiv:2409.12191, section 2.1).
    /// </summary>
    [Theory]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 28, 28, 4)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 224, 224, 64)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 1024, 1024, 1369)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 1920, 1080, 2691)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 1080, 1920, 2691)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 3584, 3584, 16384)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 8000, 8000, 16384)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 42, 2800, 200)]
    [InlineData("Qwen/Qwen3-VL-8B-Instruct", 32, 32, 64)]
    [InlineData("Qwen/Qwen3-VL-8B-Instruct", 1024, 1024, 1024)]
    [InlineData("Qwen/Qwen3-VL-8B-Instruct", 1920, 1080, 2040)]
    [InlineData("Qwen/Qwen3-VL-8B-Instruct", 10000, 10000, 16384)]
    public void Qwen_has_a_token_for_each_group_of_patches(
        string model,
        int width,
        int height,
        int embeddings
    )
    {
        var (shape, _) = Shape(model, width, height);

        Assert.Equal(embeddings, shape.Embeddings);
        Assert.Equal(embeddings + 2, shape.Tokens);
        Assert.Equal((1, 4 * embeddings), (shape.Sequences, shape.Patches));
    }

    /// <summary>144 tokens a tile of 336 pixels; processing_llama4.py adds the marks. One tile up to 336 pixels, at most 16 and the whole.</summary>
    [Theory]
    [InlineData(336, 336, 1, 147)]
    [InlineData(100, 50, 1, 147)]
    [InlineData(672, 672, 5, 727)]
    [InlineData(672, 336, 3, 437)]
    [InlineData(1344, 1344, 17, 2467)]
    [InlineData(5000, 5000, 17, 2467)]
    [InlineData(1024, 768, 13, 1887)]
    [InlineData(1024, 1024, 17, 2467)]
    [InlineData(1920, 1080, 16, 2322)]
    public void Llama_4_has_tiles_that_a_picture_fits(int width, int height, int tiles, int tokens)
    {
        var (shape, _) = Shape("meta-llama/Llama-4-Scout-17B-16E-Instruct", width, height);

        Assert.Equal(tokens, shape.Tokens);
        Assert.Equal((tiles, tiles * 144, 577), (shape.Sequences, shape.Embeddings, shape.Patches));
    }

    /// <summary>256 tokens, whatever the size (Gemma 3's model card), a mark on either side and two blank lines.</summary>
    [Theory]
    [InlineData(896, 896)]
    [InlineData(10, 4000)]
    public void Gemma_3_has_one_square(int width, int height)
    {
        var (shape, _) = Shape("google/gemma-3-27b-it", width, height);

        Assert.Equal(new MediaShape(260, 256, 1, 4096), shape);
    }

    /// <summary>
    /// 256 tokens a tile of 448 pixels, up to 12 and the whole (InternVL2.5's model card). With up to 4, and with 1, vLLM's tests/models/multimodal/processing/test_internvl.py
    /// expects 5 tiles and 1 of a picture of 896 x 896.
    /// </summary>
    [Theory]
    [InlineData(448, 448, 12, 1)]
    [InlineData(896, 448, 12, 3)]
    // Of 1x1, 2x2 and 3x3 the last that is not twice as large as the picture.
    [InlineData(1024, 1024, 12, 10)]
    [InlineData(1344, 448, 12, 4)]
    [InlineData(1024, 768, 12, 13)]
    [InlineData(1920, 1080, 12, 9)]
    [InlineData(896, 896, 4, 5)]
    [InlineData(896, 896, 1, 1)]
    public void InternVl_has_tiles_of_the_nearest_shape(int width, int height, int most, int tiles)
    {
        var model = Configs.Parse(
            $$"""
            {"model_type": "internvl_chat", "downsample_ratio": 0.5, "force_image_size": 448, "max_dynamic_patch": {{most}},
             "llm_config": {"model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
              "num_key_value_heads": 4, "vocab_size": 151674, "max_position_embeddings": 32768, "tie_word_embeddings": false},
             "vision_config": {"model_type": "intern_vit_6b", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
              "num_attention_heads": 16, "image_size": 448, "patch_size": 14} }
            """
        );

        var shape = model.Vision!.Images.Of(width, height);

        Assert.Equal(tiles * 256, shape.Embeddings);
        Assert.Equal(tiles * 256 + 2, shape.Tokens);
        Assert.Equal((tiles, 1025), (shape.Sequences, shape.Patches));
    }

    /// <summary>Groups of 2 x 2 patches of 14 pixels up to 1540 (Mistral Small 3.1), a token behind each row.</summary>
    [Theory]
    [InlineData(28, 28, 2)]
    [InlineData(1540, 1540, 3080)]
    [InlineData(3080, 1540, 1568)]
    [InlineData(512, 512, 380)]
    [InlineData(1024, 1024, 1406)]
    [InlineData(1920, 1080, 1736)]
    public void Mistral_has_rows(int width, int height, int tokens)
    {
        var (shape, _) = Shape("mistralai/Mistral-Small-3.1-24B-Instruct-2503", width, height);

        Assert.Equal(tokens, shape.Tokens);
    }

    /// <summary>Longest side, picture and tokens without the marks behind rows, as vLLM's tests/models/multimodal/processing/test_mistral3.py expects them.</summary>
    [Theory]
    [InlineData(1540, 448, 448, 256)]
    [InlineData(1008, 1540, 1540, 1296)]
    [InlineData(1288, 1536, 1187, 1656)]
    [InlineData(1008, 29, 29, 4)]
    [InlineData(1000, 1540, 1700, 1188)]
    public void Mistral_has_a_token_for_each_group_of_patches(
        int longest,
        int width,
        int height,
        int embeddings
    ) =>
        Assert.Equal(
            embeddings,
            new RowImages(PatchSize: 14, Merge: 2, longest).Of(width, height).Embeddings
        );

    /// <summary>
    /// The weights of Qwen2.5-VL-7B (8,292,166,656) but those of its text (7,615,616,512, Qwen2.5-7B) are 676,550,144; norms and biases are not counted here.
    /// </summary>
    [Fact]
    public void Weights_of_an_encoder_are_those_that_are_published() =>
        Assert.InRange(Encoder("Qwen/Qwen2.5-VL-7B-Instruct").Parameters, 676_550_144 * 0.999, 676_550_144);

    [Fact]
    public void Most_layers_of_Qwen25_see_windows_of_112_pixels()
    {
        var encoder = Encoder("Qwen/Qwen2.5-VL-7B-Instruct");

        Assert.Equal((28, 64), (encoder.WindowLayers, encoder.WindowPatches));
        Assert.Equal(2 * 3584, encoder.EmbeddingBytes);
        // Three layers in between send embeddings as well.
        Assert.Equal(4 * 2 * 4096, Encoder("Qwen/Qwen3-VL-8B-Instruct").EmbeddingBytes);
    }

    [Fact]
    public void A_picture_that_is_too_long_is_refused() =>
        Assert.Equal(
            "image_size: found 201x1; allowed with this model: sides of which one is at most 200 times the other",
            Assert.Throws<UserErrorException>(() => Shape("Qwen/Qwen2.5-VL-7B-Instruct", 201, 1)).Message
        );

    /// <summary>The published files of these models have all that is read.</summary>
    [Theory]
    [InlineData("Qwen--Qwen3-VL-30B-A3B-Instruct_config.json", 1024)]
    [InlineData("Qwen--Qwen3.5-27B_config.json", 1024)]
    public void Published_configs_have_encoders(string file, int embeddings)
    {
        var model = Configs.ParseFile(SharedFiles.Require($"model_configs/{file}"));

        Assert.Null(model.VisionLack);
        Assert.Equal(embeddings, model.Vision!.Images.Of(1024, 1024).Embeddings);
    }

    [Theory]
    [InlineData(
        """{"depth": 27}""",
        "config.json:vision_config:model_type: found 'llama', an encoder that is not simulated"
    )]
    [InlineData(
        """{"model_type": "moonvit"}""",
        "config.json:vision_config:model_type: found 'moonvit', an encoder that is not simulated"
    )]
    [InlineData("""{"model_type": "qwen2_5_vl"}""", "config.json:vision_config:hidden_size: missing")]
    public void What_cannot_be_simulated_is_named_and_the_text_is_read(string vision, string lack)
    {
        var model = Configs.Parse(
            $$"""
            {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
             "vocab_size": 100, "max_position_embeddings": 128, "tie_word_embeddings": false, "vision_config": {{vision}} }
            """
        );

        Assert.Null(model.Vision);
        Assert.StartsWith(lack, model.VisionLack, StringComparison.Ordinal);
    }

    private static VisionEncoder Encoder(string model) => ModelCatalog.BuiltIn.Get(model).Vision!;

    private static (MediaShape Shape, VisionEncoder Encoder) Shape(string model, int width, int height) =>
        (Encoder(model).Images.Of(width, height), Encoder(model));
}
