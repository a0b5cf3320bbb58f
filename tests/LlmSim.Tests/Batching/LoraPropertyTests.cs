using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Tests.Properties;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>What must hold of adapters, tried on random clusters.</summary>
public sealed class LoraPropertyTests
{
    private const int Scenarios = 400;

    /// <summary>A plan with more adapters than slots breaks an invariant, which stops the run.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Macro_steps_give_what_single_steps_give(bool speculates, bool tiers)
    {
        long hits = 0;
        long loads = 0;
        long savedEvents = 0;
        var waitSeconds = 0.0;
        ForEach(seed =>
        {
            var random = new RandomEngineScenario(seed, speculates: speculates, tiers: tiers, adapters: true);
            var (macro, macroCluster) = Run(random, maxIterationsPerEvent: 4096);
            var (single, singleCluster) = Run(random, maxIterationsPerEvent: 1);

            Assert.Equal(random.Requests.Select(request => request.Id), macro.Select(r => r.Id).Order());
            foreach (var (expected, actual) in single.Zip(macro))
            {
                ClusterPropertyTests.AssertSame(expected, actual);
            }

            foreach (var (one, other) in singleCluster.BatchedInstances.Zip(macroCluster.BatchedInstances))
            {
                Assert.Equal(one.Totals.Iterations, other.Totals.Iterations);
                Assert.Equal(one.Cache.HitTokens, other.Cache.HitTokens);
                var (expected, actual) = (one.Adapters!, other.Adapters!);
                Assert.Equal(
                    (expected.Requests, expected.Hits, expected.HostLoads, expected.StoreLoads),
                    (actual.Requests, actual.Hits, actual.HostLoads, actual.StoreLoads)
                );
                Assert.Equal(expected.Evictions, actual.Evictions);
                Assert.Equal(expected.WaitSeconds, actual.WaitSeconds, 1e-4);
                Assert.InRange(actual.Used, 0, actual.Most);
                Assert.Equal(0, actual.WaitingAdapters);
                Interlocked.Add(ref hits, actual.Hits);
                Interlocked.Add(ref loads, actual.HostLoads);
            }

            lock (s_lock)
            {
                waitSeconds += macroCluster.BatchedInstances.Sum(one => one.Adapters!.WaitSeconds);
            }

            Interlocked.Add(ref savedEvents, singleCluster.EventCount - macroCluster.EventCount);
        });

        Assert.True(hits > 2_000, $"{hits} hits");
        Assert.True(loads > 2_000, $"{loads} loads");
        Assert.True(waitSeconds > 100, $"{waitSeconds} s of waiting");
        Assert.True(savedEvents > 1_000, $"{savedEvents} events saved");
    }

    private static readonly Lock s_lock = new();

    /// <summary>One adapter, which takes no time: as if there were none, but for keys of its own.</summary>
    [Fact]
    public void One_adapter_that_costs_nothing_is_none() =>
        ForEach(seed =>
        {
            var with = new RandomEngineScenario(seed, adapters: true);
            var without = Records(with, lora => null, adapter: null);

            Assert.Equal(without, Records(with, Free, adapter: null));
            Assert.Equal(without, Records(with, Free, adapter: "one"));

            static LoraSpec Free(LoraSpec lora) =>
                lora with
                {
                    HostBytesPerSecond = 1e18,
                    LoadBytesPerSecond = 1e18,
                    LoadLatencySeconds = 0,
                };
        });

    private static List<RequestRecord> Records(
        RandomEngineScenario random,
        Func<LoraSpec, LoraSpec?> change,
        string? adapter
    )
    {
        var scenario = random.NewScenario();
        InstanceSpec[] Changed(IReadOnlyList<InstanceSpec> specs) =>
            [
                .. specs.Select(spec =>
                    spec with
                    {
                        Engine = spec.Engine! with { Lora = change(spec.Engine.Lora!) },
                    }
                ),
            ];
        scenario = scenario with
        {
            // Who follows adapters gathers the requests of one.
            Policies =
                random.Seed % 3 == 0
                    ? PolicyCatalog.BuiltIn.CreateSet("lowest_load", "fcfs", "lowest_load", "fcfs")
                    : scenario.Policies,
            PrefillInstances = Changed(scenario.PrefillInstances),
            DecodeInstances = Changed(scenario.DecodeInstances),
            MixedInstances = Changed(scenario.MixedInstances),
        };
        var records = new List<RequestRecord>();
        Simulator.Run(
            scenario,
            random.Requests.Select(request => request with { Adapter = adapter }),
            records.Add
        );
        return records;
    }

    private static (List<RequestRecord> Records, Cluster Cluster) Run(
        RandomEngineScenario random,
        int maxIterationsPerEvent
    )
    {
        var scenario = random.NewScenario();
        var times = scenario.PerformanceModelFactory!;
        scenario = scenario with { PerformanceModelFactory = spec => new AdapterTimes(times(spec)) };
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

    private static void ForEach(Action<int> test) =>
        Parallel.For(
            0,
            Scenarios,
            seed =>
            {
                try
                {
                    test(seed);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );

    /// <summary>What adapters add, in figures that tell tokens and adapters apart.</summary>
    private sealed class AdapterTimes(IPerformanceModel model) : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch) => model.Seconds(batch) + Beside(batch);

        public DecodeTrend Trend(in IterationBatch batch)
        {
            var trend = model.Trend(batch);
            return trend with { Seconds = trend.Seconds + Beside(batch) };
        }

        private static double Beside(in IterationBatch batch) =>
            (1e-5 * batch.AdapterTokens) + (1e-4 * batch.Adapters);
    }
}
