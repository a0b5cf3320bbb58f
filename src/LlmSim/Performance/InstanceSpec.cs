using System.Text.Json.Serialization;

namespace LlmSim.Performance;

/// <summary>One serving instance: so many accelerators of one kind that work as one.</summary>
public sealed record InstanceSpec
{
    /// <summary>The accelerator.</summary>
    public required HardwareDescription Hardware { get; init; }

    /// <summary>The degree of tensor parallelism, at least 1: accelerators of the instance, or of each of its pipeline stages or context-parallel ranks.</summary>
    public required int TpSize { get; init; }

    /// <summary>
    /// Stages of a pipeline, at least 1 (pp_size): each has a part of the layers on <see cref="TpSize" /> accelerators, and as many batches as
    /// stages are under way. More than one asks for an engine.
    /// </summary>
    public int PpSize { get; init; } = 1;

    /// <summary>Layers of each stage (pp_layers); null for equal parts as the engine makes them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? PpLayers { get; init; }

    /// <summary>
    /// Ranks that share the tokens of each prompt (cp_size), each with all of the model on <see cref="TpSize" /> accelerators; null for one. Prefill
    /// instances alone have more.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? CpSize { get; init; }

    /// <summary>Accelerators of the instance.</summary>
    [JsonIgnore]
    public int Accelerators => TpSize * PpSize * ContextRanks;

    internal int ContextRanks => CpSize ?? 1;

    /// <summary>Name of the model that it serves; null for the model of the cluster.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Model { get; init; }

    /// <summary>
    /// Accelerators that the experts of a layer are divided over, whole experts each; 1 when every instance holds all of
    /// them. Above the degree of tensor parallelism the data-parallel instances of a group hold them together.
    /// </summary>
    public int ExpertParallel { get; init; } = 1;

    /// <summary>
    /// How unevenly tokens meet the experts (expert_skew): "balanced", "uniform", "power_law", "zipf:S", or a list of loads as "[3,1,2,2]". Null for what the times have:
    /// the mean of all ranks with the roofline, that of the tables with measured kernels.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExpertSkew { get; init; }

    /// <summary>
    /// Replicas of experts beside one of each, at least 0 (redundant_experts): of those that the most tokens go to, placed so that ranks are balanced.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int RedundantExperts { get; init; }

    /// <summary>Whether iterations are computed in halves, each of which exchanges tokens with experts while the other one is computed (two_batch_overlap).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TwoBatchOverlap { get; init; }

    /// <summary>
    /// Bandwidth between the accelerators of the instance and of its group, per accelerator and direction, in bytes/s;
    /// null for that of the accelerator.
    /// </summary>
    public double? LinkBytesPerSecond { get; init; }

    /// <summary>Latency of one hop between them in seconds; null for that of the accelerator.</summary>
    public double? LinkLatencySeconds { get; init; }

    /// <summary>
    /// Accelerators that the link joins, at least 1 (gpus_per_node): ranks beyond them are reached through the network. Null for the
    /// node or NVLink domain that the accelerator is sold in.
    /// </summary>
    public int? GpusPerNode { get; init; }

    /// <summary>
    /// Bandwidth of an accelerator's port into the network between nodes, per direction, in bytes/s; null for that of the accelerator.
    /// </summary>
    public double? NicBytesPerSecond { get; init; }

    /// <summary>Latency of a step through that network in seconds; null for that of the accelerator.</summary>
    public double? NicLatencySeconds { get; init; }

    /// <summary>How tokens come to experts that data-parallel instances hold together.</summary>
    public AllToAllBackend AllToAllBackend { get; init; }

    /// <summary>Whether its ranks, or those that its experts are divided over, are in more than one node.</summary>
    public bool SpansNodes => Math.Max(Accelerators, ExpertParallel) > NodeSize;

    internal int NodeSize => GpusPerNode ?? Hardware.GpusPerNode;

    /// <summary>
    /// Share of the memory that weights, activations and KV cache may take together, above 0 and at most 1. SGLang: without activations. TensorRT-LLM: share of what
    /// weights and activations leave that the KV cache takes.
    /// </summary>
    public double MemoryUtilization { get; init; } = 0.9;

    /// <summary>
    /// Memory for activations and whatever else the engine takes on each accelerator, in bytes, out of that share; null for what
    /// an engine such as vLLM is known to take of it (docs/hardware.md).
    /// </summary>
    public long? ActivationBytes { get; init; }

    /// <summary>Bandwidth of the link that KV caches leave a prefill instance by, in bytes/s. The default is one 400 Gb/s port.</summary>
    public double KvLinkBytesPerSecond { get; init; } = 50e9;

    /// <summary>Latency of that link in seconds.</summary>
    public double KvLinkLatencySeconds { get; init; } = 10e-6;

    /// <summary>
    /// Whether that link is the port of each rank (kv_link_per_rank): ranks send and receive their parts of a KV cache side by side. Transfers that contend for
    /// the links of both ends alone know of it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool KvLinkPerRank { get; init; }

    /// <summary>Pictures that an encode instance encodes together at most, at least 1.</summary>
    internal int EncodeBatch { get; init; } = 1;

    /// <summary>USD an hour for each accelerator, in the place of a price list; null where the cluster file has none.</summary>
    internal double? PricePerHour { get; init; }

    /// <summary>Whether it may change from prefill to decode or back; mixed instances do both in any case.</summary>
    public bool Switches { get; init; }

    /// <summary>
    /// The engine that batches prompts in iterations and pages the KV cache; null for an instance that prefills prompt by
    /// prompt, or decodes with a KV cache counted in tokens. Mixed instances have one in any case.
    /// </summary>
    public EngineSpec? Engine { get; init; }
}
