using LlmSim.Metrics;
using LlmSim.Tests.Properties;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>What must hold in every cluster of batched instances, tried on random ones.</summary>
public sealed class EnginePropertyTests
{
    private const int Scenarios = 800;

    [Fact]
    public void Macro_steps_give_what_single_steps_give() =>
        ForEachScenario(scenario =>
        {
            var (macro, macroCluster) = Run(scenario, maxIterationsPerEvent: 4096);
            var (single, singleCluster) = Run(scenario, maxIterationsPerEvent: 1);

            Assert.Equal(single.Count, macro.Count);
            foreach (var (expected, actual) in single.Zip(macro))
            {
                ClusterPropertyTests.AssertSame(expected, actual);
            }

            Assert.True(macroCluster.EventCount <= singleCluster.EventCount);
            foreach (var (one, other) in singleCluster.BatchedInstances.Zip(macroCluster.BatchedInstances))
            {
                Assert.Equal(one.Cache.HitTokens, other.Cache.HitTokens);
                Assert.Equal(one.Cache.Pool.Evictions, other.Cache.Pool.Evictions);
                Assert.Equal(one.Totals.Iterations, other.Totals.Iterations);
                ClusterPropertyTests.AssertNear(one.Totals.Busy, other.Totals.Busy);
            }
        });

    [Fact]
    public void Nothing_is_lost_and_time_runs_forward() =>
        ForEachScenario(scenario =>
        {
            // The run itself states at its end that every token was given, no block is held and all bytes arrived.
            var (records, cluster) = Run(scenario, maxIterationsPerEvent: 4096);

            Assert.Equal(
                scenario.Requests.Select(request => request.Id),
                records.Select(record => record.Id).Order()
            );
            foreach (var record in records.Where(record => !record.IsRejected))
            {
                Assert.True(record.Arrival <= record.PrefillStart);
                Assert.True(record.PrefillStart < record.PrefillFinish);
                Assert.True(record.PrefillFinish <= record.TransferFinish);
                Assert.True(record.DecodeInstance < 0 || record.TransferFinish <= record.FirstDecodeStart);
                Assert.True(record.FirstDecodeStart <= record.DecodeStart);
                Assert.True(record.DecodeInstance < 0 || record.DecodeStart < record.Finish);
            }

            Assert.All(
                cluster.BatchedInstances,
                instance => Assert.InRange(instance.Cache.Pool.PeakUsed, 0, instance.Cache.Pool.Total)
            );
            Assert.Equal(records.Sum(record => record.Evictions), cluster.Evictions);
            Assert.Equal(cluster.Network.StartedBytes, cluster.Network.DeliveredBytes);
        });

    [Fact]
    public void The_same_seed_gives_the_same_results() =>
        ForEachScenario(scenario => Assert.Equal(Run(scenario, 4096).Records, Run(scenario, 4096).Records));

    [Fact]
    public void The_random_scenarios_reach_what_they_are_for()
    {
        long preemptions = 0;
        long hits = 0;
        long blockEvictions = 0;
        long sentBytes = 0;
        long rejections = 0;
        long savedEvents = 0;
        ForEachScenario(scenario =>
        {
            var (records, cluster) = Run(scenario, maxIterationsPerEvent: 4096);
            Interlocked.Add(ref preemptions, cluster.Evictions);
            Interlocked.Add(ref hits, cluster.BatchedInstances.Sum(i => i.Cache.HitTokens));
            Interlocked.Add(ref blockEvictions, cluster.BatchedInstances.Sum(i => i.Cache.Pool.Evictions));
            Interlocked.Add(ref sentBytes, cluster.Network.DeliveredBytes);
            Interlocked.Add(ref rejections, records.Count(record => record.IsRejected));
            Interlocked.Add(ref savedEvents, Run(scenario, 1).Cluster.EventCount - cluster.EventCount);
        });

        Assert.True(preemptions > 1000, $"{preemptions} preemptions");
        Assert.True(hits > 100_000, $"{hits} tokens found");
        Assert.True(blockEvictions > 10_000, $"{blockEvictions} blocks evicted");
        Assert.True(sentBytes > 100_000, $"{sentBytes} bytes sent");
        Assert.True(rejections > 100, $"{rejections} rejections");
        Assert.True(savedEvents > 100_000, $"{savedEvents} events saved");
    }

    private static void ForEachScenario(Action<RandomEngineScenario> test) =>
        Parallel.For(
            0,
            Scenarios,
            seed =>
            {
                try
                {
                    test(new RandomEngineScenario(seed));
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );

    internal static (List<RequestRecord> Records, Cluster Cluster) Run(
        RandomEngineScenario random,
        int maxIterationsPerEvent,
        Func<Scenario, Scenario>? change = null
    )
    {
        var scenario = random.NewScenario();
        scenario = change?.Invoke(scenario) ?? scenario;
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            random.Requests,
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        cluster.Run(CancellationToken.None);
        return (records, cluster);
    }
}
