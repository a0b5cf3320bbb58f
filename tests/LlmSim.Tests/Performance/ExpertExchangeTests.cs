using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class ExpertExchangeTests
{
    private const string V3 = "deepseek-ai/DeepSeek-V3";

    /// <summary>
    /// DeepEP's low-latency kernels on H800 (docs/legacy.md of github.com/deepseek-ai/DeepEP): 128 tokens a rank of 7,168 values, 8 experts,
    /// FP8 there and 16 bits back. The figures were fitted to the first three.
    /// </summary>
    [Theory]
    [InlineData(8, 77e-6, 114e-6, 0.03)]
    [InlineData(16, 118e-6, 195e-6, 0.03)]
    [InlineData(32, 155e-6, 273e-6, 0.03)]
    [InlineData(64, 173e-6, 314e-6, 0.04)]
    [InlineData(128, 192e-6, 369e-6, 0.11)]
    [InlineData(256, 194e-6, 360e-6, 0.06)]
    public void Published_latencies_of_a_few_tokens(int ranks, double dispatch, double combine, double error)
    {
        var h800 = Scenes.Instance("NVIDIA_H100_SXM", 1) with { LinkBytesPerSecond = 200e9 };
        var times = CollectiveTimes.Measured(h800);

        Assert.InRange(
            times.FewTokensSeconds(ranks, 128, 8, 7168 * (1 + 4 / 128.0)) / dispatch - 1,
            -error,
            error
        );
        Assert.InRange(times.FewTokensSeconds(ranks, 128, 8, 7168 * 2) / combine - 1, -error, error);
    }

    /// <summary>The same source: 4,096 tokens, and what goes over the link within a node at 153 and 158 GB/s.</summary>
    [Fact]
    public void Many_tokens_go_once_to_each_rank_and_through_the_network_once_to_each_node()
    {
        var h800 = Scenes.Instance("NVIDIA_H100_SXM", 1) with { LinkBytesPerSecond = 200e9 };
        var times = CollectiveTimes.Measured(h800);

        // Of eight experts anywhere on eight ranks, 8 (1 - (7/8)^8) ranks have one: 5.251, of which an eighth are the token's own.
        var bytes = 4096 * 7168 * 2.0;
        Near(36e-6 + bytes * 5.2511 * 7 / 8 / 156e9, times.ManyTokensSeconds(8, 4096, 8, 7168 * 2));
        // On two nodes 16 (1 - (15/16)^8) ranks have one, and that link stays the bottleneck.
        Near(36e-6 + bytes * 6.4526 * 7 / 8 / 156e9, times.ManyTokensSeconds(16, 4096, 8, 7168 * 2));
        // With a faster one the port is it: 2 (1 - (1/2)^8) nodes have one, the other one half of them.
        var h100 = CollectiveTimes.Measured(Scenes.Instance("NVIDIA_H100_SXM", 1));
        Near(36e-6 + bytes * 0.99609 / 45e9, h100.ManyTokensSeconds(16, 4096, 8, 7168 * 2));
    }

    [Fact]
    public void Without_data_parallel_attention_the_experts_outputs_are_reduced_over_all()
    {
        var names = Names(Instance(8, 8));

        Assert.Contains("mlp_all_reduce", names);
        Assert.DoesNotContain(names, name => name.StartsWith("expert_all", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_way_has_operations_of_its_own()
    {
        Assert.Superset(
            new HashSet<string> { "expert_all_gather", "expert_reduce_scatter", "hidden_all_gather" },
            Names(Instance(2, 8))
        );
        Assert.Superset(
            new HashSet<string> { "expert_dispatch", "expert_combine" },
            Names(Instance(1, 8) with { AllToAllBackend = AllToAllBackend.DeepEpLowLatency })
        );
        Assert.DoesNotContain("hidden_all_gather", Names(Instance(1, 8)));
    }

    [Theory]
    [InlineData(AllToAllBackend.AllGatherReduceScatter)]
    [InlineData(AllToAllBackend.DeepEpLowLatency)]
    [InlineData(AllToAllBackend.DeepEpHighThroughput)]
    public void Tables_add_up_and_the_edge_of_a_node_costs(AllToAllBackend backend)
    {
        foreach (var tp in (int[])[1, 4])
        {
            var within = Instance(tp, 32) with { AllToAllBackend = backend, GpusPerNode = 32 };
            var over = within with { GpusPerNode = 8 };
            Assert.InRange(Model(over).PrefillSeconds(4000), Model(within).PrefillSeconds(4000) * 1.001, 1e9);
            foreach (var requests in (int[])[1, 64])
            {
                var batch = new DecodeBatch(requests, 1000L * requests, 1000);
                Assert.InRange(Model(over).DecodeSeconds(batch), Model(within).DecodeSeconds(batch), 1e9);
                Near(Model(over).DecodeTable(batch).Seconds, Model(over).DecodeSeconds(batch));
            }
        }
    }

    [Fact]
    public void Many_ranks_send_less_by_token_than_by_gathering_all()
    {
        var gather = Instance(1, 64);
        var batch = new DecodeBatch(128, 128_000, 1000);

        Assert.InRange(
            Model(gather with { AllToAllBackend = AllToAllBackend.DeepEpLowLatency }).DecodeSeconds(batch),
            0,
            Model(gather).DecodeSeconds(batch)
        );
    }

    [Fact]
    public void Measured_operations_take_the_all_reduce_over_nodes_from_the_link_and_the_network()
    {
        var within = Seconds(Scenes.Instance("NVIDIA_H100_SXM", 8));
        var over = Seconds(Scenes.Instance("NVIDIA_H100_SXM", 8) with { GpusPerNode = 4 });
        var slower = Seconds(
            Scenes.Instance("NVIDIA_H100_SXM", 8) with
            {
                GpusPerNode = 4,
                NicBytesPerSecond = 12.5e9,
            }
        );

        Assert.Equal(within, Seconds(Scenes.Instance("NVIDIA_H100_SXM", 8) with { GpusPerNode = 8 }));
        // 160 all-reduces of 64 tokens: levels of two steps through the network each.
        Assert.InRange(over - within, 160 * 8e-6, 160 * 60e-6);
        Assert.InRange(slower, over * 1.001, double.MaxValue);

        static double Seconds(InstanceSpec instance) =>
            new KernelModel(
                KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!,
                Scenes.Llama70B,
                new Precision(),
                instance,
                Semantics.Standard
            ).DecodeSeconds(new(64, 64_000, 1000));
    }

    private static InstanceSpec Instance(int tp, int ep) =>
        Scenes.Instance("NVIDIA_H200", tp) with
        {
            ExpertParallel = ep,
        };

    private static RooflineModel Model(InstanceSpec instance) =>
        new(ModelCatalog.BuiltIn.Get(V3), new Precision(), instance, Semantics.Standard);

    private static HashSet<string> Names(InstanceSpec instance) =>
        [.. Model(instance).DecodeTable(new(8, 8000, 1000)).Operations.Select(operation => operation.Name)];

    private static void Near(double expected, double actual) =>
        Assert.InRange(actual, expected * (1 - 1e-4), expected * (1 + 1e-4));
}
