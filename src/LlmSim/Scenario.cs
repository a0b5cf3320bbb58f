using LlmSim.Clients;
using LlmSim.Fleets;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;

namespace LlmSim;

/// <summary>Everything that decides a simulation's result, except the workload.</summary>
public sealed record Scenario
{
    /// <summary>The model of the cluster: that of instances, and of requests, which name none.</summary>
    public required ModelDescription Model { get; init; }

    /// <summary>The format of every operand; the model's own where it is not set.</summary>
    public Precision Precision
    {
        get => field ?? new PrecisionRequest().Resolve(Model);
        init;
    }

    /// <summary>Models that instances serve which name them; none where all serve the same.</summary>
    public IReadOnlyList<ServedModel> OtherModels { get; init; } = [];

    /// <summary>Instances that prefill and send the KV cache away; at least one unless there are mixed ones.</summary>
    public required IReadOnlyList<InstanceSpec> PrefillInstances { get; init; }

    /// <summary>Instances that decode what others have prefilled; at least one unless there are mixed ones.</summary>
    public required IReadOnlyList<InstanceSpec> DecodeInstances { get; init; }

    /// <summary>Instances that do both. Their numbers follow those of the others.</summary>
    public IReadOnlyList<InstanceSpec> MixedInstances { get; init; } = [];

    /// <summary>
    /// Instances that encode pictures before the prompts are prefilled elsewhere, where no other instance then has an encoder; none where those that compute prompts
    /// encode.
    /// </summary>
    internal IReadOnlyList<InstanceSpec> EncodeInstances { get; init; } = [];

    /// <summary>Whether requests may have pictures or other media: models then have their encoders in memory.</summary>
    internal bool TakesImages { get; init; }

    /// <summary>Whether there may be videos among them.</summary>
    internal bool TakesVideos { get; init; }

    /// <summary>Whether there may be sound among them.</summary>
    internal bool TakesAudio { get; init; }

    /// <summary>Times of an encoder on an instance; null for the roofline.</summary>
    internal Func<ServedModel, InstanceSpec, IPerformanceModel>? EncoderTimes { get; init; }

    /// <summary>Whether an instance can share the KV cache of equal prefixes, so that the content of prompts matters.</summary>
    public bool SharesPrefixes =>
        MixedInstances.Any(instance => (instance.Engine ?? new EngineSpec()).PrefixCaching)
        || PrefillInstances
            .Concat(DecodeInstances)
            .Any(instance => instance.Engine is { PrefixCaching: true });

    /// <summary>The four policies. They may keep state, so each run needs a set of its own.</summary>
    public required PolicySet Policies { get; init; }

    /// <summary>The options of the model.</summary>
    public Semantics Semantics { get; init; } = Semantics.Standard;

    /// <summary>Seed of every random stream.</summary>
    public long Seed { get; init; } = 2025;

    /// <summary>A request meets its TTFT SLO when its TTFT is below so many seconds.</summary>
    public double TtftSloSeconds { get; init; } = 10;

    /// <summary>A request meets its TPOT SLO when its TPOT is below so many seconds.</summary>
    public double TpotSloSeconds { get; init; } = 0.5;

    /// <summary>The requests that the statistics are about: all unless a warm-up or cool-down is left out.</summary>
    public RequestWindow Measured { get; init; } = RequestWindow.All;

    /// <summary>What policies are told about output lengths.</summary>
    public OutputPredictor OutputPredictor { get; init; } = OutputPredictor.None;

    /// <summary>
    /// Seconds from the sending of a request to its coming to the router, at least 0: what engines take to read, tokenize and answer it. They are
    /// part of TTFT.
    /// </summary>
    public double RequestSeconds { get; init; }

    /// <summary>
    /// Seconds between two times at which the routers hear of the load of instances, at least 0: their policies see it as it was at the last multiple. 0 for
    /// routers that see it as it is.
    /// </summary>
    public double RouterStalenessSeconds { get; init; }

    /// <summary>
    /// Whether instances report each change of their load, which takes <see cref="RouterStalenessSeconds" /> to the routers, in the place of a period.
    /// </summary>
    public bool RouterLoadIsPushed { get; init; }

    /// <summary>
    /// Requests in flight in a closed loop, at least 1: the next of the workload is sent at the instant at which one ends, and
    /// the workload's times are not read. Null for a workload whose requests come at their own times.
    /// </summary>
    public int? Concurrency { get; init; }

    /// <summary>When requests of such a client are sent; <see cref="SendTimes.AtOnce" /> is the closed loop.</summary>
    internal SendTimes SendTimes { get; init; }

    /// <summary>What clients do beside sending requests.</summary>
    public ClientBehavior Clients { get; init; } = ClientBehavior.None;

    /// <summary>What becomes of instances during the run: failures, starts and stops. Null for instances that live for ever.</summary>
    public FleetPlan? Fleet { get; init; }

    /// <summary>Whether requests have to be followed beyond their sending.</summary>
    internal bool FollowsRequests => Clients.Follows || Fleet is not null;

    /// <summary>Gives an instance its performance model; the roofline when null.</summary>
    public Func<InstanceSpec, IPerformanceModel>? PerformanceModelFactory { get; init; }

    /// <summary>Whether instances may change their role.</summary>
    private bool SwitchesRoles => Fleet?.Autoscale is { SwitchesRoles: true };

    /// <summary>Instances that may ever prefill: those that decode at first come last.</summary>
    internal IReadOnlyList<InstanceSpec> PrefillRoles =>
        SwitchesRoles
            ? [.. PrefillInstances, .. DecodeInstances.Where(instance => instance.Switches)]
            : PrefillInstances;

    /// <summary>Instances that may ever decode: those that prefill at first come last.</summary>
    internal IReadOnlyList<InstanceSpec> DecodeRoles =>
        SwitchesRoles
            ? [.. DecodeInstances, .. PrefillInstances.Where(instance => instance.Switches)]
            : DecodeInstances;

    /// <summary>Whether a client gets the first token from the instance that decodes.</summary>
    internal bool FirstTokenWaits =>
        Semantics.FirstToken switch
        {
            FirstToken.Prefill => false,
            FirstToken.Decode => true,
            _ => DecodeRoles.Any(instance => instance.Engine is not null),
        };

    /// <summary>The model of the cluster, and the others.</summary>
    internal IEnumerable<ServedModel> Models =>
        OtherModels.Prepend(new ServedModel(Model) { Precision = Precision });

    /// <summary>Those of them that an instance serves.</summary>
    internal IEnumerable<ServedModel> ModelsInUse =>
        OtherModels.Count == 0 ? Models : Instances.Select(ModelOf).DistinctBy(served => served.Name);

    /// <summary>The model that an instance serves.</summary>
    internal ServedModel ModelOf(InstanceSpec instance) =>
        instance.Model is { } name ? OtherModels.First(other => other.Name == name) : Models.First();

    /// <summary>All instances: those that prefill, those that decode, then those that do both.</summary>
    internal IEnumerable<InstanceSpec> Instances =>
        PrefillInstances.Concat(DecodeInstances).Concat(MixedInstances);

    /// <summary>Whether requests are let in over limits somewhere: engines always keep theirs.</summary>
    internal bool MayOvershoot =>
        Semantics.Admission == Admission.Overshoot
        && PrefillInstances.Concat(DecodeInstances).Any(instance => instance.Engine is null);
}
