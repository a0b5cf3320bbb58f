using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Fleets;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Options;

/// <summary>What a configuration is made of, as far as it decides which options are read. Files are opened only when asked.</summary>
internal sealed class RunParts(RunConfiguration configuration)
{
    private WorkloadOptions? _workload;
    private ArrivalProcess? _arrivals;
    private const PolicyDecisions AllDecisions =
        PolicyDecisions.Global
        | PolicyDecisions.Local
        | PolicyDecisions.Admission
        | PolicyDecisions.Victim
        | PolicyDecisions.Batching
        | PolicyDecisions.OutputPredictor;

    private ClusterInstances? _cluster;
    private PolicySet? _policies;
    private bool? _hasRoofline;

    public RunConfiguration Configuration => configuration;

    public Semantics Semantics => configuration.Semantics;

    public WorkloadOptions Workload => _workload ??= Experiment.CreateWorkload(configuration);

    /// <summary>The arrival process; null in a closed loop.</summary>
    public ArrivalProcess? Arrivals => _arrivals ??= Workload.ExpectedArrivals;

    public bool HasTrace => configuration.TracePath is not null;

    /// <summary>
    /// Whether the times of iterations are computed operation by operation, of some instances at least, or may be: a model of the user's own has
    /// the options.
    /// </summary>
    public bool HasRoofline =>
        configuration.Performance switch
        {
            PerformanceSource.Roofline or PerformanceSource.Calibrated => true,
            PerformanceSource.Auto => _hasRoofline ??= Experiment
                .Tiers(configuration, Instances)
                .Any(tier => tier is PredictionTier.Roofline or PredictionTier.Calibrated),
            var source => OwnPerformanceFiles.IsOwn(source),
        };

    /// <summary>Whether times of iterations come from a measured profile of the model.</summary>
    public bool HasProfile =>
        configuration.Performance.StartsWith(PerformanceSource.MeasuredPrefix, StringComparison.Ordinal);

    /// <summary>Whether they come from measured operations.</summary>
    public bool HasKernels =>
        configuration.Performance == PerformanceSource.Kernels
        || configuration.Performance.StartsWith(PerformanceSource.KernelsPrefix, StringComparison.Ordinal);

    /// <summary>Whether what the accelerators of an instance exchange takes time.</summary>
    public bool Communicates =>
        !HasRoofline || Semantics.TensorParallelCommunication == TensorParallelCommunication.AllReduce;

    /// <summary>Whether the user gives the instances, or some of them.</summary>
    public bool HasClusterFile =>
        (configuration.Cluster ?? configuration.PrefillConfig ?? configuration.DecodeConfig) is not null;

    /// <summary>The instances of the user's files.</summary>
    public IEnumerable<ClusterEntry> ClusterEntries =>
        HasClusterFile
            ? ClusterSource
                .Entries(configuration)
                .Where(entry =>
                    entry.File == configuration.Cluster
                    || entry.File == configuration.PrefillConfig
                    || entry.File == configuration.DecodeConfig
                )
            : [];

    public ClusterInstances Cluster => _cluster ??= ClusterSource.Load(configuration);

    public IEnumerable<InstanceSpec> Instances => [.. Cluster.Prefill, .. Cluster.Decode, .. Cluster.Mixed];

    /// <summary>Whether KV caches leave an instance to decode at another one.</summary>
    public bool SendsKvCaches => Cluster.Prefill.Count > 0;

    /// <summary>Whether KV caches leave an instance that drains.</summary>
    public bool Migrates => configuration is { DrainsByMigration: true, HasFleet: true };

    /// <summary>Whether instances may change from prefill to decode and back.</summary>
    public bool SwitchesRoles =>
        FleetOptions
            .Of(configuration, Instances.Select(instance => instance.Model).OfType<string>(), Cluster.Swaps)
            ?.Autoscale
            is { SwitchesRoles: true };

    public bool HasPrefillWithoutEngine => Cluster.Prefill.Any(instance => instance.Engine is null);

    public bool HasDecodeWithoutEngine =>
        SendsKvCaches && Cluster.Decode.Any(instance => instance.Engine is null);

    /// <summary>Whether an instance lets the victims of preemption be chosen.</summary>
    public bool HasVictims =>
        (HasDecodeWithoutEngine && Semantics.Saturation == Saturation.PreemptNewest)
        || (configuration.Batching is null && Engines.Any(engine => engine.Kind == EngineKind.Vllm));

    /// <summary>Whether an engine lets its iterations be planned.</summary>
    public bool HasOwnBatching =>
        Engines.Any(engine => engine is { Kind: EngineKind.Vllm, Batching: BatchingRule.Own });

    private IEnumerable<EngineSpec> Engines =>
        Cluster
            .Mixed.Select(instance => instance.Engine ?? new EngineSpec())
            .Concat(
                Cluster
                    .Prefill.Concat(Cluster.Decode)
                    .Select(instance => instance.Engine)
                    .OfType<EngineSpec>()
            );

    /// <summary>Whether an instance sizes its KV cache by its memory and not by a given number of blocks.</summary>
    public bool SizesKvCache => Instances.Any(instance => instance.Engine is not { KvBlocks: not null });

    public bool HasPrefixCache =>
        Cluster.Mixed.Any(instance => (instance.Engine ?? new EngineSpec()).PrefixCaching)
        || Cluster.Prefill.Concat(Cluster.Decode).Any(instance => instance.Engine is { PrefixCaching: true });

    public bool HasPrefixFetchingPolicy => Policies.PrefillGlobal is IPrefixFetchingPolicy;

    /// <summary>Whether a policy that is asked draws random numbers.</summary>
    public bool HasRandomPolicy => MayUse(PolicyInput.Random, AllDecisions);

    /// <summary>Whether a policy looks at the work that waits for prefill.</summary>
    public bool HasPrefillWorkPolicy =>
        MayUse(
            PolicyInput.EstimatedWork,
            PolicyDecisions.PrefillGlobal | PolicyDecisions.PrefillLocal | PolicyDecisions.Admission
        );

    /// <summary>
    /// Whether a policy is told predicted lengths, or the work that is estimated from them: of instances that decode.
    /// </summary>
    public bool HasPredictionPolicy =>
        MayUse(PolicyInput.PredictedOutput, AllDecisions)
        || MayUse(PolicyInput.EstimatedWork, PolicyDecisions.DecodeGlobal | PolicyDecisions.DecodeLocal)
        || (Cluster.Mixed.Count > 0 && HasPrefillWorkPolicy);

    /// <summary>The decisions that are asked for.</summary>
    private PolicyDecisions Asked =>
        PolicyDecisions.PrefillGlobal
        | PolicyDecisions.PrefillLocal
        | PolicyDecisions.Admission
        | PolicyDecisions.Victim
        | PolicyDecisions.Batching
        | PolicyDecisions.OutputPredictor
        | (
            SendsKvCaches || Migrates
                ? PolicyDecisions.DecodeGlobal | PolicyDecisions.DecodeLocal
                : PolicyDecisions.None
        );

    private PolicySet Policies => _policies ??= Experiment.CreatePolicies(configuration);

    private bool MayUse(PolicyInput input, PolicyDecisions decisions) =>
        (Policies.DecisionsThatMayUse(input) & decisions & Asked) != PolicyDecisions.None;
}
