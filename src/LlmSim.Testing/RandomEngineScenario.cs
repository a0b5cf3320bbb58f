using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Testing;

/// <summary>
/// A small cluster of batched instances drawn from a seed, with tight memory, shared prefixes, slow links and every routing policy.
/// </summary>
public sealed class RandomEngineScenario
{
    private static readonly string[] s_global =
    [
        "random",
        "lowest_load",
        "least_requests",
        "least_kv",
        "vllm_front",
        "prefix_affinity:imbalance_requests=3",
        "kv_aware:weight=0.5",
        "conductor:reject=false",
        "conductor",
    ];

    private static readonly string[] s_local = ["fcfs", "shortest", "random", "edf"];

    /// <summary>Draws a cluster.</summary>
    /// <param name="seed">The same seed draws the same cluster, whatever the engine.</param>
    /// <param name="kind">Whose batching rule the engines follow.</param>
    /// <param name="mixedChunk">Whether SGLang's iterations hold prompts and decoding requests at once.</param>
    /// <param name="speculates">Whether drafts are verified.</param>
    /// <param name="ppSize">Stages of the pipeline of each engine.</param>
    /// <param name="tiers">Whether there are tiers below the KV cache.</param>
    /// <param name="batching">A rule in the place of vLLM's.</param>
    /// <param name="adapters">Whether requests ask for adapters.</param>
    /// <param name="images">Whether requests have pictures, which instances of their own encode in one scenario of three.</param>
    /// <param name="cpSize">Ranks of each prefill instance that share prompts.</param>
    public RandomEngineScenario(
        int seed,
        EngineKind kind = EngineKind.Vllm,
        bool mixedChunk = false,
        bool speculates = false,
        int ppSize = 1,
        bool tiers = false,
        BatchingRule batching = BatchingRule.Own,
        bool adapters = false,
        bool images = false,
        int cpSize = 1
    )
    {
        Seed = seed;
        var random = new RandomStream(seed, "scenario");
        var blockTokens = Pick(random, [1, 4, 16]);
        var longest = 40 + random.Next(300);
        var engine = new EngineSpec
        {
            MaxBatchedTokens = 20 + random.Next(200),
            MaxSequences = 1 + random.Next(20),
            ChunkedPrefill = random.Next(4) > 0,
            BlockTokens = blockTokens,
            PrefixCaching = random.Next(4) > 0,
            AsyncScheduling = random.Next(2) == 0,
            PrefillIterationSeconds = random.NextDouble() * 1e-3,
            KvBlocks = ((100 + random.Next(1500)) / blockTokens) + 1,
            Kind = kind,
            Batching = batching,
            MixedChunk = mixedChunk,
        };
        engine =
            seed % 5 == 4 ? engine with { LongPrefillTokens = 1 + (engine.MaxBatchedTokens / 3) } : engine;
        engine = engine with { MaxPrefillTokens = engine.MaxBatchedTokens * (1 + (seed % 2)) };
        engine =
            kind == EngineKind.TensorRtLlm && seed % 2 == 0
                ? engine with
                {
                    CapacityPolicy = (CapacityPolicy)(seed % 4 / 2),
                    AttentionDpTimeoutIterations = 1 + (seed % 20),
                    AttentionDpBatchingWaitIterations = seed % 3,
                }
                : engine;
        engine =
            kind == EngineKind.TensorRtLlm && seed % 3 > 0
                ? engine with
                {
                    BatchWaitIterations = seed % 3,
                    BatchWaitTokensRatio = 0.5,
                }
                : engine;
        engine =
            kind == EngineKind.Sglang && seed % 2 == 1
                ? engine with
                {
                    SchedulePolicy = (SchedulePolicy)(seed % 5),
                }
                : engine;
        engine = speculates ? engine with { Speculation = Draw(new(seed, "speculation")) } : engine;
        engine = tiers ? RandomTiers.AddTo(engine, new(seed, "tiers")) : engine;
        engine = adapters ? engine with { Lora = DrawAdapters(new(seed, "adapters")) } : engine;
        var times = new IterationTimesModel(
            1e-3 + (random.NextDouble() * 1e-2),
            random.NextDouble() * 1e-4,
            random.NextDouble() * 1e-6,
            // Contexts that grow by parts of tokens are rounded in each single step.
            random.NextDouble() * (speculates ? 1e-9 : 1e-6),
            TrendIterations: Pick(new RandomStream(seed, "trend"), [1, 7, int.MaxValue])
        );
        var roles = random.Next(3);
        var (prefill, decode, mixed) = (
            roles == 1 ? 0 : 1 + random.Next(2),
            roles == 1 ? 0 : 1 + random.Next(2),
            roles == 0 ? 0 : 1 + random.Next(3)
        );
        var isGroup = roles == 1 && random.Next(2) == 0;
        string[] names =
        [
            Pick(random, s_global),
            Pick(random, s_local),
            Pick(random, s_global.AsSpan(0, s_global.Length - 2)),
            Pick(random, s_local.AsSpan(0, s_local.Length - 1)),
        ];
        names[0] = adapters && seed % 3 == 0 ? "lora_affinity" : names[0];
        var transfer = Pick(
            random,
            [KvTransfer.SharedLink, KvTransfer.ContendedLinks, KvTransfer.ContendedLinksPerLayer]
        );
        transfer =
            transfer == KvTransfer.ContendedLinks
                ? (seed % 3) switch
                {
                    1 => KvTransfer.ContendedLinksPerChunk,
                    2 => KvTransfer.ContendedLinksPull,
                    _ => transfer,
                }
                : transfer;
        engine =
            tiers && transfer >= KvTransfer.ContendedLinks && seed % 2 == 0
                ? RandomTiers.OnKvLinks(engine)
                : engine;
        var bytesPerSecond = 500 + (random.NextDouble() * 1e5);
        Requests = MakeRequests(random, longest);
        Requests = adapters ? WithAdapters(Requests, new(seed, "adapters of requests")) : Requests;
        Requests = images ? RandomImages.AddTo(Requests, seed) : Requests;
        NewScenario = () =>
        {
            var scenario = AbstractScenario.OfEngines(
                times,
                isGroup && ppSize == 1 ? engine with { DataParallelGroup = "group" } : engine,
                prefill,
                decode,
                mixed
            );
            InstanceSpec[] Slow(IReadOnlyList<InstanceSpec> specs, int ranks = 1) =>
                [
                    .. specs.Select(spec =>
                        spec with
                        {
                            PpSize = ppSize,
                            CpSize = ranks == 1 ? null : ranks,
                            LinkBytesPerSecond = ppSize == 1 && ranks == 1 ? null : 1e5,
                            KvLinkBytesPerSecond = bytesPerSecond,
                            KvLinkLatencySeconds = 1e-4,
                            KvLinkPerRank = seed % 4 == 3,
                        }
                    ),
                ];
            scenario = scenario with
            {
                PrefillInstances = Slow(scenario.PrefillInstances, cpSize),
                // What only decodes has no use for them, unless it swaps.
                DecodeInstances =
                [
                    .. Slow(scenario.DecodeInstances)
                        .Select(spec =>
                            engine.Preemption == KvPreemption.Swap
                                ? spec
                                : spec with
                                {
                                    Engine = spec.Engine! with { KvTiers = null },
                                }
                        ),
                ],
                MixedInstances = Slow(scenario.MixedInstances),
                Model = scenario.Model with { Layers = 4 },
                Precision = scenario.Precision with
                {
                    KvCache = new NumberFormat("1-bit", 1, NumberKind.Any, 1),
                },
                Policies = PolicyCatalog.BuiltIn.CreateSet(names[0], names[1], names[2], names[3]),
                Semantics = scenario.Semantics with { KvTransfer = transfer },
                Seed = seed,
                TtftSloSeconds = 0.5,
            };
            // Encoders in a pipeline are not simulated.
            return images
                ? RandomImages.Encoding(scenario, seed, apart: ppSize > 1 || seed % 3 == 0)
                : scenario;
        };
    }

    /// <summary>What it was drawn from.</summary>
    public int Seed { get; }

    /// <summary>The workload.</summary>
    public IReadOnlyList<RequestSpec> Requests { get; }

    /// <summary>A fresh scenario: policies keep state.</summary>
    public Func<Scenario> NewScenario { get; }

    private static SpeculationSpec Draw(RandomStream random) =>
        new()
        {
            Method = DraftMethod.Ngram,
            DraftTokens = 1 + random.Next(5),
            Acceptance = [random.NextDouble(), random.NextDouble()],
        };

    private static LoraSpec DrawAdapters(RandomStream random)
    {
        var slots = 1 + random.Next(4);
        return new()
        {
            MaxAdapters = slots,
            MaxHostAdapters = random.Next(2) == 0 ? null : slots + random.Next(4),
            MaxRank = 8,
            Rank = 1 + random.Next(8),
            // Adapters of some 100 bytes take from nothing to as long as several iterations.
            HostBytesPerSecond = 1e4 * Math.Pow(10, 4 * random.NextDouble()),
            LoadBytesPerSecond = 1e3 * Math.Pow(10, 4 * random.NextDouble()),
            LoadLatencySeconds = random.Next(2) == 0 ? 0 : random.NextDouble() * 1e-2,
        };
    }

    /// <summary>Some requests ask for none.</summary>
    private static List<RequestSpec> WithAdapters(IReadOnlyList<RequestSpec> requests, RandomStream random)
    {
        var adapters = 1 + random.Next(8);
        return
        [
            .. requests.Select(request =>
                random.Next(5) == 0
                    ? request
                    : request with
                    {
                        Adapter = FormattableString.Invariant($"adapter{random.Next(adapters)}"),
                    }
            ),
        ];
    }

    private static T Pick<T>(RandomStream random, ReadOnlySpan<T> values) =>
        values[random.Next(values.Length)];

    private static List<RequestSpec> MakeRequests(RandomStream random, int longest)
    {
        const int HashBlockTokens = 8;
        var count = 20 + random.Next(60);
        var rate = 1 + (random.NextDouble() * 40);
        var longestOutput = 1 + random.Next(100);
        var contents = 1 + random.Next(6);
        return SharedPrefixRequests.Draw(
            random,
            new(count, rate, longest, longestOutput, contents, HashBlockTokens, BlocksBeyondPrompt: 0)
        );
    }
}
