using LlmSim.Performance;
using LlmSim.Tests.Properties;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>What must hold whatever the batching rule, tried on random clusters; those of vLLM have tests of their own.</summary>
public sealed class EngineKindPropertyTests
{
    private const int Scenarios = 400;

    public static TheoryData<EngineKind, bool, bool> Rules { get; } =
        new()
        {
            { EngineKind.Sglang, false, false },
            { EngineKind.Sglang, true, false },
            { EngineKind.TensorRtLlm, false, false },
            { EngineKind.Vllm, false, true },
            { EngineKind.Sglang, false, true },
            { EngineKind.Sglang, true, true },
            { EngineKind.TensorRtLlm, false, true },
        };

    /// <summary>Iterations were repeated with blocks that a prompt beside them had reserved.</summary>
    [Theory]
    [InlineData(634)]
    [InlineData(1298)]
    [InlineData(1350)]
    public void A_run_of_iterations_ends_where_only_reserved_blocks_are_left(int seed)
    {
        var random = new RandomEngineScenario(seed, EngineKind.TensorRtLlm);
        var (macro, _) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 4096);
        var (single, _) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 1);

        Assert.Equal(single.Count, macro.Count);
        foreach (var (expected, actual) in single.Zip(macro))
        {
            ClusterPropertyTests.AssertSame(expected, actual);
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rules_keep_what_holds_for_all_engines(EngineKind kind, bool mixedChunk, bool speculates)
    {
        long evictions = 0;
        long hits = 0;
        long savedEvents = 0;
        Parallel.For(
            0,
            Scenarios,
            seed =>
            {
                try
                {
                    var random = new RandomEngineScenario(seed, kind, mixedChunk, speculates);
                    // A run states at its end that every token was given and no block is held.
                    var (macro, cluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 4096);
                    var (single, singleCluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 1);

                    Assert.Equal(single.Count, macro.Count);
                    foreach (var (expected, actual) in single.Zip(macro))
                    {
                        ClusterPropertyTests.AssertSame(expected, actual);
                    }

                    foreach (var (one, other) in singleCluster.BatchedInstances.Zip(cluster.BatchedInstances))
                    {
                        ClusterPropertyTests.AssertNear(one.Totals.Busy, other.Totals.Busy);
                    }

                    Assert.Equal(
                        random.Requests.Select(request => request.Id),
                        macro.Select(record => record.Id).Order()
                    );
                    Assert.Equal(macro.Sum(record => record.Evictions), cluster.Evictions);
                    Assert.Equal(cluster.Network.StartedBytes, cluster.Network.DeliveredBytes);
                    Assert.All(
                        macro.Where(record => !record.IsRejected),
                        record =>
                            Assert.True(
                                record.Arrival <= record.PrefillStart
                                    && record.PrefillStart < record.PrefillFinish
                            )
                    );
                    Assert.All(
                        cluster.BatchedInstances,
                        instance => Assert.Equal(0, instance.Cache.Pool.Total - instance.Cache.Available)
                    );
                    Interlocked.Add(ref evictions, cluster.Evictions);
                    Interlocked.Add(ref hits, cluster.BatchedInstances.Sum(i => i.Cache.HitTokens));
                    Interlocked.Add(ref savedEvents, singleCluster.EventCount - cluster.EventCount);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );

        Assert.True(hits > 10_000, $"{hits} tokens found");
        Assert.True(savedEvents > 10_000, $"{savedEvents} events saved");
        // TensorRT-LLM evicts with one of its capacity policies alone: a block that was reserved and is missing stops the run.
        Assert.True(evictions > 0, $"{evictions} evictions");
    }
}
