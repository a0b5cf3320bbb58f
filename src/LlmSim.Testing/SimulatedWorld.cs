using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Testing;

/// <summary>A small cluster and workload for a policy to prove itself in: instances differ, and memory is scarce.</summary>
internal sealed class SimulatedWorld
{
    private readonly Scenario _scenario;

    private SimulatedWorld(int seed, string hardware, int maxPrompt, Func<RandomStream, int> outputTokens)
    {
        var random = new RandomStream(seed, "contract");
        _scenario = new Scenario
        {
            Model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B"),
            PrefillInstances = Instances(random, hardware),
            DecodeInstances = Instances(random, hardware),
            Policies = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs"),
            Seed = seed,
        };
        // Lengths come from a stream of their own: worlds that differ in them alone have the same prompts and arrivals.
        var lengths = new RandomStream(seed, "contract outputs");
        Requests = MakeRequests(random, maxPrompt, () => outputTokens(lengths));
    }

    /// <summary>The world of a seed: bursts of requests that have to be evicted or wait.</summary>
    public SimulatedWorld(int seed)
        : this(seed, "NVIDIA_L4", maxPrompt: 6000, random => 1 + random.Next(400))
    {
        var predictor = (OutputPredictorKind)(seed % 3);
        _scenario = _scenario with { OutputPredictor = new OutputPredictor(predictor, Sigma: 0.5) };
        if (seed % 2 == 1)
        {
            // Batching and prompts that begin alike: there is something cached to look at.
            _scenario = _scenario with
            {
                PrefillInstances = [.. _scenario.PrefillInstances.Select(WithEngine)],
                DecodeInstances = [.. _scenario.DecodeInstances.Select(WithEngine)],
            };
            Requests = [.. Requests.Select(WithContent)];
        }
    }

    public IReadOnlyList<RequestSpec> Requests { get; }

    /// <summary>A world with much memory, in which every decision is made before the first output ends.</summary>
    /// <param name="factor">All that differs: it scales the output lengths.</param>
    public static SimulatedWorld LongOutputs(int factor) =>
        new(seed: 7, "NVIDIA_H200", maxPrompt: 500, random => factor * (2000 + random.Next(500)));

    /// <summary>What becomes of the requests, in order of their ends.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="cancellation">Stops the simulation.</param>
    /// <param name="ttftSloSeconds">Decides nothing but what policies see of deadlines; null for that of the world.</param>
    public List<RequestRecord> Run(
        PolicyUnderTest policy,
        CancellationToken cancellation,
        double? ttftSloSeconds = null
    )
    {
        var records = new List<RequestRecord>(Requests.Count);
        Simulator.Run(
            _scenario with
            {
                Policies = policy.NewSet(),
                // Only engines ask what an iteration computes.
                PrefillInstances = Asked(_scenario.PrefillInstances, policy),
                DecodeInstances = Asked(_scenario.DecodeInstances, policy),
                Fleet = policy.Decision == PolicyDecisions.Autoscale ? Scaled(policy) : null,
                TtftSloSeconds = ttftSloSeconds ?? _scenario.TtftSloSeconds,
            },
            Requests,
            records.Add,
            cancellation: cancellation
        );
        return records;
    }

    private static IReadOnlyList<InstanceSpec> Asked(
        IReadOnlyList<InstanceSpec> instances,
        PolicyUnderTest policy
    ) => policy.Decision == PolicyDecisions.Batching ? [.. instances.Select(WithEngine)] : instances;

    /// <summary>Instances come and go while requests do.</summary>
    private static FleetPlan Scaled(PolicyUnderTest policy) =>
        new()
        {
            StartSeconds = 1,
            Autoscale = new AutoscalePlan
            {
                Policies = new Dictionary<string, IAutoscalePolicy>(StringComparer.Ordinal)
                {
                    ["prefill"] = policy.NewAutoscale(),
                    ["decode"] = policy.NewAutoscale(),
                },
                IntervalSeconds = 0.5,
                CooldownSeconds = 2,
            },
        };

    private static InstanceSpec WithEngine(InstanceSpec spec) => spec with { Engine = new EngineSpec() };

    /// <summary>The first half of a prompt is one of few texts.</summary>
    private static RequestSpec WithContent(RequestSpec request)
    {
        const int BlockTokens = 64;
        const int Texts = 4;
        const int TextBlocks = 1_000;
        var blocks = ((request.InputTokens - 1) / BlockTokens) + 1;
        var text = (int)(request.Id % Texts);
        var own = (int)(Texts + request.Id);
        return request with
        {
            HashBlockTokens = BlockTokens,
            HashIds =
            [
                .. Enumerable
                    .Range(0, blocks)
                    .Select(block => ((block < blocks / 2 ? text : own) * (long)TextBlocks) + block),
            ],
        };
    }

    private static InstanceSpec[] Instances(RandomStream random, string hardware) =>
        [
            .. Enumerable
                .Range(0, 2 + random.Next(2))
                .Select(_ => new InstanceSpec
                {
                    Hardware = HardwareCatalog.BuiltIn.Get(hardware),
                    TpSize = 1,
                    // A policy that switches roles finds instances that may.
                    Switches = true,
                    MemoryUtilization = 0.8 + (0.1 * random.Next(3)),
                }),
        ];

    private static List<RequestSpec> MakeRequests(RandomStream random, int maxPrompt, Func<int> outputTokens)
    {
        const int Count = 60;
        const double BurstsPerSecond = 20;
        var seconds = 0.0;
        var requests = new List<RequestSpec>(Count);
        for (var id = 0; id < Count; id++)
        {
            // Some arrive at the same instant.
            seconds += random.Next(3) == 0 ? 0 : random.NextExponential(BurstsPerSecond);
            requests.Add(
                new RequestSpec(id, SimTime.FromSeconds(seconds), 1 + random.Next(maxPrompt), outputTokens())
            );
        }

        return requests;
    }
}

/// <summary>The decisions over one request: where and when each stage took it.</summary>
internal readonly record struct Placement(
    int PrefillInstance,
    SimTime PrefillStart,
    int DecodeInstance,
    SimTime DecodeStart
)
{
    public static IEnumerable<Placement> Of(IEnumerable<RequestRecord> records) =>
        records
            .OrderBy(record => record.Id)
            .Select(record => new Placement(
                record.PrefillInstance,
                record.PrefillStart,
                record.DecodeInstance,
                record.FirstDecodeStart
            ));
}
