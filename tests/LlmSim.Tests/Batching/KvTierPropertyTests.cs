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
        long overPorts = 0;
        ForEach(seed =>
        {
            var random = new RandomEngineScenario(seed, kind, mixedChunk, speculates, tiers: true);
            var requests = seed % 2 == 0 ? random.Requests : Conversations(random);
            // A run states at its end that no block is held and all are in the pool, and reads of what is not there throw.
            var (macro, cluster) = Run(random.NewScenario(), requests, maxIterationsPerEvent: 4096);
            var (single, singleCluster) = Run(random.NewScenario(), requests, maxIterationsPerEvent: 1);

            Assert.Equal(
                requests.Sum(request => request.Conversation?.Turns.Count ?? 1)
                    - cluster.Conversations.TurnsNotSent,
                macro.Select(record => record.Id).Distinct().Count()
            );
            foreach (var (expected, actual) in single.Zip(macro))
            {
                // A turn comes when the one before it has ended.
                ClusterPropertyTests.AssertNear(expected.Arrival, actual.Arrival);
                ClusterPropertyTests.AssertSame(expected, actual with { Arrival = expected.Arrival });
            }

            foreach (var (one, other) in singleCluster.Tiers.Zip(cluster.Tiers))
            {
                Assert.Equal(one.WrittenBlocks, other.WrittenBlocks);
                Assert.Equal(one.ReadBlocks, other.ReadBlocks);
                Assert.Equal(one.Evictions, other.Evictions);
                Assert.InRange(other.PeakCount, 0, other.Capacity);
                Assert.Equal(other.Count, other.WrittenBlocks - other.Evictions);
                Assert.Equal(0, other.Sessions);
                Interlocked.Add(ref read, other.ReadBlocks);
                Interlocked.Add(ref evicted, other.Evictions);
            }

            // All that was asked for has arrived, over the ports of the instances where those are the link.
            var scenario = random.NewScenario();
            var bytes = cluster
                .Tiers.Where(tier => tier.Spec.Link == KvTierLink.Kv)
                .Sum(tier => (tier.ReadBlocks + tier.WrittenBlocks) * tier.BlockBytes);
            if (scenario.PrefillInstances.Count == 0)
            {
                Assert.Equal(bytes + cluster.FetchedBytes, cluster.Network.DeliveredBytes);
                Interlocked.Add(ref overPorts, bytes);
            }

            Assert.InRange(bytes, 0, cluster.Network.DeliveredBytes);
            Interlocked.Add(ref savedEvents, singleCluster.EventCount - cluster.EventCount);
        });

        Assert.True(read > 10_000, $"{read} blocks read");
        Assert.True(evicted > 10_000, $"{evicted} blocks evicted");
        Assert.True(savedEvents > 1_000, $"{savedEvents} events saved");
        Assert.True(overPorts > 5_000, $"{overPorts} bytes over the ports of instances");
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

    /// <summary>Requests that stand alone leave blocks of no session: the least recently used goes first. Of conversations it makes a difference.</summary>
    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void Without_conversations_sessions_are_no_order_of_their_own(EngineKind kind)
    {
        var differences = 0;
        ForEach(seed =>
        {
            var random = new RandomEngineScenario(seed, kind, tiers: true);
            List<RequestRecord> Records(KvTierEviction eviction, IReadOnlyList<RequestSpec> requests) =>
                Run(
                    With(
                        random.NewScenario(),
                        tier => tier with { Eviction = eviction, CapacityBlocks = 20, BytesPerSecond = 1e6 }
                    ),
                    requests,
                    maxIterationsPerEvent: 4096
                ).Records;

            // The order of instances at one instant is another one with shared tiers, and with sessions.
            var isShared = random
                .NewScenario()
                .Instances.Any(spec =>
                    spec.Engine!.KvTiers?.Any(tier => tier.Kind == KvTierKind.Shared) == true
                );
            if (isShared)
            {
                Assert.Equal(
                    Records(KvTierEviction.Lru, random.Requests),
                    Records(KvTierEviction.Session, random.Requests)
                );
            }

            var conversations = Conversations(random);
            var differs = !Records(KvTierEviction.Lru, conversations)
                .SequenceEqual(Records(KvTierEviction.Session, conversations));
            Interlocked.Add(ref differences, differs ? 1 : 0);
        });

        Assert.True(differences > Scenarios / 10, $"{differences} of {Scenarios} runs differ");
    }

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
                            Link = (KvTierLink)(seed / 4 % 2),
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
                    Semantics = Semantics.Standard with { KvTransfer = KvTransfer.ContendedLinks },
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
            Assert.All(cluster.Tiers, tier => Assert.Equal(0, tier.Sessions));
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
        var eviction = scenario.Seed % 2 == 0 ? KvTierEviction.Lru : KvTierEviction.Session;
        var link =
            scenario.Semantics.KvTransfer >= KvTransfer.ContendedLinks ? KvTierLink.Kv : KvTierLink.Own;
        scenario = scenario with
        {
            PrefillInstances = WithTiers(scenario.PrefillInstances, eviction, link),
            DecodeInstances = WithTiers(scenario.DecodeInstances, eviction, link),
            MixedInstances = WithTiers(scenario.MixedInstances, eviction, link),
        };
        return Run(scenario, disturbed.Requests, maxIterationsPerEvent);
    }

    private static (List<RequestRecord> Records, Cluster Cluster) Run(
        Scenario scenario,
        IEnumerable<RequestSpec> requests,
        int maxIterationsPerEvent
    )
    {
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            requests,
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        cluster.Run(TestContext.Current.CancellationToken);
        return ([.. records.OrderBy(record => record.Id)], cluster);
    }

    /// <summary>Two of three requests begin conversations of one to four turns, three of which start alike.</summary>
    private static List<RequestSpec> Conversations(RandomEngineScenario scenario)
    {
        var random = new RandomStream(scenario.Seed, "conversations");
        var requests = new List<RequestSpec>();
        var id = 0L;
        foreach (var request in scenario.Requests)
        {
            if (random.Next(3) == 0)
            {
                requests.Add(request with { Id = id++ });
                continue;
            }

            var turns = new List<Turn>();
            PromptSegment[] said = [new(random.Next(3), 16 * (1 + random.Next(4)))];
            for (var turn = 1 + random.Next(4); turn > 0; turn--)
            {
                var content = 100 + (2 * (id + turns.Count));
                var answer = new PromptSegment(content + 1, 1 + random.Next(request.OutputTokens));
                said = [.. said, new(content, 1 + random.Next(20))];
                var pause = random.Next(2) * random.NextDouble();
                turns.Add(new Turn(said, answer, turns.Count == 0 ? [] : [turns.Count - 1], pause));
                said = [.. said, answer];
            }

            var conversation = new Conversation(turns);
            requests.Add(conversation.Begin(id, request.Arrival));
            id += turns.Count;
        }

        return requests;
    }

    private static InstanceSpec[] WithTiers(
        IReadOnlyList<InstanceSpec> specs,
        KvTierEviction eviction,
        KvTierLink link
    ) =>
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
                                    Eviction = eviction,
                                },
                                new KvTierSpec
                                {
                                    Kind = KvTierKind.Shared,
                                    Eviction = eviction,
                                    Link = link,
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
        var records = new List<RequestRecord>();
        Simulator.Run(With(random.NewScenario(), with), random.Requests, records.Add);
        return records;
    }

    /// <summary>The same cluster with other tiers.</summary>
    private static Scenario With(Scenario scenario, Func<KvTierSpec, KvTierSpec?> with)
    {
        InstanceSpec[] Changed(IReadOnlyList<InstanceSpec> specs) =>
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

        return scenario with
        {
            PrefillInstances = Changed(scenario.PrefillInstances),
            DecodeInstances = Changed(scenario.DecodeInstances),
            MixedInstances = Changed(scenario.MixedInstances),
        };
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
