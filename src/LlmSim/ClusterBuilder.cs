using System.Buffers.Binary;
using System.Security.Cryptography;
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
using LlmSim.Transfers;

namespace LlmSim;

/// <summary>What the stages of a cluster report.</summary>
/// <param name="Parts">Told of the parts of prompts; null for nobody.</param>
/// <param name="OnPrefilled">A request has its first token, and its KV cache is to be sent away.</param>
/// <param name="OnDecoded">A request has all its tokens.</param>
/// <param name="OnRoom">There may be room at an instance for a KV cache that waits to be sent to it.</param>
/// <param name="OnWithdrawn">An instance has let go of a request whose client has gone.</param>
internal sealed record StageEvents(
    PartsOfPrompts? Parts,
    Action<Request> OnPrefilled,
    Action<Request> OnDecoded,
    Action<Instance> OnRoom,
    Action<Request> OnWithdrawn
);

/// <summary>Makes the stages of a cluster from a scenario.</summary>
internal sealed partial class ClusterBuilder(
    Scenario scenario,
    Simulation simulation,
    ModelsInUse models,
    InterTokenLatency interTokenLatency,
    int maxIterationsPerEvent,
    StageEvents events,
    FairNetwork network
)
{
    private readonly Dictionary<InstanceSpec, IPerformanceModel> _performance = [];
    private readonly Dictionary<InstanceSpec, long> _capacity = [];
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
            WithRanks(InOneStage(spec), InstanceRole.Prefill),
            Performance(spec),
            new PrefillOptions(
                Capacity(spec),
                models[spec.Model].KvFootprint.BytesPerToken,
                TokensBeside(spec),
                LimitsMemory: scenario.Semantics.Admission == Admission.Strict,
                scenario.Semantics.QueuedWork
            )
            {
                Encoder = Encoder(spec),
            },
            Queue(PolicyDecisions.PrefillLocal, scenario.Policies.PrefillLocal, index),
            simulation,
            events.Parts?.OnPlanned,
            events.OnPrefilled,
            events.OnWithdrawn
        );

    private DecodeInstance DecodeInstance(InstanceSpec spec, int index) =>
        new(
            index,
            WithRanks(InOneStage(spec), InstanceRole.Decode),
            Performance(spec),
            new DecodeOptions(
                Capacity(spec),
                models[spec.Model].KvFootprint.BytesPerToken,
                TokensBeside(spec),
                scenario.Semantics.Saturation,
                scenario.Semantics.Admission,
                Victims(index),
                maxIterationsPerEvent
            ),
            Queue(PolicyDecisions.DecodeLocal, scenario.Policies.DecodeLocal, index),
            models[spec.Model].OutputEstimate,
            interTokenLatency,
            simulation,
            events.OnDecoded,
            events.OnWithdrawn
        );

    private static InstanceSpec InOneStage(InstanceSpec spec) =>
        spec.PpSize == 1
            ? spec
            : throw new UserErrorException(
                $"pp_size: found {spec.PpSize} on an instance without an engine; allowed there: 1"
            );

    private int TokensBeside(InstanceSpec spec)
    {
        var served = models[spec.Model].Served;
        return KvBeside.Tokens(served.Model, served.Precision, spec, scenario.Semantics);
    }

    private long Capacity(InstanceSpec spec)
    {
        if (!_capacity.TryGetValue(spec, out var bytes))
        {
            var served = models[spec.Model].Served;
            bytes = BesideEncoder(
                spec,
                KvCapacity.Bytes(served.Model, served.Precision, spec, scenario.Semantics)
            );
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
            var served = models[spec.Model].Served;
            model =
                scenario.PerformanceModelFactory?.Invoke(spec)
                ?? PipelineTime.Of(
                    served,
                    spec,
                    StructuredTime.Of(
                        spec,
                        LoraTime.Of(
                            served,
                            spec,
                            DraftedTime.Of(served, spec, Roofline(served, spec), Roofline)
                        )
                    ),
                    Roofline
                );
            // A model of the user's own knows of no stages.
            model = model is PipelineTime ? model : PipelineTime.Of(served, spec, model, (_, _) => null);
            model = ContextTime.Of(served, spec, model);
            _performance.Add(spec, model);
        }

        return model;
    }

    private IPerformanceModel Roofline(ServedModel served, InstanceSpec spec) =>
        TwoBatchTime.Of(spec, new RooflineModel(served.Model, served.Precision, spec, scenario.Semantics));
}
