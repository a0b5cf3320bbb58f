using LlmSim.Clients;

namespace LlmSim.Fleets;

/// <summary>What becomes of instances during a run: which fail, how they come back, how many there are.</summary>
public sealed record FleetPlan
{
    /// <summary>Faults at given times.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>Failures at random; null for none.</summary>
    public FailureProcess? Failures { get; init; }

    /// <summary>What becomes of requests whose instance fails.</summary>
    public LostRequests LostRequests { get; init; } = LostRequests.Keep;

    /// <summary>What becomes of requests on an instance that drains: before it stops, or before a failure with a notice.</summary>
    public DrainPlan Drain { get; init; }

    /// <summary>
    /// Seconds from the decision to start an instance until it is ready. Null: <see cref="EngineStartSeconds" /> and the time to load its weights.
    /// </summary>
    public double? StartSeconds { get; init; }

    /// <summary>Seconds that an engine takes to start beside loading its weights: processes, memory, graphs.</summary>
    public double EngineStartSeconds { get; init; } = 30;

    /// <summary>Bytes per second at which each accelerator of an instance loads its weights.</summary>
    public double LoadBytesPerSecond { get; init; } = 2e9;

    /// <summary>
    /// Seconds that an instance takes to change its role once it is empty. Null: <see cref="StartSeconds" /> where they are given, else <see cref="EngineStartSeconds" />, because its
    /// weights stay.
    /// </summary>
    public double? SwitchSeconds { get; init; }

    /// <summary>How the number of instances follows the load; null for a fixed fleet.</summary>
    public AutoscalePlan? Autoscale { get; init; }

    /// <summary>Accelerators that hold one model at a time and change between several; none where each instance keeps its own.</summary>
    public IReadOnlyList<SwapPlan> Swaps { get; init; } = [];
}

/// <summary>Instances of one stage that stand on the same accelerators, one for each model: one of them is there at a time.</summary>
/// <param name="Stage">"prefill", "decode" or "mixed".</param>
/// <param name="Instances">Their numbers in the results; the first is ready at the start.</param>
/// <param name="AfterSeconds">
/// Seconds that a request waits for a model which no instance has before the one that is there drains, stops and gives way; and that each stays at least.
/// </param>
public sealed record SwapPlan(string Stage, IReadOnlyList<int> Instances, double AfterSeconds);

/// <summary>What becomes of requests whose instance fails.</summary>
public enum LostRequests
{
    /// <summary>
    /// The router sends them again with the tokens that the client has got: the KV cache is computed anew, tokens are not. Where a KV cache
    /// survives on another instance, it is used.
    /// </summary>
    Keep,

    /// <summary>The router sends them again from the beginning.</summary>
    Restart,

    /// <summary>The client hears of the failure, and may try again.</summary>
    Fail,
}

/// <summary>What becomes of requests on an instance that drains.</summary>
public enum DrainPlan
{
    /// <summary>They end where they are.</summary>
    Finish,

    /// <summary>
    /// Waiting ones are routed anew, and running ones go to another instance that can decode, with their KV cache; where none has room they end where they are.
    /// </summary>
    Migrate,
}

/// <summary>Something that happens to instances at a time.</summary>
public sealed record Fault
{
    /// <summary>Seconds from the start of the simulation.</summary>
    public required double AtSeconds { get; init; }

    /// <summary>What happens.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>The instance, by its number in the results; null for all of the stage.</summary>
    public int? Instance { get; init; }

    /// <summary>"prefill", "decode" or "mixed"; null for every stage.</summary>
    public string? Stage { get; init; }

    /// <summary>Seconds until it is over; null for ever. After a failure the instance has to start.</summary>
    public double? ForSeconds { get; init; }

    /// <summary>By what times are multiplied for a slow instance, above 0; the share of the bandwidth that is left for a link, above 0.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Seconds between the notice and the failure, in which the instance takes no new requests.</summary>
    public double NoticeSeconds { get; init; }
}

/// <summary>Kinds of faults.</summary>
public enum FaultKind
{
    /// <summary>All that is there is lost.</summary>
    Fail,

    /// <summary>It computes more slowly.</summary>
    Slow,

    /// <summary>Its link for KV caches has less bandwidth.</summary>
    Link,
}

/// <summary>Failures at random, of instances and of the nodes that they stand on.</summary>
public sealed class FailureProcess
{
    /// <summary>Mean seconds from an instance being ready to its failure; null for never.</summary>
    public double? MtbfSeconds { get; init; }

    /// <summary>Shape of the Weibull distribution of those times: 1 is exponential, above 1 they wear out.</summary>
    public double Shape { get; init; } = 1;

    /// <summary>Time from a failure until the instance begins to start again.</summary>
    public Durations Repair { get; init; } = Durations.Exponential(600);

    /// <summary>Instances of a stage that stand on one node, neighbours in their order, and fail with it.</summary>
    public int InstancesPerNode { get; init; } = 1;

    /// <summary>Mean seconds between failures of a node; null for never.</summary>
    public double? NodeMtbfSeconds { get; init; }

    /// <summary>Seconds of notice before a failure, as spot machines give; 0 for none.</summary>
    public double NoticeSeconds { get; init; }
}

/// <summary>How the number of instances of each stage follows the load.</summary>
public sealed record AutoscalePlan
{
    /// <summary>
    /// The policy of each stage, by "prefill", "decode" and "mixed": each has one of its own. For instances that name their model it is by stage
    /// and name, such as "mixed Qwen/Qwen3-8B".
    /// </summary>
    public required IReadOnlyDictionary<string, Policies.IAutoscalePolicy> Policies { get; init; }

    /// <summary>The policy that changes roles, where it is one; then the number of instances does not change.</summary>
    internal Policies.IRolePolicy? RolePolicy =>
        Policies.GetValueOrDefault("prefill") as Policies.IRolePolicy;

    /// <summary>Whether instances may change from prefill to decode and back.</summary>
    internal bool SwitchesRoles => RolePolicy is not null;

    /// <summary>Seconds between two decisions.</summary>
    public double IntervalSeconds { get; init; } = 10;

    /// <summary>Fewest instances of a stage.</summary>
    public int Min { get; init; } = 1;

    /// <summary>Most instances of a stage; null for those of the cluster.</summary>
    public int? Max { get; init; }

    /// <summary>Instances of a stage that are ready at the start; null for the fewest, and at least one.</summary>
    public int? Initial { get; init; }

    /// <summary>Seconds in which the most instances that were wanted still count, so that a short lull stops none.</summary>
    public double CooldownSeconds { get; init; } = 60;
}
