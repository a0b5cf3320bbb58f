using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class ExpertRooflineTests
{
    private const string Qwen = "Qwen/Qwen3-30B-A3B";
    private const string V2 = "deepseek-ai/DeepSeek-V2";

    [Theory]
    [InlineData(Qwen, 1, 1)]
    [InlineData(Qwen, 4, 1)]
    [InlineData(Qwen, 2, 8)]
    [InlineData("mistralai/Mixtral-8x7B-v0.1", 2, 1)]
    [InlineData(V2, 8, 1)]
    [InlineData("deepseek-ai/DeepSeek-V3", 8, 32)]
    [InlineData("deepseek-ai/DeepSeek-V2-Lite", 1, 1)]
    public void Times_are_the_sums_of_the_tables(string id, int tp, int ep)
    {
        var model = Model(id, tp, ep);

        Near(model.PrefillTable(1, 777).Seconds, model.PrefillSeconds(777));
        foreach (var requests in new[] { 1, 7, 300 })
        {
            var batch = new DecodeBatch(requests, 1234L * requests, 1234);
            Near(model.DecodeTable(batch).Seconds, model.DecodeSeconds(batch));
        }
    }

    [Fact]
    public void One_token_reads_the_experts_that_it_goes_to_and_many_tokens_read_all()
    {
        const double Matrix = 2048.0 * 768 * 2;
        var model = Model(Qwen);

        Assert.Equal(8 * Matrix, Expert(model, 1).WeightBytes, 1e-3);
        Assert.Equal(128 * Matrix, Expert(model, 10_000).WeightBytes, 1e-3);
        Assert.Equal(10_000 * 8 * 2 * 2048.0 * 768, Expert(model, 10_000).Ops, 1e-3);
        Assert.Equal(48, Expert(model, 1).Runs);
    }

    [Fact]
    public void Tensor_parallelism_divides_each_expert_and_expert_parallelism_their_number()
    {
        const int Tokens = 10_000;
        var whole = Expert(Model(Qwen), Tokens);
        var divided = Expert(Model(Qwen, tp: 4), Tokens);
        var spread = Expert(Model(Qwen, tp: 1, ep: 4), Tokens);

        Near(whole.Ops / 4, divided.Ops);
        Near(whole.WeightBytes / 4, divided.WeightBytes);
        // Each of four data-parallel members sends its tokens: as many come here, to a quarter of the experts.
        Near(whole.Ops, spread.Ops);
        Near(whole.WeightBytes / 4, spread.WeightBytes);
    }

    [Fact]
    public void Divided_experts_exchange_tokens_in_the_place_of_an_all_reduce()
    {
        var names = Names(Model(Qwen, tp: 2, ep: 4).DecodeTable(new(8, 800, 100)));

        Assert.Contains("attn_all_reduce", names);
        Assert.DoesNotContain("mlp_all_reduce", names);
        var gather = Operation(Model(Qwen, tp: 1, ep: 2).PrefillTable(1, 100), "expert_all_gather");
        Near(100 * (2048 + 128) * 2, gather.NetworkBytes);
        var scatter = Operation(Model(Qwen, tp: 1, ep: 2).PrefillTable(1, 100), "expert_reduce_scatter");
        Near(100 * 2048 * 2, scatter.NetworkBytes);
    }

    [Fact]
    public void Layers_without_experts_have_an_mlp()
    {
        var table = Model(V2).PrefillTable(1, 100);

        Assert.Equal(1, Operation(table, "gate_proj").Runs);
        Assert.Equal(59, Operation(table, "expert_gate_proj").Runs);
        Assert.Equal(2 * 1536.0 * 5120 * 2, Operation(table, "shared_gate_proj").WeightBytes);
        Assert.Equal(60, Operation(table, "q_a_proj").Runs);
        Assert.DoesNotContain("gate_proj", Names(Model(Qwen).PrefillTable(1, 100)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Decoding_reads_one_latent_vector_a_token_whatever_the_degree(int tp)
    {
        var attention = Operation(Model(V2, tp).DecodeTable(new(4, 4000, 1000)), "fused_attention");

        Assert.Equal(4000 * 576 * 2, attention.KvInBytes);
        // Scores over latent and rotary key, values over the latent, in each head.
        Near(4000.0 * 128 / tp * (2 * 576 + 2 * 512 + 5), attention.Ops);
        var absorb = Operation(Model(V2, tp).DecodeTable(new(4, 4000, 1000)), "q_absorb");
        Near(4 * 2.0 * 128 * 512 * 128 / tp, absorb.Ops);
    }

    [Fact]
    public void Prompts_expand_the_latent_vectors_to_keys_and_values()
    {
        var table = Model(V2).PrefillTable(1, 1000);

        Near(1000.0 * 1001 / 2 * 128 * (2 * 192 + 2 * 128 + 5), Operation(table, "fused_attention").Ops);
        Near(1000 * 2.0 * 512 * 128 * 256, Operation(table, "kv_b_proj").Ops);
        Assert.Equal(1000 * 576 * 2, Operation(table, "kv_a_proj").KvOutBytes);
        Assert.Equal(60 * 576 * 2 * 1000, table.Memory.KvCacheBytes);
    }

    [Fact]
    public void A_later_chunk_expands_what_was_computed_before_it_too()
    {
        // With memory so fast that arithmetic alone counts.
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 1);
        var hardware = instance.Hardware with { MemoryBytesPerSecond = 1e20 };
        var model = new RooflineModel(
            ModelCatalog.BuiltIn.Get(V2),
            new Precision(),
            instance with
            {
                Hardware = hardware,
            },
            Semantics.Standard
        );
        var first = model.Seconds(Batches.Mixed([(8192, 0)], []));
        var late = model.Seconds(Batches.Mixed([(8192, 65_536)], []));

        var pairOps = 8192.0 * 65_536 * 128 * (2 * 192 + 2 * 128 + 5);
        var expansionOps = 65_536.0 * 2 * 512 * 128 * 256;
        Assert.Equal(60 * (pairOps + expansionOps) / 989.5e12, late - first, 1e-6);
    }

    [Fact]
    public void Latent_attention_in_three_kernels_is_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            new RooflineModel(
                ModelCatalog.BuiltIn.Get(V2),
                new Precision(),
                Scenes.Instance("NVIDIA_H200", 8),
                Semantics.Standard,
                fusedAttention: false
            )
        );

        Assert.StartsWith("flash_attention: attention that is latent", error.Message);
    }

    [Fact]
    public void An_instance_holds_its_share_of_the_experts_and_every_accelerator_all_latents()
    {
        var qwen = ModelCatalog.BuiltIn.Get(Qwen);
        var instance = Scenes.Instance("NVIDIA_RTX_PRO_6000", 1) with { ActivationBytes = 0 };
        // 97,887 MiB x 0.9.
        Assert.Equal(
            92_377_763_020 - 2 * 30_532_122_624 + qwen.ExpertParameters,
            Capacity(qwen, instance with { ExpertParallel = 2 })
        );

        var v2 = ModelCatalog.BuiltIn.Get(V2);
        var eight = Scenes.Instance("NVIDIA_H200", 8) with { ActivationBytes = 0 };
        // The projections to latent vectors and the routers are on each of the eight.
        const long Copied = 60 * 5120 * (1536 + 576) + 59 * 5120 * 160;
        Assert.Equal(
            (long)(8 * eight.Hardware.MemoryBytes * 0.9 - 2 * (v2.Parameters + 7 * Copied)) / 8,
            Capacity(v2, eight)
        );

        static long Capacity(ModelDescription model, InstanceSpec instance) =>
            KvCapacity.Bytes(model, new Precision(), instance, Semantics.Standard);
    }

    private static RooflineModel Model(string id, int tp = 1, int ep = 1) =>
        new(
            ModelCatalog.BuiltIn.Get(id),
            new Precision(),
            Scenes.Instance("NVIDIA_H100_SXM", tp) with
            {
                ExpertParallel = ep,
            },
            Semantics.Standard
        );

    private static OperationCost Expert(RooflineModel model, int tokens) =>
        Operation(model.DecodeTable(new(tokens, tokens, 1)), "expert_gate_proj");

    private static IEnumerable<string> Names(RooflineTable table) =>
        table.Operations.Select(operation => operation.Name);

    private static OperationCost Operation(RooflineTable table, string name) =>
        table.Operations.Single(operation => operation.Name == name);

    private static void Near(double expected, double actual) =>
        Assert.InRange(actual, expected * (1 - 1e-12), expected * (1 + 1e-12));
}
