using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Memory;

/// <summary>More accelerators than KV heads: each head is on several.</summary>
public sealed class KvHeadCopiesTests
{
    private const string Qwen = "Qwen/Qwen3-235B-A22B";

    [Theory]
    [InlineData(Qwen, "1, 2, 4, 8, 16, 32, 64")]
    [InlineData("meta-llama/Llama-3.1-405B", "1, 2, 4, 8, 16, 32, 64, 128")]
    // 8 is a multiple of 4 KV heads, and does not divide 28 heads.
    [InlineData("Qwen/Qwen2.5-7B-Instruct", "1, 2, 4")]
    // 10 KV heads of 40.
    [InlineData("microsoft/phi-4", "1, 2, 5, 10, 20, 40")]
    // A latent vector is on all of them.
    [InlineData("deepseek-ai/DeepSeek-V3", "1, 2, 4, 8, 16, 32, 64, 128")]
    public void A_degree_divides_the_heads_and_divides_or_multiplies_the_KV_heads(string id, string degrees)
    {
        var model = ModelCatalog.BuiltIn.Get(id);

        Assert.Equal(degrees, string.Join(", ", TensorParallelism.Degrees(model, Semantics.Standard)));
    }

    [Theory]
    [InlineData(Qwen, "1, 2, 4")]
    [InlineData("microsoft/phi-4", "1, 2, 5, 10")]
    public void The_reference_divides_KV_heads(string id, string degrees) =>
        Assert.Equal(
            degrees,
            string.Join(", ", TensorParallelism.Degrees(ModelCatalog.BuiltIn.Get(id), Semantics.Reference))
        );

    [Fact]
    public void Half_of_the_memory_of_eight_accelerators_with_four_heads_keeps_copies()
    {
        // 0.9 of 80 GB on each of 8, less the weights: projections to keys and values are there twice, routers on each.
        const long Copied = 94L * 2 * 4096 * 4 * 128 + 7 * 94L * 4096 * 128;
        const long Free = 576_000_000_000 - 2 * (235_093_634_560 + Copied);
        var bytes = KvCapacity.Bytes(
            ModelCatalog.BuiltIn.Get(Qwen),
            new Precision(),
            Eight(80_000_000_000),
            Semantics.Standard
        );

        Assert.Equal(Free / 2, bytes);
        // One head of each layer is 48,128 bytes a token on an accelerator; of a token's 192,512 there are two copies.
        Assert.InRange(bytes / 192_512, 265_000, 274_800);
    }

    [Fact]
    public void An_accelerator_of_eight_computes_one_head_of_four()
    {
        var model = ModelCatalog.BuiltIn.Get(Qwen);
        var four = Roofline(model, 4).DecodeTable(new DecodeBatch(16, 16_000, 1000));
        var eight = Roofline(model, 8).DecodeTable(new DecodeBatch(16, 16_000, 1000));

        foreach (var name in new[] { "k_proj", "v_proj" })
        {
            Assert.Equal(Operation(four, name).WeightBytes, Operation(eight, name).WeightBytes);
            Assert.Equal(Operation(four, name).Ops, Operation(eight, name).Ops);
            Assert.Equal(Operation(four, name).KvOutBytes, Operation(eight, name).KvOutBytes);
        }

        Assert.Equal(16_000.0 * 2 * 128 * 2, Operation(eight, "fused_attention").KvInBytes);
        Assert.Equal(Operation(four, "fused_attention").Ops / 2, Operation(eight, "fused_attention").Ops);
        Assert.Equal(Operation(four, "q_proj").WeightBytes / 2, Operation(eight, "q_proj").WeightBytes);
        Assert.Equal(16_000.0 * 94 * 2 * 128 * 2, eight.Memory.KvCacheBytes);
    }

    /// <summary>What accelerators hold together is never less than the model, and the KV cache of an accelerator never less than its part.</summary>
    [Fact]
    public void Every_degree_of_every_model_holds_the_model()
    {
        foreach (var model in ModelCatalog.BuiltIn.All)
        {
            var oneToken = Roofline(model, 1).DecodeTable(new DecodeBatch(1, 1000, 1000)).Memory;
            double? previous = null;
            foreach (var tp in TensorParallelism.Degrees(model, Semantics.Standard))
            {
                var memory = Roofline(model, tp).DecodeTable(new DecodeBatch(1, 1000, 1000)).Memory;

                Assert.True(memory.WeightBytes * tp >= oneToken.WeightBytes, $"{model.Id} at {tp}");
                Assert.True(memory.KvCacheBytes * tp >= oneToken.KvCacheBytes, $"{model.Id} at {tp}");
                Assert.True(memory.WeightBytes <= (previous ?? double.MaxValue), $"{model.Id} at {tp}");
                Assert.Equal(
                    oneToken.KvCacheBytes * TensorParallelism.KvCopies(model, tp) / tp,
                    memory.KvCacheBytes,
                    1e-3
                );
                previous = memory.WeightBytes;
            }
        }
    }

    private static RooflineModel Roofline(ModelDescription model, int tp) =>
        new(model, new Precision(), Scenes.Instance("NVIDIA_H100_SXM", tp), Semantics.Standard);

    private static OperationCost Operation(RooflineTable table, string name) =>
        table.Operations.Single(operation => operation.Name == name);

    private static InstanceSpec Eight(long memoryBytes)
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 8);
        return instance with
        {
            Hardware = instance.Hardware with { MemoryBytes = memoryBytes },
            MemoryUtilization = 0.9,
            ActivationBytes = 0,
        };
    }
}
