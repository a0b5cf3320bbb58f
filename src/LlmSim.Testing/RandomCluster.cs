using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Testing;

/// <summary>
/// A small cluster of any kind drawn from a seed: instances with and without engines in every role, data-parallel groups, every
/// kind of transfer, tight memory, shared prefixes, options of the semantics, predictors and policies.
/// </summary>
public sealed class RandomCluster
{
    private readonly RandomStream _random;
    private readonly int _seed;
    private readonly int _capacity;
    private readonly IterationTimesModel _times;

    /// <summary>Draws a cluster.</summary>
    /// <param name="seed">The same seed draws the same cluster.</param>
    public RandomCluster(int seed)
    {
        _seed = seed;
        _random = new RandomStream(seed, "cluster");
        _capacity = 100 + _random.Next(1500);
        _times = new IterationTimesModel(
            1e-3 + (_random.NextDouble() * 1e-2),
            _random.NextDouble() * 1e-4,
            _random.NextDouble() * 1e-6,
            _random.NextDouble() * 1e-6
        );
        var semantics = DrawSemantics();
        // The reference's first token is none of an engine's.
        var mayBatch = semantics.OutputTokens == OutputTokens.FirstFromPrefill;
        var mixed = mayBatch ? _random.Next(4) : 0;
        var stages = mixed == 0 || _random.Next(2) == 0 ? 1 : 0;
        InstanceSpec[] prefillInstances = DrawInstances("prefill", stages * (1 + _random.Next(3)), mayBatch);
        InstanceSpec[] decodeInstances = DrawInstances("decode", stages * (1 + _random.Next(3)), mayBatch);
        InstanceSpec[] mixedInstances = DrawInstances("mixed", mixed, mayBatch);
        var predictor = new OutputPredictor((OutputPredictorKind)_random.Next(3), Sigma: 0.5);
        string[] names =
        [
            // What fetches and turns away is there more often.
            Pick<string>([.. Names(PolicyDecisions.PrefillGlobal), "conductor", "conductor", "conductor"]),
            Pick(Names(PolicyDecisions.PrefillLocal)),
            Pick(Names(PolicyDecisions.DecodeGlobal)),
            Pick(Names(PolicyDecisions.DecodeLocal)),
        ];
        var ttftSloSeconds = Pick([0.02, 0.5]);
        var fetchesAnywhere = _random.Next(6) == 0;
        Requests = DrawRequests();
        NewScenario = () =>
        {
            var scenario = AbstractScenario.Of(_times);
            var policies = PolicyCatalog.BuiltIn.CreateSet(names[0], names[1], names[2], names[3]);
            return scenario with
            {
                Model = scenario.Model with { Layers = 4 },
                Precision = scenario.Precision with
                {
                    KvCache = new NumberFormat("1-bit", 1, NumberKind.Any, 1),
                },
                PrefillInstances = prefillInstances,
                DecodeInstances = decodeInstances,
                MixedInstances = mixedInstances,
                Policies = fetchesAnywhere ? policies with { PrefillGlobal = new FetchAnywhere() } : policies,
                Semantics = semantics,
                OutputPredictor = predictor,
                Seed = seed,
                TtftSloSeconds = ttftSloSeconds,
            };
        };
    }

    /// <summary>The workload.</summary>
    public IReadOnlyList<RequestSpec> Requests { get; }

    /// <summary>A fresh scenario: policies keep state.</summary>
    public Func<Scenario> NewScenario { get; }

    /// <inheritdoc />
    public override string ToString() => $"cluster of seed {_seed}";

    private static string[] Names(PolicyDecisions decision) =>
        [
            .. PolicyCatalog
                .BuiltIn.All.Where(policy => policy.Decisions.HasFlag(decision))
                .Select(policy => policy.Name),
        ];

    private Semantics DrawSemantics() =>
        Semantics.Standard with
        {
            Saturation = Pick([Saturation.PreemptNewest, Saturation.EvictAll]),
            Admission = Pick([Admission.Strict, Admission.Strict, Admission.Overshoot]),
            OutputTokens = Pick([
                OutputTokens.FirstFromPrefill,
                OutputTokens.FirstFromPrefill,
                OutputTokens.FirstFromPrefill,
                OutputTokens.AllFromDecode,
            ]),
            KvTransfer = Pick(Enum.GetValues<KvTransfer>()),
            QueuedWork = Pick(Enum.GetValues<QueuedWork>()),
        };

    private InstanceSpec[] DrawInstances(string stage, int count, bool mayBatch)
    {
        var hasGroup = mayBatch && count > 1 && _random.Next(2) == 0;
        var bytesPerSecond = 500 + (_random.NextDouble() * 1e5);
        var specs = new InstanceSpec[count];
        for (var i = 0; i < count; i++)
        {
            var isBatched = mayBatch && (hasGroup || stage == "mixed" || _random.Next(2) == 0);
            var spec = AbstractScenario.Of(_times, kvCapacityTokens: _capacity).PrefillInstances[0];
            specs[i] = spec with
            {
                KvLinkBytesPerSecond = bytesPerSecond,
                KvLinkLatencySeconds = 1e-4,
                Engine = isBatched ? DrawEngine(hasGroup ? stage : null) : null,
            };
        }

        return specs;
    }

    private EngineSpec DrawEngine(string? group)
    {
        var blockTokens = Pick([1, 4, 16, 24]);
        return new EngineSpec
        {
            MaxBatchedTokens = 20 + _random.Next(200),
            MaxSequences = 1 + _random.Next(20),
            ChunkedPrefill = _random.Next(4) > 0,
            BlockTokens = blockTokens,
            PrefixCaching = _random.Next(4) > 0,
            AsyncScheduling = _random.Next(2) == 0,
            PrefillIterationSeconds = _random.NextDouble() * 1e-3,
            KvBlocks = (_capacity / blockTokens) + 1,
            DataParallelGroup = group,
        };
    }

    private List<RequestSpec> DrawRequests()
    {
        var hashBlockTokens = Pick([8, 12, 64]);
        var count = 20 + _random.Next(40);
        var rate = 1 + (_random.NextDouble() * 40);
        var longest = 40 + _random.Next(400);
        var longestOutput = 1 + _random.Next(200);
        var contents = 1 + _random.Next(4);
        return SharedPrefixRequests.Draw(
            _random,
            new(count, rate, longest, longestOutput, contents, hashBlockTokens, BlocksBeyondPrompt: 1)
        );
    }

    private T Pick<T>(ReadOnlySpan<T> values) => values[_random.Next(values.Length)];

    /// <summary>Has prefixes copied between any two instances, whether that is of use or not.</summary>
    private sealed class FetchAnywhere : IPrefixFetchingPolicy
    {
        public int Choose(in GlobalContext context) => context.Random.Next(context.Instances.Count);

        public int FetchFrom(in GlobalContext context, int chosen) =>
            context.Random.Next(context.Instances.Count);
    }
}
