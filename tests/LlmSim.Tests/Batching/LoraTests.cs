using LlmSim.Batching;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Adapters of engines: who is admitted, what is loaded and what it costs, worked out by hand.</summary>
public sealed class LoraTests
{
    private const double IterationSeconds = 0.01;

    private static readonly IterationTimesModel s_equal = new(
        IterationSeconds,
        TrendIterations: int.MaxValue
    );

    private static readonly LoraSpec s_lora = new()
    {
        MaxAdapters = 1,
        HostBytesPerSecond = 1e18,
        LoadBytesPerSecond = 1e18,
    };

    private static readonly EngineSpec s_engine = new()
    {
        KvBlocks = 100_000,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    [Fact]
    public void A_request_whose_adapter_has_no_slot_is_passed_over()
    {
        // All are there at once; the first takes the only slot for its six tokens, and the third may use it.
        var (records, summary) = Run(s_lora, (0, "a", 6), (0, "b", 2), (0, "a", 2), (0, null, 2));

        Assert.Equal(
            [0.06, 0.08, 0.02, 0.02],
            records.Select(record => Math.Round(record.Finish.Seconds, 6))
        );
        Assert.Equal(3, summary.Adapters!.Requests);
        Assert.Equal(0, summary.Adapters.Hits);
        Assert.Equal(2, summary.Adapters.HostLoads);
        // The second waited while the first ran.
        Assert.Equal(0.06, summary.Adapters.WaitSeconds, 6);
        Assert.Equal(0.02, summary.Adapters.MeanWaitSeconds, 6);
    }

    [Fact]
    public void As_many_adapters_as_slots_run_together()
    {
        var (records, summary) = Run(
            s_lora with
            {
                MaxAdapters = 2,
            },
            (0, "a", 5),
            (0, "b", 3),
            (0, "c", 1),
            (0, "b", 1)
        );

        // The third takes the place of the second.
        Assert.Equal(
            [0.05, 0.03, 0.04, 0.01],
            records.Select(record => Math.Round(record.Finish.Seconds, 6))
        );
        Assert.Equal(1, summary.Adapters!.Evictions);
    }

    /// <summary>rank 16 of 2 values and 2 bytes in the only layer: 7 products of 2 · 16 · 2 bytes are 448 bytes, of which each product has 64.</summary>
    [Fact]
    public void The_iteration_waits_for_the_loads_of_its_adapters()
    {
        var lora = s_lora with
        {
            HostBytesPerSecond = 448 / 0.1,
            LoadBytesPerSecond = 448 / 0.3,
            LoadLatencySeconds = 0.05,
        };
        var (records, summary) = Run(
            lora,
            (0, "a", 2),
            (0, null, 3),
            (10, "a", 1),
            (20, "b", 1),
            (30, "a", 1)
        );

        // Store, then host; everybody in the iteration waits, later ones do not.
        Assert.Equal(0.45 + 0.01, records[0].PrefillFinish.Seconds, 6);
        Assert.Equal(0.45 + 0.01, records[1].PrefillFinish.Seconds, 6);
        Assert.Equal(0.45 + 0.03, records[1].Finish.Seconds, 6);
        // It is still in its slot, then another one takes it: the host has room for as many as there are slots.
        Assert.Equal(10.01, records[2].Finish.Seconds, 6);
        Assert.Equal(20.46, records[3].Finish.Seconds, 6);
        Assert.Equal(30.46, records[4].Finish.Seconds, 6);
        Assert.Equal(1, summary.Adapters!.Hits);
        Assert.Equal(3, summary.Adapters.StoreLoads);
        Assert.Equal(3 * 0.45, summary.Adapters.LoadSeconds, 6);
        Assert.Equal(3 * 0.45, summary.Adapters.WaitSeconds, 6);
    }

    /// <summary>What adapters take turns in one slot costs over that of one adapter is the loads, whatever their number and order.</summary>
    [Theory]
    [InlineData("aaaaaaaa", 1)]
    [InlineData("abababab", 8)]
    [InlineData("aabbaabb", 4)]
    [InlineData("abcabcaa", 7)]
    public void With_one_slot_each_switch_costs_a_load(string adapters, int loads)
    {
        var lora = s_lora with { MaxHostAdapters = 3, HostBytesPerSecond = 448 / 0.1 };
        var requests = adapters.Select(adapter => (0.0, (string?)$"{adapter}", 5)).ToArray();
        // One at a time, so that the order of the requests is that of their adapters.
        var engine = s_engine with
        {
            MaxSequences = 1,
            Lora = lora,
        };

        var (records, summary) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, engine, mixed: 1),
            Requests(requests)
        );

        Assert.Equal(
            (8 * 5 * IterationSeconds) + (loads * 0.1),
            records.Max(record => record.Finish.Seconds),
            6
        );
        Assert.Equal(loads, summary.Adapters!.HostLoads);
        Assert.Equal(loads * 0.1, summary.Adapters.LoadSeconds, 6);
        Assert.Equal(adapters.Distinct().Count(), summary.Adapters.StoreLoads);
    }

    [Fact]
    public void The_host_keeps_what_leaves_a_slot()
    {
        var lora = s_lora with
        {
            MaxHostAdapters = 2,
            HostBytesPerSecond = 448 / 0.1,
            LoadBytesPerSecond = 448 / 0.3,
        };
        var (records, summary) = Run(
            lora,
            (0, "a", 1),
            (10, "b", 1),
            (20, "a", 1),
            (30, "c", 1),
            (40, "b", 1)
        );

        Assert.Equal(
            [0.41, 10.41, 20.11, 30.41, 40.41],
            records.Select(record => Math.Round(record.Finish.Seconds, 6))
        );
        Assert.Equal((5, 4), (summary.Adapters!.HostLoads, summary.Adapters.StoreLoads));
    }

    /// <summary>Two slots, three on the host: a b | c takes a's slot | a comes from the host in b's | d takes the host of b and the slot of c.</summary>
    [Fact]
    public void The_least_recently_used_makes_room()
    {
        var slots = new AdapterSlots(
            s_lora with
            {
                MaxAdapters = 2,
                MaxHostAdapters = 3,
            },
            hostSeconds: _ => 1,
            storeSeconds: _ => 10
        );
        AdapterState[] adapters = [.. "abcd".Select(name => slots.Of($"{name}")!)];
        double Use(string names) => slots.Use([.. names.Select(name => slots.Of($"{name}")!)], [], default);
        string InSlots() => string.Concat(adapters.Where(adapter => adapter.IsInSlot).Select(a => a.Name));
        string OnHost() => string.Concat(adapters.Where(adapter => adapter.IsOnHost).Select(a => a.Name));

        Assert.Equal(22, Use("ab"));
        Assert.Equal(0, Use("b"));
        Assert.Equal(11, Use("c"));
        Assert.Equal(("bc", "abc"), (InSlots(), OnHost()));
        Assert.Equal(1, Use("a"));
        Assert.Equal(("ac", "abc"), (InSlots(), OnHost()));
        Assert.Equal(0, Use("ac"));
        Assert.Equal(0, Use("a"));
        Assert.Equal(11, Use("d"));
        Assert.Equal(("ad", "acd"), (InSlots(), OnHost()));
        // What the plan uses does not make room for the rest of it.
        Assert.Equal(11, Use("ab"));
        Assert.Equal(("ab", "abd"), (InSlots(), OnHost()));
        Assert.Equal(2, slots.Used);
    }

    [Fact]
    public void More_adapters_than_slots_are_no_plan()
    {
        var slots = new AdapterSlots(s_lora, _ => 0, _ => 0);

        Assert.Throws<InvariantViolationException>(() =>
            slots.Use([slots.Of("a")!, slots.Of("b")!], [], default)
        );
    }

    /// <summary>The 41,943,040 parameters that peft counts for Llama 3.1 8B at rank 16 with all linear layers.</summary>
    [Fact]
    public void An_adapter_has_two_factors_for_each_product()
    {
        var products = Products(tpSize: 1, new() { HostBytesPerSecond = 1, LoadBytesPerSecond = 1 });
        var attention = Products(
            tpSize: 1,
            new()
            {
                HostBytesPerSecond = 1,
                LoadBytesPerSecond = 1,
                Targets = LoraTargets.Attention,
            }
        );

        Assert.Equal(2 * 41_943_040, products.Bytes(16));
        Assert.Equal(2 * 32 * 16 * (8192 + 5120 + 5120 + 8192), attention.Bytes(16));
    }

    /// <summary>The factor at the divided side of a product is divided, the other is not.</summary>
    [Fact]
    public void Tensor_parallelism_divides_one_factor()
    {
        var products = Products(tpSize: 4, new() { HostBytesPerSecond = 1, LoadBytesPerSecond = 1 });

        var attention = (4096 + 1024) + (2 * (4096 + 256)) + (1024 + 4096);
        var mlp = (2 * (4096 + 3584)) + (3584 + 4096);
        Assert.Equal(2 * 32 * 16 * (attention + mlp), products.Bytes(16));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(64, 5)]
    [InlineData(8192, 3)]
    public void The_work_of_adapters_is_that_of_the_roofline(int tokens, int adapters)
    {
        const double Rank = 16;
        var hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM");
        var lora = new LoraSpec
        {
            MaxAdapters = 8,
            HostBytesPerSecond = 1,
            LoadBytesPerSecond = 1,
            Rank = 1,
        };
        var expected = 0.0;
        foreach (
            var (n, k) in new (double, double)[]
            {
                (4096, 4096),
                (4096, 1024),
                (4096, 1024),
                (4096, 4096),
                (4096, 14336),
                (4096, 14336),
                (14336, 4096),
            }
        )
        {
            var shrink = 2.0 * ((adapters * n * Rank) + (tokens * n) + (tokens * Rank));
            // What it adds to is read and written.
            var expand = 2.0 * ((adapters * Rank * k) + (tokens * Rank) + (2 * tokens * k));
            expected +=
                32
                * (
                    Math.Max(
                        2 * tokens * n * Rank / hardware.Fp16OpsPerSecond,
                        shrink / hardware.MemoryBytesPerSecond
                    )
                    + Math.Max(
                        2 * tokens * Rank * k / hardware.Fp16OpsPerSecond,
                        expand / hardware.MemoryBytesPerSecond
                    )
                );
        }

        var served = new ServedModel(ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B"));
        var instance = Instance(1, lora);
        var times = LoraTime.Of(served, instance, s_equal);
        var batch = IterationBatch.OfDecode(new(tokens, 100L * tokens, 100)) with
        {
            AdapterTokens = tokens,
            Adapters = adapters,
        };

        Assert.Equal(IterationSeconds + expected, times.Seconds(batch), 12);
        Assert.Equal(IterationSeconds + expected, times.Trend(batch).Seconds, 12);
        Assert.Equal(IterationSeconds, times.Seconds(batch with { AdapterTokens = 0, Adapters = 0 }), 12);
        // Two kernels for each of the four layers that the seven products are computed in.
        var launched = LoraTime.Of(served, Instance(1, lora with { KernelSeconds = 1e-6 }), s_equal);
        Assert.Equal(IterationSeconds + expected + (32 * 4 * 2 * 1e-6), launched.Seconds(batch), 12);
    }

    [Fact]
    public void Slots_come_off_the_kv_cache()
    {
        var without = Blocks(null);
        var with = Blocks(
            new()
            {
                MaxAdapters = 8,
                MaxRank = 64,
                HostBytesPerSecond = 1,
                LoadBytesPerSecond = 1,
            }
        );

        // 131,072 bytes a token, blocks of 16; slots of four times 83,886,080 bytes.
        Assert.Equal(8 * 4 * 83_886_080.0 / (16 * 131_072), without - with, 1.0);

        static long Blocks(LoraSpec? lora)
        {
            var spec = Instance(1, lora);
            var cluster = new Cluster(
                new Scenario
                {
                    Model = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B"),
                    PrefillInstances = [],
                    DecodeInstances = [],
                    MixedInstances = [spec],
                    Policies = PolicyCatalog.BuiltIn.CreateSet("lowest_load", "fcfs", "lowest_load", "fcfs"),
                },
                [],
                Recorders.For(AbstractScenario.Of(s_equal)),
                maxIterationsPerEvent: 1
            );
            return cluster.BatchedInstances[0].Cache.Pool.Total;
        }
    }

    [Fact]
    public void Prefixes_are_those_of_one_adapter()
    {
        RequestSpec Request(int id, string? adapter) =>
            new(id, SimTime.FromSeconds(id), 33, 1, [1, 2, 3], 16) { Adapter = adapter };

        var (_, summary) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, s_engine with { Lora = s_lora }, mixed: 1),
            [Request(0, "a"), Request(1, "b"), Request(2, null), Request(3, "a"), Request(4, null)]
        );

        // The last two find their own two whole blocks.
        Assert.Equal(64, summary.PagedCache!.HitTokens);
    }

    [Fact]
    public void Affinity_goes_where_the_adapter_is_then_where_a_slot_is()
    {
        var scenario = AbstractScenario.OfEngines(s_equal, s_engine with { Lora = s_lora }, mixed: 3) with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("lora_affinity", "fcfs", "lowest_load", "fcfs"),
        };
        RequestSpec Request(int id, double arrival, string? adapter) =>
            new(id, SimTime.FromSeconds(arrival), 10, 20) { Adapter = adapter };

        var (records, summary) = EngineScenarios.Run(
            scenario,
            [
                Request(0, 0.000, "a"),
                Request(1, 0.011, "b"),
                Request(2, 0.021, "a"),
                Request(3, 0.031, "b"),
                Request(4, 0.041, "c"),
                Request(5, 0.051, "a"),
            ]
        );

        Assert.Equal([0, 1, 0, 1, 2, 0], records.Select(record => record.PrefillInstance));
        Assert.Equal(3, summary.Adapters!.Hits);
    }

    [Fact]
    public void Requests_of_a_conversation_have_one_adapter()
    {
        var requests = new AdapterChoice(3, "uniform")
            .Apply(ChatWorkload.Parse("chat:turns=4").Generate(1, 1000).Take(20), seed: 1)
            .ToList();
        var (_, summary) = EngineScenarios.Run(
            AbstractScenario.OfEngines(
                s_equal,
                s_engine with
                {
                    Lora = s_lora with { MaxAdapters = 3 },
                },
                mixed: 1
            ),
            requests
        );

        Assert.True(summary.Requests > 20, $"{summary.Requests} requests");
        Assert.Equal(summary.Requests, summary.Adapters!.Requests);
    }

    [Theory]
    [InlineData("uniform", 0.25, 0.25)]
    [InlineData("zipf:1", 0.48, 0.12)]
    public void Popularity_is_that_of_the_law(string law, double first, double last)
    {
        var counts = new AdapterChoice(4, law)
            .Apply(Enumerable.Range(0, 100_000).Select(id => new RequestSpec(id, default, 1, 1)), seed: 3)
            .CountBy(request => request.Adapter!)
            .ToDictionary();

        Assert.Equal(4, counts.Count);
        Assert.Equal(first, counts["adapter0"] / 1e5, 0.01);
        Assert.Equal(last, counts["adapter3"] / 1e5, 0.01);
    }

    [Theory]
    [InlineData(
        "zipf",
        "adapter_popularity: found 'zipf'; allowed: uniform, or zipf:S with S above 0, up to 100"
    )]
    [InlineData(
        "zipf:0",
        "adapter_popularity: found 'zipf:0'; allowed: uniform, or zipf:S with S above 0, up to 100"
    )]
    public void An_unknown_law_is_said(string law, string message) =>
        Assert.Equal(message, Assert.Throws<UserErrorException>(() => new AdapterChoice(4, law)).Message);

    [Fact]
    public void Requests_ask_for_adapters_that_engines_have()
    {
        Assert.Equal(
            "adapter: request 0 asks for 'a', and an instance of its model has no lora; allowed: lora in the engine of every one, or requests without adapters",
            Error(s_engine, "a")
        );
        Assert.Equal(
            "adapter: request 0 asks for 'sqk'; allowed: sql, chat. Did you mean 'sql'?",
            Error(
                s_engine with
                {
                    Lora = s_lora with
                    {
                        Adapters = new Dictionary<string, int> { ["sql"] = 8, ["chat"] = 16 },
                    },
                },
                "sqk"
            )
        );
        Assert.Equal(
            "lora: found with other rules than those of vLLM; allowed: with kind vllm and batching own",
            Error(s_engine with { Lora = s_lora, Batching = BatchingRule.Orca }, "a")
        );
        var pipeline = AbstractScenario.OfEngines(s_equal, s_engine with { Lora = s_lora }, mixed: 1);
        Assert.Equal(
            "pp_size: found beside lora; allowed: one of them, since adapters in a pipeline are not simulated",
            Assert
                .Throws<UserErrorException>(() =>
                    EngineScenarios.Run(
                        pipeline with
                        {
                            MixedInstances = [pipeline.MixedInstances[0] with { PpSize = 2 }],
                            Model = pipeline.Model with { Layers = 2 },
                        },
                        (0, 1, 1)
                    )
                )
                .Message
        );

        static string Error(EngineSpec engine, string adapter) =>
            Assert
                .Throws<UserErrorException>(() =>
                    EngineScenarios.Run(
                        AbstractScenario.OfEngines(s_equal, engine, mixed: 1),
                        [new RequestSpec(0, default, 1, 1) { Adapter = adapter }]
                    )
                )
                .Message;
    }

    private static LoraProducts Products(int tpSize, LoraSpec lora) =>
        new(
            new ServedModel(ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B")),
            Instance(tpSize, lora),
            lora
        );

    private static InstanceSpec Instance(int tpSize, LoraSpec? lora) =>
        new()
        {
            Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"),
            TpSize = tpSize,
            Engine = new EngineSpec { Lora = lora },
        };

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        LoraSpec lora,
        params (double Arrival, string? Adapter, int Output)[] requests
    ) =>
        EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, s_engine with { Lora = lora }, mixed: 1),
            Requests(requests)
        );

    private static IEnumerable<RequestSpec> Requests(
        (double Arrival, string? Adapter, int Output)[] requests
    ) =>
        requests.Select(
            (request, id) =>
                new RequestSpec(id, SimTime.FromSeconds(request.Arrival), 10, request.Output)
                {
                    Adapter = request.Adapter,
                }
        );
}
