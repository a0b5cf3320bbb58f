using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Work of encoders against what can be written down by hand, on an accelerator whose memory and links take no time.</summary>
public sealed class EncoderTimeTests
{
    private const double OpsPerSecond = 1e15;

    /// <summary>Of the softmax, for each head and pair of query and key, as for text.</summary>
    private const int SoftmaxOps = 5;

    /// <summary>28 layers of Qwen2.5-VL see windows of 8 x 8 patches, 4 all n; each patch passes four projections and three matrices of the MLP.</summary>
    [Theory]
    [InlineData(1024, 1024)]
    [InlineData(1920, 1080)]
    [InlineData(280, 392)]
    public void Qwen25_has_linear_layers_windows_and_whole_pictures(int width, int height)
    {
        var (shape, seconds) = Seconds("Qwen/Qwen2.5-VL-7B-Instruct", width, height);

        double n = shape.Patches;
        var linear = 32 * 2 * n * ((4 * 1280 * 1280) + (3 * 1280 * 3420));
        var attention = ((4 * n * n) + (28 * n * 64)) * 16 * ((4 * 80) + SoftmaxOps);
        var around = (2 * n * 3 * 2 * 14 * 14 * 1280) + (2 * n / 4 * ((5120.0 * 5120) + (5120 * 3584)));
        Near((linear + attention + around) / OpsPerSecond, seconds);
    }

    /// <summary>A pair of frames attends within itself: so many pairs are so many pictures of their size.</summary>
    [Theory]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", 1008, 560)]
    [InlineData("Qwen/Qwen3-VL-8B-Instruct", 640, 352)]
    public void A_video_has_the_work_of_its_pairs_of_frames(string model, int width, int height)
    {
        var (_, pair) = Seconds(model, width, height);
        var description = ModelCatalog.BuiltIn.Get(model);
        var video = description.Vision!.Videos!.Of(width, height, seconds: 10, framesPerSecond: 2);

        Assert.Equal(10, video.Sequences);
        Near(10 * pair, Time(description, Semantics.Standard).Seconds(video));
    }

    /// <summary>1,500 positions of 32 layers, each of which has two mel frames and makes half an embedding, or a quarter.</summary>
    [Theory]
    [InlineData("Qwen/Qwen2-Audio-7B-Instruct", 10, 1, 1280.0 * 4096 / 2)]
    [InlineData("mistralai/Voxtral-Mini-3B-2507", 70, 3, ((5120.0 * 3072) + (3072.0 * 3072)) / 4)]
    public void Sound_has_the_work_of_its_windows(string model, double seconds, int windows, double projected)
    {
        var description = ModelCatalog.BuiltIn.Get(model);
        var shape = description.Audio!.Recordings.Of(seconds);

        double n = 1500;
        var linear = 32 * 2 * n * ((4 * 1280 * 1280) + (2 * 1280 * 5120));
        var attention = 32 * n * n * 20 * ((4 * 64) + SoftmaxOps);
        var around = 2 * n * ((2 * 3 * 128 * 1280) + (3.0 * 1280 * 1280) + projected);
        Assert.Equal((windows, 1500), (shape.Sequences, shape.Patches));
        Near(
            windows * (linear + attention + around) / OpsPerSecond,
            Time(description, Semantics.Standard).Seconds(shape)
        );
    }

    /// <summary>Three layers in between have a projection of their own, beside that behind the last.</summary>
    [Fact]
    public void Qwen3_sees_whole_pictures_and_projects_four_times()
    {
        var (shape, seconds) = Seconds("Qwen/Qwen3-VL-8B-Instruct", 1920, 1080);

        double n = shape.Patches;
        var linear = 27 * 2 * n * ((4 * 1152 * 1152) + (2 * 1152 * 4304));
        var attention = 27 * n * n * 16 * ((4 * 72) + SoftmaxOps);
        var around = (2 * n * 3 * 2 * 16 * 16 * 1152) + (4 * 2 * n / 4 * ((4608.0 * 4608) + (4608 * 4096)));
        Near((linear + attention + around) / OpsPerSecond, seconds);
    }

    /// <summary>A tile attends within itself: 12 tiles and the whole are 13 times one.</summary>
    [Fact]
    public void Llama_4_has_as_much_work_as_tiles()
    {
        var (_, one) = Seconds("meta-llama/Llama-4-Scout-17B-16E-Instruct", 336, 336);
        var (shape, all) = Seconds("meta-llama/Llama-4-Scout-17B-16E-Instruct", 1024, 768);

        const double n = 577;
        var linear = 34 * 2 * n * ((4 * 1408 * 1408) + (2 * 1408 * 5632));
        var attention = 34 * n * n * 16 * ((4 * 88) + SoftmaxOps);
        var around =
            (2 * n * 3 * 14 * 14 * 1408)
            + (2 * n / 4 * ((4.0 * 1408 * 4096) + (4096 * 4096) + (4096 * 5120)));
        Near((linear + attention + around) / OpsPerSecond, one);
        Assert.Equal(13, shape.Sequences);
        Near(13 * one, all);
    }

    /// <summary>64 x 64 patches of SigLIP, whatever the picture.</summary>
    [Fact]
    public void Gemma_3_has_the_work_of_its_square()
    {
        var (_, seconds) = Seconds("google/gemma-3-27b-it", 200, 3000);

        const double n = 4096;
        var linear = 27 * 2 * n * ((4 * 1152 * 1152) + (2 * 1152 * 4304));
        var attention = 27 * n * n * 16 * ((4 * 72) + SoftmaxOps);
        var around = (2 * n * 3 * 14 * 14 * 1152) + (2 * n / 16 * 1152 * 5376);
        Near((linear + attention + around) / OpsPerSecond, seconds);
    }

    [Fact]
    public void A_mask_that_computes_all_pairs_of_a_prompt_changes_nothing()
    {
        var (_, expected) = Seconds("Qwen/Qwen3-VL-8B-Instruct", 800, 600);
        var (_, all) = Seconds(
            "Qwen/Qwen3-VL-8B-Instruct",
            800,
            600,
            Semantics.Standard with
            {
                AttentionMask = LlmSim.Options.AttentionMask.Full,
            }
        );

        Near(expected, all);
    }

    [Fact]
    public void Pictures_together_have_the_work_of_each()
    {
        var time = Time(ModelCatalog.BuiltIn.Get("Qwen/Qwen3-VL-8B-Instruct"), Semantics.Standard);
        var images = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-VL-8B-Instruct").Vision!.Images;
        MediaShape[] shapes = [images.Of(640, 480), images.Of(1920, 1080), images.Of(640, 480)];

        Near(shapes.Sum(shape => time.Seconds(shape)), time.Seconds(shapes.AsSpan()));
        Assert.Equal(0, time.Seconds([]));
    }

    /// <summary>Two halves of the work at twice the accelerators; 3 do not divide 16 heads, so that each has all of the encoder.</summary>
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(3, 1, 3)]
    public void Accelerators_divide_an_encoder_or_each_has_all(int tpSize, int share, int copies)
    {
        var served = Served("Qwen/Qwen2.5-VL-7B-Instruct");
        var spec = Spec() with { TpSize = tpSize };
        var time = EncoderTime.Of(served, spec, Semantics.Standard, Roofline);
        var shape = served.Model.Vision!.Images.Of(1024, 1024);

        Near(Seconds("Qwen/Qwen2.5-VL-7B-Instruct", 1024, 1024).Seconds / share, time.Seconds(shape));
        Assert.Equal(
            copies * 2 * served.Model.Vision.Parameters,
            EncoderTime.WeightBytes(served, spec, Semantics.Standard)
        );
    }

    private static (MediaShape Shape, double Seconds) Seconds(
        string model,
        int width,
        int height,
        Semantics? semantics = null
    )
    {
        var description = ModelCatalog.BuiltIn.Get(model);
        var shape = description.Vision!.Images.Of(width, height);
        return (shape, Time(description, semantics ?? Semantics.Standard).Seconds(shape));
    }

    private static EncoderTime Time(ModelDescription model, Semantics semantics) =>
        EncoderTime.Of(
            new(model) { Precision = new Precision() },
            Spec(),
            semantics,
            (tower, instance) => new RooflineModel(tower.Model, tower.Precision, instance, semantics)
        );

    private static ServedModel Served(string model) =>
        new(ModelCatalog.BuiltIn.Get(model)) { Precision = new Precision() };

    private static RooflineModel Roofline(ServedModel tower, InstanceSpec instance) =>
        new(tower.Model, tower.Precision, instance, Semantics.Standard);

    private static InstanceSpec Spec() =>
        new()
        {
            Hardware = new HardwareDescription
            {
                Name = "abstract",
                MemoryBytesPerSecond = 1e30,
                Fp16OpsPerSecond = OpsPerSecond,
                Int8OpsPerSecond = OpsPerSecond,
                OnChipBufferBytes = 1e6,
                MemoryBytes = 1L << 40,
                LinkBytesPerSecond = 1e30,
                LinkLatencySeconds = 0,
                Source = "a test",
            },
            TpSize = 1,
        };

    /// <summary>What lies around the layers is a multiple of 64 wide, which is within a thousandth of the whole.</summary>
    private static void Near(double expected, double found) =>
        Assert.InRange(found, expected * (1 - 1e-3), expected * (1 + 1e-3));
}
