using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Testing;

/// <summary>A small scenario drawn from a seed: tight memory, so that preemptions and refusals happen.</summary>
public sealed class RandomScenario
{
    private static readonly string[] s_global =
    [
        "random",
        "round_robin",
        "lowest_load",
        "least_requests",
        "power_of_two",
        "least_kv",
    ];

    private static readonly string[] s_prefillLocal =
    [
        "fcfs",
        "shortest",
        "longest_wait",
        "random",
        "hrrn",
        "edf",
        "moore_hodgson",
    ];

    private static readonly string[] s_decodeLocal = ["fcfs", "shortest", "longest_wait", "random"];

    /// <summary>Draws a scenario.</summary>
    /// <param name="seed">The same seed draws the same scenario.</param>
    /// <param name="semantics">The options of the model; weights and KV cache are always those of the shapes.</param>
    public RandomScenario(int seed, Semantics semantics)
    {
        Seed = seed;
        var random = new RandomStream(seed, "scenario");
        var capacity = 400 + random.Next(2000);
        var names = new[]
        {
            Pick(random, s_global),
            Pick(random, s_prefillLocal),
            Pick(random, s_global),
            Pick(random, s_decodeLocal),
        };
        var times = new Times(random, hasClosedForm: seed % 2 == 0);
        var prefill = 1 + random.Next(3);
        var decode = 1 + random.Next(3);
        Predictor = (OutputPredictorKind)random.Next(3);
        Requests = MakeRequests(random);
        NewScenario = () =>
            AbstractScenario.Of(times, prefill, decode, capacity) with
            {
                Policies = PolicyCatalog.BuiltIn.CreateSet(names[0], names[1], names[2], names[3]),
                // The reference's constants are of another size than these clusters; unseeded policies cannot be compared.
                Semantics = semantics with
                {
                    KvBytesPerToken = ModelBytes.Model,
                    Weights = ModelBytes.Model,
                    RandomPolicies = RandomPolicies.Seeded,
                },
                OutputPredictor = new OutputPredictor(Predictor, 0.5),
                Seed = seed,
            };
    }

    /// <summary>What it was drawn from.</summary>
    public int Seed { get; }

    /// <summary>The workload.</summary>
    public IReadOnlyList<RequestSpec> Requests { get; }

    /// <summary>A fresh scenario: policies keep state.</summary>
    public Func<Scenario> NewScenario { get; }

    private OutputPredictorKind Predictor { get; }

    /// <inheritdoc />
    public override string ToString() => $"scenario of seed {Seed}";

    private static string Pick(RandomStream random, string[] names) => names[random.Next(names.Length)];

    private static List<RequestSpec> MakeRequests(RandomStream random)
    {
        var count = 20 + random.Next(60);
        var rate = 0.2 + (random.NextDouble() * 20);
        var longestInput = 50 + random.Next(400);
        var longestOutput = 1 + random.Next(300);
        var seconds = 0.0;
        var requests = new List<RequestSpec>();
        for (var id = 0; id < count; id++)
        {
            // Some arrive at the same instant.
            seconds += random.Next(4) == 0 ? 0 : random.NextExponential(rate);
            requests.Add(
                new RequestSpec(
                    id,
                    SimTime.FromSeconds(seconds),
                    1 + random.Next(longestInput),
                    1 + random.Next(longestOutput)
                )
            );
        }

        return requests;
    }

    /// <summary>Times that grow with prompt, batch and context.</summary>
    private sealed class Times(RandomStream random, bool hasClosedForm) : IPerformanceModel
    {
        private readonly bool _hasClosedForm = hasClosedForm;
        private readonly double _perToken = 1e-5 + (random.NextDouble() * 1e-3);
        private readonly double _perIteration = 1e-4 + (random.NextDouble() * 1e-2);
        private readonly double _perRequest = random.NextDouble() * 1e-4;
        private readonly double _perContextToken = random.NextDouble() * 1e-6;

        public double Seconds(in IterationBatch batch) =>
            batch.PrefillRequests > 0
                ? batch.PrefillTokens * _perToken
                : _perIteration
                    + (_perRequest * batch.DecodeRequests)
                    + (_perContextToken * batch.Decode.ContextTokens);

        // Every other scenario is stepped by closed forms, the others by sums.
        public DecodeTrend Trend(in IterationBatch batch) =>
            _hasClosedForm
                ? new(Seconds(batch), _perContextToken * batch.DecodeRequests, int.MaxValue)
                : new(Seconds(batch), 0, 1);
    }
}
