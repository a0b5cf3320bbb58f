using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Tokens of videos as the processors of the models count them.</summary>
public sealed class VideoTokenTests
{
    private const string Qwen25 = "Qwen/Qwen2.5-VL-7B-Instruct";
    private const string Qwen3 = "Qwen/Qwen3-VL-8B-Instruct";

    /// <summary>
    /// qwen-vl-utils' fetch_video: 2 frames a second, an even number from 4 to 768, each within 128 to 768 groups of 28 x 28 pixels, and all within 115,200 pairs. Worked through
    /// by a calculation apart from this program: 1280 x 720 is 46 x 26 groups, more than 768, and becomes 36 x 20 of each of 10 pairs.
    /// </summary>
    [Theory]
    [InlineData(1280, 720, 10, null, 10, 36 * 20)]
    [InlineData(1280, 720, 10, 1.0, 5, 36 * 20)]
    [InlineData(1920, 1080, 60, null, 60, 36 * 20)]
    // At least four frames, of which a pair is enlarged to no fewer than 128 groups.
    [InlineData(640, 360, 1, null, 2, 23 * 13)]
    [InlineData(224, 224, 3.4, null, 3, 12 * 12)]
    // 360 and 768 frames share 115,200 pairs: 640 and 300 groups a frame.
    [InlineData(1280, 720, 180, null, 180, 33 * 18)]
    [InlineData(1280, 720, 600, null, 384, 23 * 12)]
    public void Qwen25_has_groups_in_pairs_of_frames(
        int width,
        int height,
        double seconds,
        double? rate,
        int pairs,
        int groups
    )
    {
        var shape = Videos(Qwen25).Of(width, height, seconds, rate);

        Assert.Equal(new MediaShape((pairs * groups) + 2, pairs * groups, pairs, 4 * groups), shape);
    }

    /// <summary>
    /// transformers' video_processing_qwen3_vl.py with 4,096 to 25,165,824 pixels (video_preprocessor_config.json of Qwen3-VL), and its processing_qwen3_vl.py: each pair has its
    /// two marks and its time, "&lt;0.5 seconds&gt;", of six tokens and one more for each further digit. Worked through by a calculation apart from this program.
    /// </summary>
    [Theory]
    // 20 frames of 10 s: 22 x 40 groups, and 80 tokens of marks and times.
    [InlineData(1280, 720, 10, null, 10, 22 * 40, 8880)]
    [InlineData(1280, 720, 10, 1.0, 5, 22 * 40, 4440)]
    // 120 frames have 209,715 pixels each: 10 x 19 groups; 10 of 60 times are below 10 s.
    [InlineData(1920, 1080, 60, null, 60, 10 * 19, 11_930)]
    [InlineData(640, 360, 1, null, 2, 11 * 20, 456)]
    [InlineData(1280, 720, 180, null, 180, 6 * 11, 13_570)]
    [InlineData(1280, 720, 600, null, 384, 4 * 7, 14_521)]
    // Five frames are filled up to six.
    [InlineData(224, 224, 2.6, null, 3, 49, 171)]
    [InlineData(20, 20, 4, null, 4, 1, 36)]
    public void Qwen3_has_a_budget_of_all_frames_and_the_times_of_pairs(
        int width,
        int height,
        double seconds,
        double? rate,
        int pairs,
        int groups,
        int tokens
    )
    {
        var shape = Videos(Qwen3).Of(width, height, seconds, rate);

        Assert.Equal(new MediaShape(tokens, pairs * groups, pairs, 4 * groups), shape);
    }

    /// <summary>
    /// A tile of 256 tokens a frame (transformers' processing_internvl.py): "Frame1: ", two marks around it, a line feed between frames; eight frames unless asked for others
    /// (load_video of InternVL's cards).
    /// </summary>
    [Theory]
    [InlineData(60, null, 8, (8 * 262) + 7)]
    [InlineData(10, 1.0, 10, (10 * 262) + 1 + 9)]
    [InlineData(0.2, 1.0, 1, 262)]
    public void InternVl_has_a_tile_a_frame(double seconds, double? rate, int frames, int tokens)
    {
        var shape = InternVl().Of(1280, 720, seconds, rate);

        Assert.Equal(new MediaShape(tokens, frames * 256, frames, 1025), shape);
    }

    [Fact]
    public void Frames_that_no_context_holds_are_refused() =>
        Assert.Equal(
            "video_fps: found 2 of 100 s, 200 frames; allowed with this model: 128 frames, which fill its context",
            Assert.Throws<UserErrorException>(() => InternVl().Of(448, 448, 100, 2)).Message
        );

    [Theory]
    [InlineData(Qwen25)]
    [InlineData(Qwen3)]
    public void A_video_that_is_too_narrow_is_refused(string model) =>
        Assert.Equal(
            "video_size: found 1x201; allowed with this model: sides of which one is at most 200 times the other",
            Assert.Throws<UserErrorException>(() => Videos(model).Of(1, 201, 10, null)).Message
        );

    /// <summary>No shape comes to more than an engine has room for.</summary>
    [Theory]
    [InlineData(Qwen25)]
    [InlineData(Qwen3)]
    public void No_usual_video_has_more_tokens_than_the_most(string model)
    {
        var rule = Videos(model);
        for (var seconds = 0.5; seconds < 1000; seconds *= 1.07)
        {
            foreach (
                var (width, height) in new[] { (8000, 8000), (1280, 720), (300, 4000), (28, 28), (9, 7) }
            )
            {
                var shape = rule.Of(width, height, seconds, 2);
                Assert.InRange(shape.Embeddings, 1, rule.MostEmbeddings);
                Assert.True(shape.Tokens > shape.Embeddings);
            }
        }
    }

    [Theory]
    [InlineData("google/gemma-3-27b-it")]
    [InlineData("meta-llama/Llama-4-Scout-17B-16E-Instruct")]
    [InlineData("mistralai/Mistral-Small-3.1-24B-Instruct-2503")]
    public void Other_models_have_no_rule_for_videos(string model) =>
        Assert.Null(ModelCatalog.BuiltIn.Get(model).Vision!.Videos);

    private static VideoRule Videos(string model) => ModelCatalog.BuiltIn.Get(model).Vision!.Videos!;

    private static VideoRule InternVl() =>
        Configs
            .Parse(
                """
                {"model_type": "internvl_chat", "downsample_ratio": 0.5, "force_image_size": 448,
                 "llm_config": {"model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
                  "num_key_value_heads": 4, "vocab_size": 151674, "max_position_embeddings": 32768, "tie_word_embeddings": false},
                 "vision_config": {"model_type": "intern_vit_6b", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
                  "num_attention_heads": 16, "image_size": 448, "patch_size": 14} }
                """
            )
            .Vision!.Videos!;
}
