using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Times and memory of ranks that share the tokens of prompts.</summary>
public sealed class ContextTimeTests
{
    /// <summary>Share of a PCIe link that large data reach (docs/performance-models.md).</summary>
    private const double PcieShare = 0.577;

    private const int Prompt = 1 << 17;

    private static readonly ModelDescription s_llama = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B");

    private static HardwareDescription H100 => HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM");

    /// <summary>Everything of a long prompt is bound by arithmetic: ranks are as many times as fast, but for lm_head.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Over_a_fast_link_a_long_prompt_takes_a_part_of_the_time(int ranks)
    {
        // Nor does it matter what was computed before.
        foreach (
            var batch in new[]
            {
                IterationBatch.OfPrompt(Prompt),
                IterationBatch.OfPrompt(2 * Prompt, Prompt),
            }
        )
        {
            var whole = Time(1, Fast).Seconds(batch);
            Assert.Equal(whole / ranks, Time(ranks, Fast).Seconds(batch), 2e-3 * whole / ranks);
        }
    }

    /// <summary>In each of the layers a rank sends its shard as often as there are others.</summary>
    [Theory]
    [InlineData(2, 0)]
    [InlineData(4, 0)]
    [InlineData(4, 3000)]
    [InlineData(8, 70_000)]
    public void Over_a_slow_link_the_transfer_is_what_a_prompt_takes(int ranks, int computed)
    {
        const double BytesPerSecond = 1e6;
        var batch = IterationBatch.OfPrompt(computed + Prompt, computed);
        var slow = Time(ranks, spec => WithLink(spec, BytesPerSecond)).Seconds(batch);

        // 8 KV heads of 128 with a key and a value of 2 bytes.
        var step =
            Math.Ceiling((computed + Prompt) / (double)ranks)
            * (8 * 2 * 128 * 2)
            / (PcieShare * BytesPerSecond);
        var transfers = 32 * (ranks - 1) * step;
        var slower = Time(ranks, spec => WithLink(spec, BytesPerSecond / 2)).Seconds(batch);
        Assert.Equal(transfers, slower - slow, 1e-9 * transfers);
        // All steps of attention but the last one hide behind the transfers: two products for each pair and head.
        var hidden = Time(ranks, Fast).Seconds(batch) - (slow - transfers);
        var ops = (double)batch.PrefillAttentionPairs / ranks * 32 * 4 * 128;
        var expected = 32 * (ranks - 1.0) / ranks * ops / H100.Fp16OpsPerSecond;
        Assert.Equal(expected, hidden, 0.05 * expected);
    }

    [Fact]
    public void A_ring_through_several_nodes_is_as_slow_as_the_network()
    {
        double Seconds(int gpusPerNode, double nic) =>
            Time(
                    4,
                    spec =>
                        Fast(spec) with
                        {
                            TpSize = 2,
                            GpusPerNode = gpusPerNode,
                            NicBytesPerSecond = nic,
                            NicLatencySeconds = 0,
                        }
                )
                .Seconds(IterationBatch.OfPrompt(Prompt));

        Assert.Equal(Seconds(8, 1e6), Seconds(8, 1e5));
        // Each accelerator sends the half of the KV heads that it has, at nine tenths of its port.
        var step = Prompt / 4.0 * (4 * 2 * 128 * 2) / (0.9 * 1e6);
        Assert.Equal(32 * 3 * step, Seconds(4, 0.5e6) - Seconds(4, 1e6), 1e-6 * step);
    }

    /// <summary>A window of tokens is all that a layer needs of what was computed before.</summary>
    [Theory]
    [InlineData(10_000, 0, 5000)]
    [InlineData(10_000, 600, 5300)]
    [InlineData(10_000, 50_000, 5500)]
    public void Windows_send_what_they_keep(int tokens, int computed, int sentTokens)
    {
        var model = s_llama with
        {
            Attention = s_llama.Attention with { Window = new("sliding_window", 1000) },
        };
        double Seconds(double bandwidth) =>
            Time(2, spec => WithLink(spec, bandwidth), model)
                .Seconds(IterationBatch.OfPrompt(computed + tokens, computed));

        var bytes = PcieShare * 1e5 * (Seconds(0.5e5) - Seconds(1e5)) / 32;
        Assert.Equal(4096.0 * sentTokens, bytes, 1.0);
    }

    /// <summary>100 tokens are 8 parts of 13, 9 are 8 of 2, and 2 are not divided further than into parts of one.</summary>
    [Fact]
    public void Each_prompt_of_an_iteration_is_divided()
    {
        var times = new IterationTimesModel(
            0,
            SecondsPerToken: 1,
            SecondsPerPair: 1e-6,
            SecondsPerChunk: 1e3
        );
        var shared = ContextTime.Of(new(s_llama), Fast(Instance(4)), times);
        PrefillChunk[] chunks = [new(100, 40), new(9, 0), new(2, 500)];
        var batch = new IterationBatch
        {
            PrefillRequests = 3,
            PrefillTokens = 111,
            PrefillComputedTokens = 540,
            PrefillAttentionPairs = 40_000,
            PrefillChunks = chunks,
            GroupTokens = 111,
        };

        Assert.Equal(26 + 4 + 2 + (1e-6 * 10_000) + 3e3, shared.Seconds(batch), 1e-9);
        // A single token is computed by every rank.
        var token = IterationBatch.OfPrompt(100, 99);
        Assert.Equal(times.Seconds(token), shared.Seconds(token));
        Assert.Equal(times.Trend(token), shared.Trend(token));
    }

    /// <summary>Smaller products reach less of the arithmetic, so that measured kernels gain less than the roofline does.</summary>
    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B", 1)]
    [InlineData("Qwen/Qwen3-30B-A3B", 2)]
    [InlineData("deepseek-ai/DeepSeek-V3", 8)]
    public void Measured_kernels_share_prompts_too(string id, int tp)
    {
        var served = new ServedModel(ModelCatalog.BuiltIn.Get(id));
        double Seconds(int ranks)
        {
            var spec = Fast(Instance(ranks)) with { TpSize = tp, GpusPerNode = 1024 };
            var kernels = KernelCatalog.Find(spec.Hardware.Name, "vllm")!;
            var model = new KernelModel(kernels, served.Model, served.Precision, spec, Semantics.Standard);
            return ContextTime.Of(served, spec, model).Seconds(IterationBatch.OfPrompt(Prompt));
        }

        var whole = Seconds(1);
        Assert.InRange(Seconds(2), 0.45 * whole, 0.6 * whole);
        Assert.InRange(Seconds(4), 0.21 * whole, 0.35 * whole);
    }

    /// <summary>Attention to 50 queries after 25 tokens takes 52.5 s in each of 3 layers, of which the first half hides as much of the transfer.</summary>
    [Fact]
    public void Measured_profiles_say_what_attention_takes()
    {
        double Seconds(Func<InstanceSpec, InstanceSpec> with) =>
            ContextTime
                .Of(new(ToyProfile.Dense), with(Instance(2)), ToyProfile.Model(ToyProfile.Dense))
                .Seconds(IterationBatch.OfPrompt(100));

        // 50 tokens of 4 heads with a key and a value of 16 numbers of 2 bytes, in 30 s.
        var bandwidth = 50 * 4 * 2 * 16 * 2 / (30 * PcieShare);
        Assert.Equal(3 * (30 - 26.25), Seconds(spec => WithLink(spec, bandwidth)) - Seconds(Fast), 1e-3);
        Assert.Equal(Seconds(Fast), Seconds(spec => WithLink(spec, 2 * bandwidth)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void Each_rank_has_all_weights_and_its_part_of_the_KV_cache(int ranks)
    {
        var served = new ServedModel(s_llama);
        long Bytes(InstanceSpec spec) =>
            KvCapacity.Bytes(served.Model, served.Precision, spec, Semantics.Standard);

        Assert.Equal(ranks * Bytes(Instance(1)), Bytes(Instance(ranks)));
        Assert.Equal(4 * ranks, (Instance(ranks) with { TpSize = 4 }).Accelerators);
    }

    private static InstanceSpec Instance(int ranks) =>
        new()
        {
            Hardware = H100,
            TpSize = 1,
            CpSize = ranks,
        };

    private static InstanceSpec Fast(InstanceSpec spec) => WithLink(spec, 1e30);

    private static InstanceSpec WithLink(InstanceSpec spec, double bytesPerSecond) =>
        spec with
        {
            LinkBytesPerSecond = bytesPerSecond,
            LinkLatencySeconds = 0,
        };

    private static IPerformanceModel Time(
        int ranks,
        Func<InstanceSpec, InstanceSpec> with,
        ModelDescription? model = null
    )
    {
        var served = new ServedModel(model ?? s_llama);
        var spec = with(Instance(ranks));
        return ContextTime.Of(
            served,
            spec,
            new RooflineModel(served.Model, served.Precision, spec, Semantics.Standard)
        );
    }
}
