using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>What an engine takes beside its kernels.</summary>
public sealed class EngineTimeTests
{
    private static readonly EngineOverheads s_overheads = new()
    {
        IterationSeconds = 1e-3,
        LayerSeconds = 10e-6,
        SequenceSeconds = 20e-6,
        PromptSeconds = 0.5e-3,
        EagerLayerSeconds = 1e-3,
    };

    [Theory]
    [InlineData(0.050, 1, 0.050 + 80 * 10e-6)]
    [InlineData(0.200, 1, 0.200 + 80 * 10e-6)]
    [InlineData(0.050, 3, 0.240)]
    public void An_iteration_with_a_prompt_takes_its_kernels_or_their_launches(
        double kernelSeconds,
        int launches,
        double longer
    )
    {
        var batch = Batches.Mixed([(100, 50)], [20, 300]);
        var floor = launches == 1 ? Math.Max(longer, 80 * 1e-3) : longer;

        Assert.Equal(
            floor + 1e-3 + (3 * 20e-6) + 0.5e-3,
            s_overheads.Seconds(batch, kernelSeconds, layers: 80, launches),
            precision: 12
        );
    }

    [Fact]
    public void An_iteration_that_only_decodes_is_replayed_and_grows_as_its_kernels_do()
    {
        var kernels = new Linear();
        var model = Scenes.Llama70B;
        var time = new EngineTime(kernels, s_overheads, model);
        var batch = IterationBatch.OfDecode(new(8, 800, 100));
        var trend = time.Trend(batch);

        var beside = 1e-3 + (model.Layers * 10e-6) + (8 * 20e-6);
        Assert.Equal(kernels.Seconds(batch) + beside, trend.Seconds, precision: 12);
        Assert.Equal(time.Seconds(batch), trend.Seconds, precision: 12);
        Assert.Equal(time.Seconds(batch.After(3)), trend.Seconds + (3 * trend.GrowthSeconds), precision: 12);
    }

    [Fact]
    public void Without_overheads_an_engine_takes_its_kernels()
    {
        var time = new EngineTime(new Linear(), EngineOverheads.None, Scenes.Llama70B);
        var batch = Batches.Mixed([(100, 50)], [20, 300]);

        Assert.Equal(new Linear().Seconds(batch), time.Seconds(batch));
    }

    [Theory]
    [InlineData(EngineKind.Vllm, "0.12.0", "vllm-0.13")]
    [InlineData(EngineKind.Vllm, "0.14.0", "vllm")]
    [InlineData(EngineKind.Vllm, "", "vllm")]
    [InlineData(EngineKind.TensorRtLlm, "1.0.0rc3", "trtllm-1.0")]
    [InlineData(EngineKind.TensorRtLlm, "1.2.0rc6.post2", "trtllm")]
    [InlineData(EngineKind.Sglang, "0.5.9", "sglang")]
    public void A_version_has_the_profile_of_its_range(EngineKind kind, string version, string name) =>
        Assert.Equal(name, EngineProfiles.BuiltIn.Find(kind, version)!.Name);

    [Fact]
    public void An_engine_that_says_its_overheads_has_no_others()
    {
        var engine = new EngineSpec { Overheads = new EngineOverheads { LayerSeconds = 1e-6 } };

        Assert.Equal(1e-6, EngineProfiles.BuiltIn.OverheadsOf(engine).LayerSeconds);
        Assert.Equal(0, EngineProfiles.BuiltIn.OverheadsOf(engine).RequestSeconds);
        Assert.True(EngineProfiles.BuiltIn.OverheadsOf(null).LayerSeconds > 0);
    }

    [Fact]
    public void Profiles_are_read_as_they_are_written()
    {
        Assert.NotEmpty(EngineProfiles.BuiltIn.All);
        foreach (var profile in EngineProfiles.BuiltIn.All)
        {
            using var stream = new MemoryStream(
                System.Text.Encoding.UTF8.GetBytes(EngineProfileJson.Text(profile))
            );
            Assert.Equal(profile, EngineProfileJson.Parse(stream, "profile"));
        }
    }

    private sealed class Linear : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch) =>
            0.01 + (1e-5 * batch.Tokens) + (1e-7 * batch.DecodeComputedTokens);

        public DecodeTrend Trend(in IterationBatch batch) =>
            new(Seconds(batch), 1e-7 * batch.DecodeRequests, int.MaxValue);
    }
}
