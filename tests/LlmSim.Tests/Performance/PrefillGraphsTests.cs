using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>SGLang's graphs of prompts: when there are some, of which sizes, and what they spare.</summary>
public sealed class PrefillGraphsTests
{
    [Theory]
    [InlineData(1, 4)]
    [InlineData(32, 32)]
    [InlineData(33, 48)]
    [InlineData(256, 256)]
    [InlineData(257, 288)]
    [InlineData(513, 576)]
    [InlineData(1025, 1280)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 4608)]
    public void Tokens_are_padded_to_the_next_size(int tokens, int size) =>
        Assert.Equal(size, PrefillGraphs.Padded(tokens));

    /// <summary>SGLang says itself where it records none.</summary>
    [Theory]
    [InlineData("0.5.10", 8192)]
    [InlineData("0.6", 8192)]
    [InlineData("1.0.0", 8192)]
    [InlineData("", 8192)]
    [InlineData("0.5.9", 0)]
    [InlineData("0.5.9.post1", 0)]
    [InlineData("0.4", 0)]
    public void They_came_with_a_version(string version, int expected) =>
        Assert.Equal(expected, Most(Instance(version), Scenes.Llama70B));

    [Fact]
    public void Latent_attention_has_its_own_cap_and_a_smaller_chunk_a_smaller_one()
    {
        var model = ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-R1");
        var instance = Instance("0.5.12");

        Assert.Equal(2048, Most(instance, model));
        Assert.Equal(
            1024,
            Most(instance with { Engine = instance.Engine! with { MaxBatchedTokens = 1024 } }, model)
        );
        Assert.Equal(
            77,
            Most(instance with { Engine = instance.Engine! with { PrefillGraphTokens = 77 } }, model)
        );
    }

    [Fact]
    public void There_are_none_for_other_makes_groups_stages_drafts_and_engines()
    {
        var instance = Instance("0.5.12");
        var engine = instance.Engine!;

        Assert.All(
            [
                instance with
                {
                    Hardware = HardwareCatalog.BuiltIn.Get("AMD_MI300X"),
                },
                instance with
                {
                    PpSize = 2,
                },
                instance with
                {
                    CpSize = 2,
                },
                instance with
                {
                    AllToAllBackend = AllToAllBackend.DeepEpHighThroughput,
                },
                instance with
                {
                    Engine = engine with { DataParallelGroup = "a" },
                },
                instance with
                {
                    Engine = engine with
                    {
                        Speculation = SpeculationSpec.OfMeanTokens(DraftMethod.Mtp, 1, 1.5),
                    },
                },
                instance with
                {
                    Engine = engine with { Kind = EngineKind.Vllm },
                },
            ],
            other => Assert.Equal(0, Most(other, Scenes.Llama70B))
        );
        Assert.Equal(0, Most(instance, ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-V3.2")));
    }

    /// <summary>80 layers take 80 ms to launch; a graph takes its kernels, for the tokens that it is recorded for.</summary>
    [Fact]
    public void An_iteration_with_a_prompt_is_launched_or_replayed()
    {
        var overheads = new EngineOverheads { EagerLayerSeconds = 1e-3 };
        var time = new EngineTime(new PerToken(), overheads, Scenes.Llama70B, graphTokens: 512);

        Assert.Equal(0.00528, time.Seconds(IterationBatch.OfPrompt(513 + 15)) - 0.07472, precision: 9);
        Assert.Equal(0.00512, time.Seconds(IterationBatch.OfPrompt(512)), precision: 9);
        Assert.Equal(0.00288, time.Seconds(IterationBatch.OfPrompt(257)), precision: 9);
    }

    /// <summary>Kernels of TensorRT-LLM for DeepSeek's experts in 8 bits break graphs; those in 4 bits do not, nor Hopper's.</summary>
    [Theory]
    [InlineData("NVIDIA_B200", "fp8", 0)]
    [InlineData("NVIDIA_B300", "nvfp4", 2048)]
    [InlineData("NVIDIA_H200", "fp8", 2048)]
    public void Experts_that_are_not_traced_leave_none(string hardware, string format, int expected)
    {
        var model = ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-R1");
        var instance = Instance("0.5.12") with { Hardware = HardwareCatalog.BuiltIn.Get(hardware) };

        Assert.Equal(
            expected,
            PrefillGraphs.MostTokens(instance, model, new PrecisionRequest { Format = format }.Resolve(model))
        );
    }

    private static int Most(InstanceSpec instance, ModelDescription model) =>
        PrefillGraphs.MostTokens(instance, model, new Precision());

    private static InstanceSpec Instance(string version) =>
        new()
        {
            Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"),
            TpSize = 8,
            Engine = new EngineSpec
            {
                Kind = EngineKind.Sglang,
                Version = version,
                MaxBatchedTokens = 8192,
            },
        };

    /// <summary>10 µs for each token that is computed with, those of graphs among them.</summary>
    private sealed class PerToken : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch) => 1e-5 * Math.Max(batch.Tokens, batch.GroupTokens);

        public DecodeTrend Trend(in IterationBatch batch) => new(Seconds(batch), 0, int.MaxValue);
    }
}
