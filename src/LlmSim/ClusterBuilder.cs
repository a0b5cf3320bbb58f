using System.Buffers.Binary;
using System.Security.Cryptography;
using LlmSim.Decode;
using LlmSim.Engine;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Prefill;
using LlmSim.Transfer;

namespace LlmSim;

/// <summary>Makes the stages of a cluster from a scenario.</summary>
internal sealed class ClusterBuilder(Scenario scenario, Simulation simulation, long kvBytesPerToken)
{
    private readonly Dictionary<InstanceSpec, IPerformanceModel> _performance = [];

    private readonly long _policySeed =
        scenario.Semantics.RandomPolicies == RandomPolicies.Seeded
            ? scenario.Seed
            : BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long)));

    public PrefillInstance[] PrefillInstances(Action<Request> onPrefilled) =>
        [
            .. NotEmpty(scenario.PrefillInstances, "prefill")
                .Select(
                    (spec, index) =>
                        new PrefillInstance(
                            index,
                            spec,
                            Performance(spec),
                            new PrefillOptions(
                                Capacity(spec),
                                kvBytesPerToken,
                                LimitsMemory: scenario.Semantics.Admission == Admission.Strict,
                                scenario.Semantics.QueuedWork
                            ),
                            Queue(PolicyDecisions.PrefillLocal, scenario.Policies.PrefillLocal, index),
                            simulation,
                            onPrefilled
                        )
                ),
        ];

    public IKvTransfer[] Transfers(Action<Request> onTransferred) =>
        [
            .. scenario.PrefillInstances.Select(spec =>
                scenario.Semantics.KvTransfer == KvTransfer.SharedLink
                    ? new SharedLink(
                        spec.KvLinkBytesPerSecond,
                        spec.KvLinkLatencySeconds,
                        simulation,
                        onTransferred
                    )
                    : (IKvTransfer)
                        new IndependentTransfers(
                            Semantics.ReferenceTransferBytesPerSecond,
                            simulation,
                            onTransferred
                        )
            ),
        ];

    public DecodeInstance[] DecodeInstances(
        OutputEstimate outputEstimate,
        InterTokenLatency interTokenLatency,
        Action<Request> onDecoded,
        int maxIterationsPerEvent
    ) =>
        [
            .. NotEmpty(scenario.DecodeInstances, "decode")
                .Select(
                    (spec, index) =>
                        new DecodeInstance(
                            index,
                            spec,
                            Performance(spec),
                            new DecodeOptions(
                                Capacity(spec),
                                kvBytesPerToken,
                                scenario.Semantics.Saturation,
                                scenario.Semantics.Admission,
                                maxIterationsPerEvent
                            ),
                            Queue(PolicyDecisions.DecodeLocal, scenario.Policies.DecodeLocal, index),
                            outputEstimate,
                            interTokenLatency,
                            simulation,
                            onDecoded
                        )
                ),
        ];

    public Router<TInstance> Router<TInstance>(
        PolicyDecisions decision,
        IGlobalPolicy policy,
        TInstance[] instances
    )
        where TInstance : Instance => new(decision, policy, Random(decision, instance: null), instances);

    private static IReadOnlyList<InstanceSpec> NotEmpty(IReadOnlyList<InstanceSpec> specs, string stage) =>
        specs.Count > 0 ? specs : throw new UserErrorException($"the cluster has no {stage} instance");

    private long Capacity(InstanceSpec spec) =>
        KvCapacity.Bytes(scenario.Model, scenario.Precision, spec, scenario.Semantics);

    private RequestQueue Queue(PolicyDecisions decision, ILocalPolicy policy, int instance) =>
        RequestQueue.Create(decision, policy, Random(decision, instance));

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
