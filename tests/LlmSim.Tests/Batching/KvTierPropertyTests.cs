using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Tests.Fleets;
using LlmSim.Tests.Properties;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>What must hold of tiers below the KV cache, tried on random clusters.</summary>
public sealed class KvTierPropertyTests
{
    private const int Scenarios = 250;

    public static TheoryData<EngineKind, bool, bool> Rules { get; } =
        new()
        {
            { EngineKind.Vllm, false, false },
            { EngineKind.Vllm, false, true },
            { EngineKind.Sglang, false, false },
            { EngineKind.Sglang, true, false },
            { EngineKind.TensorRtLlm, false, false },
        };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Blocks_are_conserved_and_macro_steps_give_what_single_steps_give(
        EngineKind kind,
        bool mixedChunk,
        bool speculates
    )
    {
        long read = 0;
        long evicted = 0;
        long savedEvents = 0;
        ForEach(seed =>
        {
            var random = new RandomEngineScenario(seed, kind, mixedChunk, speculates, tiers: true);
            // A run states at its end that no block is held and all are in the pool, and reads of what is not there throw.
            var (macro, cluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 4096);
            var (single, singleCluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 1);

            Assert.Equal(random.Requests.Select(request => request.Id), macro.Select(r => r.Id).Order());
            foreach (var (expected, actual) in single.Zip(macro))
            {
                ClusterPropertyTests.AssertSame(expected, actual);
            }

            foreach (var (one, other) in singleCluster.Tiers.Zip(cluster.Tiers))
            {
                Assert.Equal(one.WrittenBlocks, other.WrittenBlocks);
                Assert.Equal(one.ReadBlocks, other.ReadBlocks);
                Assert.Equal(one.Evictions, other.Evictions);
                Assert.InRange(other.PeakCount, 0, other.Capacity);
                Assert.Equal(other.Count, other.WrittenBlocks - other.Evictions);
                Interlocked.Add(ref read, other.ReadBlocks);
                Interlocked.Add(ref evicted, other.Evictions);
            }

            Interlocked.Add(ref savedEvents, singleCluster.EventCount - cluster.EventCount);
        });

        Assert.True(read > 10_000, $"{read} blocks read");
        Assert.True(evicted > 10_000, $"{evicted} blocks evicted");
        Assert.True(savedEvents > 1_000, $"{savedEvents} events saved");
    }

    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void A_tier_that_is_never_read_is_no_tier(EngineKind kind) =>
        ForEach(seed =>
        {
            var random = new RandomEngineScenario(seed, kind, tiers: true);
            var none = Records(random, _ => null);
            Assert.Equal(none, Records(random, tier => tier with { BytesPerSecond = 0 }));
            Assert.Equal(none, Records(random, tier => tier with { CapacityBlocks = 0 }));
            Assert.Equal(none, Records(random, tier => tier with { CapacityBlocks = null, CapacityGib = 0 }));
            Assert.Equal(none, Records(random, tier => tier with { WriteBytesPerSecond = 0 }));
        });

    /// <summary>Two instances whose iterations end at the same instants, on a store that is too small for both.</summary>
    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void Instances_in_step_share_a_tier_alike_in_macro_steps(EngineKind kind)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new RandomStream(seed, "pairs");
            var requests = new List<RequestSpec>();
            for (var pair = 0; pair < 60; pair++)
            {
                var (arrival, blocks, output) = (pair * 0.2, 1 + random.Next(20), 1 + random.Next(60));
                for (var one = 0; one < 2; one++)
                {
                    var content = 100 * random.Next(8);
                    requests.Add(
                        new RequestSpec(
                            requests.Count,
                            SimTime.FromSeconds(arrival),
                            (16 * blocks) + 1,
                            output,
                            [.. Enumerable.Range(content, blocks).Select(id => (long)id)],
                            16
                        )
                    );
                }
            }

            Assert.Equal(Run(4096), Run(1));

            List<RequestRecord> Run(int maxIterationsPerEvent)
            {
                var engine = new EngineSpec
                {
                    Kind = kind,
                    KvBlocks = 40,
                    AsyncScheduling = seed % 2 == 0,
                    KvTiers =
                    [
                        new KvTierSpec
                        {
                            Kind = KvTierKind.Shared,
                            Name = "store",
                            CapacityBlocks = 60,
                            BytesPerSecond = 1e3,
                            Write = (KvTierWrite)(seed / 2 % 2),
                        },
                    ],
                };
                var scenario = EngineScenarios.Cluster(
                    new IterationTimesModel(0.01, 1e-4, TrendIterations: int.MaxValue),
                    engine,
                    mixed: 2
                ) with
                {
                    Policies = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs"),
                };
                var records = new List<RequestRecord>();
                new Cluster(
                    scenario,
                    requests,
                    Recorders.For(scenario, records.Add),
                    maxIterationsPerEvent
                ).Run(TestContext.Current.CancellationToken);
                return [.. records.OrderBy(record => record.Id)];
            }
        }
    }

    /// <summary>Clients give up and requests move while their blocks are read; instances fail, drain, change their roles and their models.</summary>
    [Fact]
    public void Disturbances_lose_no_request_and_no_block()
    {
        long read = 0;
        ForEach(seed =>
        {
            var disturbed = new DisturbedCluster(seed + 1);
            var (macro, cluster) = Step(disturbed, maxIterationsPerEvent: 4096);
            var (single, _) = Step(disturbed, maxIterationsPerEvent: 1);

            Assert.Equal(macro.Count, macro.Select(record => record.Id).Distinct().Count());
            Assert.Equal(
                single.Select(record => (record.Id, record.Outcome, record.Attempts)),
                macro.Select(record => (record.Id, record.Outcome, record.Attempts))
            );
            foreach (var (expected, actual) in single.Zip(macro))
            {
                ClusterPropertyTests.AssertNear(expected.Finish, actual.Finish);
            }

            Assert.All(cluster.Tiers, tier => Assert.InRange(tier.PeakCount, 0, tier.Capacity));
            Interlocked.Add(ref read, cluster.Tiers.Sum(tier => tier.ReadBlocks));
        });

        Assert.True(read > 10_000, $"{read} blocks read");
    }

    private static (List<RequestRecord> Records, Cluster Cluster) Step(
        DisturbedCluster disturbed,
        int maxIterationsPerEvent
    )
    {
        var scenario = disturbed.NewScenario();
        scenario = scenario with
        {
            PrefillInstances = WithTiers(scenario.PrefillInstances),
            DecodeInstances = WithTiers(scenario.DecodeInstances),
            MixedInstances = WithTiers(scenario.MixedInstances),
        };
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            disturbed.Requests,
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        cluster.Run(TestContext.Current.CancellationToken);
        return ([.. records.OrderBy(record => record.Id)], cluster);
    }

    private static InstanceSpec[] WithTiers(IReadOnlyList<InstanceSpec> specs) =>
        [
            .. specs.Select(spec =>
                spec.Engine is not { PrefixCaching: true } engine
                    ? spec
                    : spec with
                    {
                        Engine = engine with
                        {
                            Preemption = KvPreemption.Swap,
                            KvTiers =
                            [
                                new KvTierSpec
                                {
                                    Kind = KvTierKind.Host,
                                    CapacityBlocks = 50,
                                    BytesPerSecond = 1e5,
                                    LatencySeconds = 1e-3,
                                    Write = KvTierWrite.OnEviction,
                                },
                                new KvTierSpec
                                {
                                    Kind = KvTierKind.Shared,
                                    Name = $"{spec.Model} {engine.BlockTokens}",
                                    BytesPerSecond = 1e5,
                                    LatencySeconds = 1e-2,
                                },
                            ],
                        },
                    }
            ),
        ];

    private static List<RequestRecord> Records(
        RandomEngineScenario random,
        Func<KvTierSpec, KvTierSpec?> with
    )
    {
        var scenario = random.NewScenario();
        InstanceSpec[] With(IReadOnlyList<InstanceSpec> specs) =>
            [.. specs.Select(spec => spec with { Engine = WithTiers(spec.Engine!) })];
        EngineSpec WithTiers(EngineSpec engine)
        {
            KvTierSpec[] tiers = [.. (engine.KvTiers ?? []).Select(with).OfType<KvTierSpec>()];
            return tiers.Length > 0
                ? engine with
                {
                    KvTiers = tiers,
                }
                : engine with
                {
                    KvTiers = null,
                    Preemption = KvPreemption.Recompute,
                };
        }

        var records = new List<RequestRecord>();
        Simulator.Run(
            scenario with
            {
                PrefillInstances = With(scenario.PrefillInstances),
                DecodeInstances = With(scenario.DecodeInstances),
                MixedInstances = With(scenario.MixedInstances),
            },
            random.Requests,
            records.Add
        );
        return records;
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
}
