using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Properties;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Prefill instances whose ranks share the tokens of prompts, in clusters.</summary>
public sealed class ContextParallelTests
{
    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 100,
        KvBlocks = 10_000,
        CapturedSizes = [],
        AsyncScheduling = false,
    };

    public static TheoryData<EngineKind, bool, int> Rules { get; } =
        new()
        {
            { EngineKind.Vllm, false, 2 },
            { EngineKind.Vllm, false, 8 },
            { EngineKind.Sglang, false, 3 },
            { EngineKind.Sglang, true, 2 },
            { EngineKind.TensorRtLlm, false, 4 },
        };

    /// <summary>700 tokens are seven iterations of 100, of which each of five ranks computes 20; without an engine they are one of 140.</summary>
    [Fact]
    public void Ranks_share_each_iteration()
    {
        var times = new IterationTimesModel(0.01, SecondsPerToken: 1e-3);
        var scenario = Shared(EngineScenarios.Cluster(times, s_engine, prefill: 1, decode: 1), 5);
        var (records, summary) = EngineScenarios.Run(scenario, (0, 700, 2));
        Assert.Equal(7 * 0.03, Assert.Single(records).PrefillFinish.Seconds, 1e-7);
        Assert.Equal(5, summary.Instances[0].CpSize);
        Assert.Equal(5, summary.Instances[0].Accelerators);
        Assert.Null(summary.Instances[1].CpSize);

        var withoutEngine = Shared(AbstractScenario.Of(times, 1, 1, 1000), 5);
        (records, summary) = EngineScenarios.Run(withoutEngine, (0, 700, 2));
        Assert.Equal(0.15, Assert.Single(records).PrefillFinish.Seconds, 1e-7);
        Assert.Equal(5000, summary.Instances[0].KvCapacityBytes);
        Assert.Equal(1000, summary.Instances[1].KvCapacityBytes);
    }

    /// <summary>Blocks of an engine are those of all ranks.</summary>
    [Fact]
    public void An_engine_has_the_blocks_of_all_ranks()
    {
        var scenario = AbstractScenario.OfEngines(
            new IterationTimesModel(0.01),
            s_engine with
            {
                KvBlocks = null,
                BlockTokens = 10,
            },
            prefill: 1,
            decode: 1
        );
        InstanceSpec[] Larger(IReadOnlyList<InstanceSpec> specs) =>
            [.. specs.Select(spec => spec with { Hardware = spec.Hardware with { MemoryBytes = 5000 } })];
        scenario = scenario with
        {
            PrefillInstances = Larger(scenario.PrefillInstances),
            DecodeInstances = Larger(scenario.DecodeInstances),
        };

        var (_, one) = EngineScenarios.Run(scenario, (0, 100, 2));
        var (_, four) = EngineScenarios.Run(Shared(scenario, 4), (0, 100, 2));

        // vLLM keeps a block for itself.
        Assert.Equal(4990, one.Instances[0].KvCapacityBytes);
        Assert.Equal(19_990, four.Instances[0].KvCapacityBytes);
        Assert.Equal(one.Instances[1].KvCapacityBytes, four.Instances[1].KvCapacityBytes);
    }

    /// <summary>Each rank loads all weights, at its own bandwidth: 16 GB at 1 GB/s.</summary>
    [Fact]
    public void More_ranks_start_no_sooner()
    {
        double Start(int ranks)
        {
            var scenario = Scenarios.Default() with
            {
                Model = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B"),
                PrefillInstances = Scenarios.Instances("NVIDIA_H100_SXM", tp: 1, count: 1),
                Fleet = new()
                {
                    EngineStartSeconds = 0,
                    LoadBytesPerSecond = 1e9,
                    Faults =
                    [
                        new()
                        {
                            AtSeconds = 0,
                            Kind = FaultKind.Fail,
                            Stage = "prefill",
                            Instance = 0,
                            ForSeconds = 1e-3,
                        },
                    ],
                },
            };
            return EngineScenarios.Run(Shared(scenario, ranks), (1, 100, 2)).Records[0].PrefillStart.Seconds;
        }

        Assert.InRange(Start(1), 15, 18);
        Assert.Equal(Start(1), Start(4), 1e-6);
    }

    /// <summary>With a port each, ranks send their tokens side by side.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 4)]
    public void All_of_a_KV_cache_is_sent(bool hasPorts, int faster)
    {
        var scenario = EngineScenarios.Cluster(
            new IterationTimesModel(0.5),
            s_engine with
            {
                MaxBatchedTokens = 1000,
            },
            prefill: 1,
            decode: 1
        );
        InstanceSpec[] Slow(IReadOnlyList<InstanceSpec> specs, double bandwidth) =>
            [
                .. specs.Select(spec =>
                    spec with
                    {
                        KvLinkBytesPerSecond = bandwidth,
                        KvLinkLatencySeconds = 0,
                        KvLinkPerRank = hasPorts,
                    }
                ),
            ];
        scenario = Shared(
            scenario with
            {
                PrefillInstances = Slow(scenario.PrefillInstances, 100),
                DecodeInstances = Slow(scenario.DecodeInstances, 1e9),
                Semantics = scenario.Semantics with { KvTransfer = KvTransfer.ContendedLinks },
            },
            4
        );
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            [new RequestSpec(0, SimTime.Zero, 200, 2)],
            Recorders.For(scenario, records.Add),
            4096
        );
        cluster.Run(TestContext.Current.CancellationToken);

        Assert.Equal(200, cluster.Network.DeliveredBytes);
        Assert.Equal(0.5 + (2.0 / faster), Assert.Single(records).TransferFinish.Seconds, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rules_keep_what_holds_for_all_engines(EngineKind kind, bool mixedChunk, int ranks)
    {
        var (shared, saved) = (0, 0L);
        Parallel.For(
            0,
            300,
            seed =>
            {
                try
                {
                    var random = new RandomEngineScenario(
                        seed,
                        kind,
                        mixedChunk,
                        tiers: seed % 3 == 0,
                        cpSize: ranks
                    );
                    // A run states at its end that every token was given, no block is held and all bytes arrived.
                    var (macro, cluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 4096);
                    var (single, steps) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 1);
                    foreach (var (expected, actual) in single.Zip(macro))
                    {
                        ClusterPropertyTests.AssertSame(expected, actual);
                    }

                    Assert.Equal(
                        random.Requests.Select(request => request.Id),
                        macro.Select(record => record.Id).Order()
                    );
                    Assert.Equal(cluster.Network.StartedBytes, cluster.Network.DeliveredBytes);
                    Interlocked.Add(ref shared, cluster.BatchedInstances.Count(i => i.Spec.CpSize == ranks));
                    Interlocked.Add(ref saved, steps.EventCount - cluster.EventCount);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );

        Assert.True(shared > 200, $"{shared} instances");
        Assert.True(saved > 10_000, $"{saved} events");
    }

    [Fact]
    public void Clusters_without_engines_keep_what_holds_for_all() =>
        Parallel.For(
            0,
            300,
            seed =>
            {
                var random = new RandomScenario(seed, Semantics.Standard);
                List<RequestRecord> Run(int maxIterationsPerEvent)
                {
                    var scenario = Shared(random.NewScenario(), 2 + (seed % 3));
                    var records = new List<RequestRecord>();
                    new Cluster(
                        scenario,
                        random.Requests,
                        Recorders.For(scenario, records.Add),
                        maxIterationsPerEvent
                    ).Run(CancellationToken.None);
                    return records;
                }

                try
                {
                    foreach (var (expected, actual) in Run(1).Zip(Run(4096)))
                    {
                        ClusterPropertyTests.AssertSame(expected, actual);
                    }
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"{random}: {exception.Message}", exception);
                }
            }
        );

    [Fact]
    public void What_ranks_do_not_do_is_said()
    {
        var scenario = Shared(
            EngineScenarios.Cluster(new IterationTimesModel(0.01), s_engine, prefill: 1, decode: 1),
            2
        );
        var spec = scenario.PrefillInstances[0];
        Scenario With(InstanceSpec prefill) => scenario with { PrefillInstances = [prefill] };
        Scenario WithEngine(EngineSpec engine) => With(spec with { Engine = engine });
        Refused(
            scenario with
            {
                DecodeInstances = [spec],
            },
            "cp_size: found 2 on a decode instance; allowed there: 1"
        );
        Refused(
            scenario with
            {
                DecodeInstances = [spec with { Engine = null }],
            },
            "cp_size: found 2 on a decode instance; allowed there: 1"
        );
        Refused(
            scenario with
            {
                PrefillInstances = [],
                DecodeInstances = [],
                MixedInstances = [spec],
            },
            "cp_size: found 2 on a mixed instance; allowed there: 1"
        );
        Refused(With(spec with { PpSize = 2 }), "cp_size: found 2 beside pp_size 2; allowed: one of them");
        Refused(
            With(spec with { ExpertParallel = 4 }),
            "cp_size: found 2 beside expert_parallel 4 above tp_size 1; allowed: one of them"
        );
        Refused(
            WithEngine(s_engine with { DataParallelGroup = "a" }),
            "cp_size: found 2 beside data_parallel_group a; allowed: one of them"
        );
        Refused(
            WithEngine(
                s_engine with
                {
                    Speculation = new()
                    {
                        Method = DraftMethod.Ngram,
                        DraftTokens = 2,
                        Acceptance = [0.5],
                    },
                }
            ),
            "cp_size: found 2 beside speculative_config; allowed: one of them"
        );
        Refused(
            WithEngine(
                s_engine with
                {
                    Lora = new() { HostBytesPerSecond = 1, LoadBytesPerSecond = 1 },
                }
            ),
            "cp_size: found 2 beside lora; allowed: one of them"
        );
        Refused(
            WithEngine(s_engine with { StructuredOutput = new() { MaskSeconds = 0 } }),
            "cp_size: found 2 beside structured_output; allowed: one of them"
        );
    }

    private static Scenario Shared(Scenario scenario, int ranks) =>
        scenario with
        {
            PrefillInstances =
            [
                .. scenario.PrefillInstances.Select(spec =>
                    spec with
                    {
                        CpSize = ranks,
                        LinkBytesPerSecond = 1e30,
                        LinkLatencySeconds = 0,
                        GpusPerNode = 64,
                    }
                ),
            ],
        };

    private static void Refused(Scenario scenario, string message) =>
        Assert.Contains(
            message,
            Assert.Throws<UserErrorException>(() => EngineScenarios.Run(scenario, (0, 10, 2))).Message,
            StringComparison.Ordinal
        );
}
