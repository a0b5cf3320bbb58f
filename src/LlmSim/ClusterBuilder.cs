using System.Buffers.Binary;
using System.Security.Cryptography;
using LlmSim.Batching;
using LlmSim.Instances.Decode;
using LlmSim.Instances.Prefill;
using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Roofline;
using LlmSim.Policies;
using LlmSim.Routing;

namespace LlmSim;

/// <summary>What the stages of a cluster report.</summary>
/// <param name="OnPrefillPlanned">It is known when the prefill of a request will end.</param>
/// <param name="OnPrefilled">A request has its first token, and its KV cache is to be sent away.</param>
/// <param name="OnDecoded">A request has all its tokens.</param>
/// <param name="OnRoom">There may be room at an instance for a KV cache that waits to be sent to it.</param>
/// <param name="OnWithdrawn">An instance has let go of a request whose client has gone.</param>
internal sealed record StageEvents(
    Action<Request, SimTime> OnPrefillPlanned,
    Action<Request> OnPrefilled,
    Action<Request> OnDecoded,
    Action<Instance> OnRoom,
    Action<Request> OnWithdrawn
);

/// <summary>Makes the stages of a cluster from a scenario.</summary>
internal sealed class ClusterBuilder(
    Scenario scenario,
    Simulation simulation,
    KvFootprint kvFootprint,
    OutputEstimate outputEstimate,
    InterTokenLatency interTokenLatency,
    int maxIterationsPerEvent,
    StageEvents events
)
{
    /// <summary>Far above any engine. Only blocks that requests hold use memory.</summary>
    private const long MaxKvBlocks = 1_000_000_000;

    /// <summary>More than any accelerator memory; sums over a cluster still fit in 64 bits.</summary>
    private const long MaxKvBytes = 1_000_000_000_000_000_000;

    private readonly Dictionary<InstanceSpec, IPerformanceModel> _performance = [];
    private readonly Dictionary<InstanceSpec, long> _capacity = [];
    private readonly Dictionary<string, (InstanceRole Role, LockstepGroup Group)> _groups = [];

    private readonly long _policySeed =
        scenario.Semantics.RandomPolicies == RandomPolicies.Seeded
            ? scenario.Seed
            : BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long)));

    public Instance[] PrefillInstances() =>
        [
            .. NotEmpty(scenario.PrefillRoles, "prefill")
                .Select(
                    (spec, index) =>
                        spec.Engine is null
                            ? PrefillInstance(spec, index)
                            : (Instance)Batched(spec, spec.Engine, index, InstanceRole.Prefill)
                ),
        ];

    public Instance[] DecodeInstances() =>
        [
            .. NotEmpty(scenario.DecodeRoles, "decode")
                .Select(
                    (spec, index) =>
                        spec.Engine is null
                            ? DecodeInstance(spec, index)
                            : (Instance)Batched(spec, spec.Engine, index, InstanceRole.Decode)
                ),
        ];

    /// <summary>Numbered after all others, so that indices in the results are unique.</summary>
    public Instance[] MixedInstances()
    {
        var first = Math.Max(scenario.PrefillRoles.Count, scenario.DecodeRoles.Count);
        return
        [
            .. scenario.MixedInstances.Select(
                (spec, i) => Batched(spec, spec.Engine ?? new EngineSpec(), first + i, InstanceRole.Mixed)
            ),
        ];
    }

    public Router Router(PolicyDecisions decision, IGlobalPolicy policy, Instance[] instances) =>
        new(decision, policy, Random(decision, instance: null), instances);

    /// <summary>Who says which requests are taken; null when all are.</summary>
    public AdmissionGate? Gate() =>
        scenario.Policies.Admission is { Count: > 0 } policies
            ? new(policies, Random(PolicyDecisions.Admission, instance: null))
            : null;

    /// <summary>Who predicts outputs; null for no policy.</summary>
    public OutputPredictions? Predictions() =>
        scenario.Policies.OutputPredictor is { } policy
            ? new(policy, Random(PolicyDecisions.OutputPredictor, instance: null))
            : null;

    private IReadOnlyList<InstanceSpec> NotEmpty(IReadOnlyList<InstanceSpec> specs, string stage) =>
        specs.Count > 0 || scenario.MixedInstances.Count > 0
            ? specs
            : throw new UserErrorException($"the cluster has no {stage} instance");

    private PrefillInstance PrefillInstance(InstanceSpec spec, int index) =>
        new(
            index,
            spec,
            Performance(spec),
            new PrefillOptions(
                Capacity(spec),
                kvFootprint.BytesPerToken,
                KvBeside.Tokens(scenario.Model, scenario.Precision, spec, scenario.Semantics),
                LimitsMemory: scenario.Semantics.Admission == Admission.Strict,
                scenario.Semantics.QueuedWork
            ),
            Queue(PolicyDecisions.PrefillLocal, scenario.Policies.PrefillLocal, index),
            simulation,
            events.OnPrefillPlanned,
            events.OnPrefilled,
            events.OnWithdrawn
        );

    private DecodeInstance DecodeInstance(InstanceSpec spec, int index) =>
        new(
            index,
            spec,
            Performance(spec),
            new DecodeOptions(
                Capacity(spec),
                kvFootprint.BytesPerToken,
                KvBeside.Tokens(scenario.Model, scenario.Precision, spec, scenario.Semantics),
                scenario.Semantics.Saturation,
                scenario.Semantics.Admission,
                Victims(index),
                maxIterationsPerEvent
            ),
            Queue(PolicyDecisions.DecodeLocal, scenario.Policies.DecodeLocal, index),
            outputEstimate,
            interTokenLatency,
            simulation,
            events.OnDecoded,
            events.OnWithdrawn
        );

    private BatchedInstance Batched(InstanceSpec spec, EngineSpec engine, int index, InstanceRole role)
    {
        if (scenario.Semantics.OutputTokens != OutputTokens.FirstFromPrefill)
        {
            throw new UserErrorException(
                "output_tokens: an instance with an engine yields the first token when the prompt is computed; "
                    + "allowed with it: first_from_prefill"
            );
        }

        engine = StatePages.Of(engine, scenario.Model, scenario.Precision, spec);
        // Equal instances share what describes them.
        spec = spec.Engine == engine ? spec : spec with { Engine = engine };
        var blockBytes = engine.BlockTokens * kvFootprint.BytesPerToken;
        var blocks = engine.KvBlocks ?? Capacity(spec) / blockBytes;
        if (blocks <= engine.OwnBlocks)
        {
            throw new UserErrorException(
                engine.KvBlocks is null
                    ? $"block_size: no KV block of {engine.BlockTokens} tokens fits beside the weights"
                    : $"kv_blocks: found {blocks}; allowed: a whole number from {engine.OwnBlocks + 1}, since the engine keeps {engine.OwnBlocks} for itself"
            );
        }

        if (blocks > MaxKvBlocks)
        {
            var field = engine.KvBlocks is null ? "block_size" : "kv_blocks";
            throw new UserErrorException(
                $"{field}: found a KV cache of {blocks} blocks of {engine.BlockTokens} tokens; allowed: up to {MaxKvBlocks} blocks"
            );
        }

        if (blocks > MaxKvBytes / blockBytes)
        {
            throw new UserErrorException(
                $"kv_blocks: found {blocks} blocks of {blockBytes} bytes; allowed: up to 1e18 bytes in all"
            );
        }

        var byPriority = engine is { Kind: EngineKind.Vllm, SchedulingPolicy: SchedulingPolicy.Priority };
        return new BatchedInstance(
            index,
            spec,
            Performance(spec),
            new BatchedInstanceOptions(
                role,
                (int)blocks - engine.OwnBlocks,
                blockBytes,
                Beside(spec, engine, blockBytes),
                ReservesKv: scenario.Semantics.KvTransfer >= KvTransfer.ContendedLinks,
                Victims(index, byPriority ? new LowestPriorityPolicy() : null),
                outputEstimate,
                interTokenLatency,
                events.OnPrefillPlanned,
                events.OnPrefilled,
                events.OnDecoded,
                events.OnRoom,
                events.OnWithdrawn
            ),
            (
                byPriority
                    ? RequestQueue.ByPriority()
                    : Queue(PolicyDecisions.DecodeLocal, scenario.Policies.DecodeLocal, index),
                byPriority
                    ? RequestQueue.ByPriority()
                    : Queue(PolicyDecisions.PrefillLocal, scenario.Policies.PrefillLocal, index)
            ),
            Group(engine.DataParallelGroup, role),
            simulation
        );
    }

    /// <summary>What a request keeps beside its tokens, in blocks of so many bytes; null for nothing.</summary>
    private KvBeside? Beside(InstanceSpec spec, EngineSpec engine, long blockBytes) =>
        KvBeside.Of(
            kvFootprint,
            blockBytes,
            KvCapacity.Copies(scenario.Model, spec, scenario.Semantics),
            StatePages.Blocks(engine, scenario.Model)
        );

    private LockstepGroup Group(string? name, InstanceRole role)
    {
        if (name is not null && _groups.TryGetValue(name, out var known))
        {
            return known.Role == role
                ? known.Group
                : throw new UserErrorException(
                    $"data_parallel_group: the members of {name} have different roles; allowed: one role"
                );
        }

        var rank = role == InstanceRole.Prefill ? EventRanks.PrefillIterationEnd : EventRanks.IterationEnd;
        var group = new LockstepGroup(simulation, rank, maxIterationsPerEvent);
        if (name is not null)
        {
            _groups.Add(name, (role, group));
        }

        return group;
    }

    private long Capacity(InstanceSpec spec)
    {
        if (!_capacity.TryGetValue(spec, out var bytes))
        {
            bytes = KvCapacity.Bytes(scenario.Model, scenario.Precision, spec, scenario.Semantics);
            _capacity.Add(spec, bytes);
        }

        return bytes;
    }

    private RequestQueue Queue(PolicyDecisions decision, ILocalPolicy policy, int instance) =>
        RequestQueue.Create(decision, policy, Random(decision, instance));

    /// <summary>Who chooses whom to preempt: the run's policy, else that of the engine.</summary>
    private VictimChooser? Victims(int instance, IVictimPolicy? ofEngine = null) =>
        (scenario.Policies.Victim ?? ofEngine) is { } policy
            ? new(policy, Random(PolicyDecisions.Victim, instance))
            : null;

    private RandomStream Random(PolicyDecisions decision, int? instance)
    {
        // Every instance's queue draws from a stream of its own: its choices do not depend on the others' timing.
        var name = $"policy:{decision}:{instance}";
        return new RandomStream(_policySeed, name);
    }

    /// <summary>Equal instances share one performance model, and so what it has computed already.</summary>
    private IPerformanceModel Performance(InstanceSpec spec)
    {
        if (!_performance.TryGetValue(spec, out var model))
        {
            model =
                scenario.PerformanceModelFactory?.Invoke(spec)
                ?? new RooflineModel(scenario.Model, scenario.Precision, spec, scenario.Semantics);
            _performance.Add(spec, model);
        }

        return model;
    }
}
