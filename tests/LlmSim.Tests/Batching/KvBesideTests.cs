using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Properties;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Blocks of layers with a window or a state, in random clusters of engines of every kind.</summary>
public sealed class KvBesideTests
{
    private const int Scenarios = 250;

    [Fact]
    public void A_request_has_what_its_window_holds_and_a_share_of_its_state()
    {
        var footprint = new KvFootprint(100, [(10, 40)], StateBytes: 5000);

        Assert.Null(KvBeside.Of(KvFootprint.OfTokens(100), 1600, copies: 1));
        var beside = KvBeside.Of(footprint, 1600, copies: 2)!;
        Assert.Equal(Math.Ceiling((200 + 2500) / 1600.0), beside.Blocks(5));
        Assert.Equal(Math.Ceiling((400 + 2500) / 1600.0), beside.Blocks(1000));
    }

    /// <summary>What vLLM logged at its start: KV memory of an accelerator, and requests of 131,072 tokens that it holds.</summary>
    [Theory]
    [InlineData("Qwen/Qwen3.5-35B-A3B", 1, 5.98, 2096, 4.33)]
    [InlineData("Qwen/Qwen3.5-27B", 2, 4.99, 1568, 2.31)]
    public void Vllm_keeps_states_in_pages_as_large_as_blocks(
        string id,
        int tpSize,
        double gibibytes,
        int blockTokens,
        double requests
    )
    {
        const int Tokens = 131_072;
        var (model, precision) = (ModelCatalog.BuiltIn.Get(id), new Precision(kvBits: 8));
        var instance = new InstanceSpec
        {
            Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"),
            TpSize = tpSize,
        };

        var engine = StatePages.Of(new() { PrefixCaching = true }, model, precision, instance);

        Assert.Equal(blockTokens, engine.BlockTokens);
        var footprint = KvFootprint.Of(model, precision);
        var blockBytes = engine.BlockTokens * footprint.BytesPerToken;
        var beside = KvBeside.Of(footprint, blockBytes, copies: 1, StatePages.Blocks(engine, model))!;
        var blocksOfRequest = (Tokens + engine.BlockTokens - 1) / engine.BlockTokens + beside.Blocks(Tokens);
        var blocks = Math.Floor(tpSize * gibibytes * (1L << 30) / blockBytes);
        Assert.Equal(requests, blocks / blocksOfRequest, 2);
    }

    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void No_block_is_lost_and_macro_steps_give_what_single_steps_give(EngineKind kind)
    {
        var (evictions, finished, larger) = (0L, 0L, 0L);
        Parallel.For(
            0,
            Scenarios,
            seed =>
            {
                try
                {
                    var random = new RandomEngineScenario(seed, kind);
                    // A run states at its end that every token was given and no block is held.
                    var macro = Run(random, maxIterationsPerEvent: 4096, WithWindowAndState);
                    var single = Run(random, maxIterationsPerEvent: 1, WithWindowAndState);

                    Assert.Equal(single.Records.Count, macro.Records.Count);
                    foreach (var (expected, actual) in single.Records.Zip(macro.Records))
                    {
                        ClusterPropertyTests.AssertSame(expected, actual);
                    }

                    Assert.Equal(
                        random.Requests.Select(request => request.Id),
                        macro.Records.Select(record => record.Id).Order()
                    );
                    Assert.All(
                        macro.Cluster.BatchedInstances,
                        instance => Assert.Equal(instance.Cache.Pool.Total, instance.Cache.Available)
                    );
                    var plain = Run(random, maxIterationsPerEvent: 4096, model => model);
                    Interlocked.Add(ref evictions, macro.Cluster.Evictions);
                    Interlocked.Add(ref finished, macro.Records.Count(record => !record.IsRejected));
                    Interlocked.Add(
                        ref larger,
                        macro.Cluster.Network.StartedBytes - plain.Cluster.Network.StartedBytes
                    );
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );

        Assert.True(finished > 2000, $"{finished} requests finished");
        Assert.True(larger > 0, $"{larger} bytes more were sent");
        Assert.True(evictions > 0 || kind == EngineKind.TensorRtLlm, $"{evictions} evictions");
    }

    /// <summary>A state of a few tokens' bytes, and windows of fewer tokens than most prompts have.</summary>
    private static ModelDescription WithWindowAndState(ModelDescription model) =>
        model with
        {
            OtherAttention = [model.Attention with { Layers = 2, Window = new("x", 20) }],
            Recurrent = new()
            {
                Layers = 1,
                Heads = 1,
                StateRows = 1,
                StateColumns = 1,
                ConvolutionChannels = 0,
                ConvolutionTokens = 0,
                ProjectedSize = 1,
                OutputSize = 1,
                OtherParameters = 0,
            },
        };

    private static (List<RequestRecord> Records, Cluster Cluster) Run(
        RandomEngineScenario random,
        int maxIterationsPerEvent,
        Func<ModelDescription, ModelDescription> change
    ) =>
        EnginePropertyTests.Run(
            random,
            maxIterationsPerEvent,
            scenario => scenario with { Model = change(scenario.Model) }
        );
}
