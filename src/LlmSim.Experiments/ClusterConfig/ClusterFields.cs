using LlmSim.Experiments.Costs;
using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>An instance whose fields are being read, so many times.</summary>
internal sealed record ClusterInstance(InstanceSpec Spec, InstanceRole? Role, int Count)
{
    /// <summary>The models that it changes between; none where it keeps one.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Seconds that requests wait before it changes.</summary>
    public double SwapAfterSeconds { get; init; } = 10;
}

/// <summary>The fields of an instance in a cluster file.</summary>
internal static class ClusterFields
{
    /// <summary>The field of an object that has the list, for a file that names its schema.</summary>
    public const string Instances = "instances";

    /// <summary>Most instances of a file.</summary>
    public const int MaxInstances = 100_000;

    private const string OfAccelerator = "the accelerator's";

    /// <summary>Those of an instance.</summary>
    public static IReadOnlyList<ClusterField<ClusterInstance>> All { get; } =
    [
        new(
            "hardware",
            new ClusterValue.Accelerator(),
            null,
            "the accelerator, by its name in llmsim hardware",
            (one, value) => one with { Spec = one.Spec with { Hardware = (HardwareDescription)value } }
        ),
        Whole(
            "tp_size",
            FigureRanges.TpSize,
            null,
            "accelerators of the instance, or of each stage of its pipeline or rank of cp_size: its tensor parallelism",
            (spec, value) => spec with { TpSize = (int)value }
        ),
        Whole(
            "pp_size",
            FigureRanges.PpSize,
            "1",
            "stages of a pipeline that the layers are divided over; more than 1 asks for an engine",
            (spec, value) => spec with { PpSize = (int)value }
        ),
        new(
            "pp_layers",
            new ClusterValue.Counts(FigureRanges.PpSize),
            "equal parts",
            "layers of each of these stages",
            (one, value) => one with { Spec = one.Spec with { PpLayers = (int[])value } }
        ),
        Whole(
            "cp_size",
            FigureRanges.CpSize,
            "1",
            "ranks that share the tokens of each prompt, each with all weights on tp_size accelerators: its context parallelism; of prefill instances alone",
            (spec, value) => spec with { CpSize = value > 1 ? (int)value : null }
        ),
        new(
            "model",
            new ClusterValue.Model(),
            "that of --model",
            "the model that it serves, by its name in llmsim models",
            (one, value) =>
                one with
                {
                    Spec = one.Spec with { Model = value is string { Length: > 0 } name ? name : null },
                }
        ),
        new(
            "models",
            new ClusterValue.Models(),
            "none: it keeps one",
            "models of which it holds one at a time, the first at the start",
            (one, value) => one with { Models = (IReadOnlyList<string>)value }
        ),
        new(
            "swap_after",
            new ClusterValue.Number(FigureRanges.Seconds),
            "10",
            "seconds that a request waits for another of its models before it changes to that, and that it keeps one at least",
            (one, value) => one with { SwapAfterSeconds = (double)value }
        ),
        new(
            "count",
            new ClusterValue.Whole(new FigureRange(1, MaxInstances)),
            "1",
            "so many identical instances",
            (one, value) => one with { Count = (int)(long)value }
        ),
        Number(
            "memory_utilization",
            FigureRanges.PositiveShare,
            "0.9; 0.88 with an engine of kind sglang",
            "share of the memory for weights, activations and KV cache; sglang: for weights and KV cache; trtllm: share of what those leave, for the KV cache",
            (spec, value) => spec with { MemoryUtilization = value }
        ),
        Whole(
            "activation_bytes",
            FigureRanges.TakenBytes,
            "by a formula, see hardware.md",
            "memory of each accelerator for activations and what else the engine takes, in bytes",
            (spec, value) => spec with { ActivationBytes = value }
        ),
        Number(
            "kv_link_bytes_per_second",
            FigureRanges.BytesPerSecond,
            "50e9",
            "bandwidth of the link by which KV caches leave the instance",
            (spec, value) => spec with { KvLinkBytesPerSecond = value }
        ),
        Number(
            "kv_link_latency_seconds",
            FigureRanges.Seconds,
            "1e-5",
            "latency of that link",
            (spec, value) => spec with { KvLinkLatencySeconds = value }
        ),
        new(
            "kv_link_per_rank",
            new ClusterValue.Flag(),
            "false",
            "whether each rank has such a link: ranks send and receive their parts of a KV cache side by side",
            (one, value) => one with { Spec = one.Spec with { KvLinkPerRank = (bool)value } }
        ),
        Whole(
            "expert_parallel",
            FigureRanges.ExpertParallel,
            "1",
            "accelerators that the experts of a layer are divided over; above tp_size those of a data_parallel_group together",
            (spec, value) => spec with { ExpertParallel = (int)value }
        ),
        new(
            "expert_skew",
            new ClusterValue.Skew(),
            "that of --expert_skew, else that of the times: the mean of all ranks, or as kernels were measured",
            "how unevenly tokens meet the experts: balanced, uniform, power_law, zipf:S, or a list with the load of each expert",
            (one, value) => one with { Spec = one.Spec with { ExpertSkew = (string)value } }
        ),
        Whole(
            "redundant_experts",
            FigureRanges.RedundantExperts,
            "0",
            "replicas beside one of each expert, of those that most tokens go to; asks for expert_parallel",
            (spec, value) => spec with { RedundantExperts = (int)value }
        ),
        new(
            "two_batch_overlap",
            new ClusterValue.Flag(),
            "false",
            "whether half of an iteration exchanges tokens with experts while the other half is computed; asks for expert_parallel above tp_size",
            (one, value) => one with { Spec = one.Spec with { TwoBatchOverlap = (bool)value } }
        ),
        Number(
            "link_bytes_per_second",
            FigureRanges.BytesPerSecond,
            OfAccelerator,
            "bandwidth between the accelerators of the instance, of each and per direction",
            (spec, value) => spec with { LinkBytesPerSecond = value }
        ),
        Number(
            "link_latency_seconds",
            FigureRanges.Seconds,
            OfAccelerator,
            "latency of one hop between them",
            (spec, value) => spec with { LinkLatencySeconds = value }
        ),
        Whole(
            "gpus_per_node",
            FigureRanges.GpusPerNode,
            OfAccelerator,
            "accelerators that the link joins; others are reached through the network",
            (spec, value) => spec with { GpusPerNode = (int)value }
        ),
        Number(
            "nic_bytes_per_second",
            FigureRanges.BytesPerSecond,
            OfAccelerator,
            "bandwidth of an accelerator's port into the network between nodes, per direction",
            (spec, value) => spec with { NicBytesPerSecond = value }
        ),
        Number(
            "nic_latency_seconds",
            FigureRanges.Seconds,
            OfAccelerator,
            "latency of a step through that network",
            (spec, value) => spec with { NicLatencySeconds = value }
        ),
        new(
            "all2all_backend",
            new ClusterValue.Word([
                "allgather_reducescatter",
                "deepep_low_latency",
                "deepep_high_throughput",
            ]),
            "allgather_reducescatter",
            "how tokens come to experts that several instances hold together",
            (one, value) => one with { Spec = one.Spec with { AllToAllBackend = (AllToAllBackend)value } }
        ),
        Number(
            "price_per_hour",
            PriceList.Range,
            "the price list's",
            "USD an hour of each accelerator",
            (spec, value) => spec with { PricePerHour = value }
        ),
        new(
            "role",
            new ClusterValue.Word(["prefill", "decode", "mixed", "encode"]),
            "that of the option that names the file; must be given with --cluster",
            "what the instance does",
            (one, value) => one with { Role = (InstanceRole)value }
        ),
        new(
            "encode_batch",
            new ClusterValue.Whole(new FigureRange(1, 100_000)),
            "1",
            "encode instances: pictures that are encoded together at most",
            (one, value) => one with { Spec = one.Spec with { EncodeBatch = (int)(long)value } }
        ),
        new(
            "switches",
            new ClusterValue.Flag(),
            "false",
            "whether an autoscaler may have a prefill instance decode, or the other way round",
            (one, value) => one with { Spec = one.Spec with { Switches = (bool)value } }
        ),
        new(
            "engine",
            new ClusterValue.Fields("", EngineFields.All),
            "none; on mixed instances one of kind vllm",
            "the engine that forms batches in iterations and pages its KV cache",
            (one, value) => one with { Spec = one.Spec with { Engine = (EngineSpec)value } }
        ),
    ];

    private static ClusterField<ClusterInstance> Whole(
        string name,
        FigureRange range,
        string? defaultValue,
        string summary,
        Func<InstanceSpec, long, InstanceSpec> with
    ) =>
        new(
            name,
            new ClusterValue.Whole(range),
            defaultValue,
            summary,
            (one, value) => one with { Spec = with(one.Spec, (long)value) }
        );

    private static ClusterField<ClusterInstance> Number(
        string name,
        FigureRange range,
        string defaultValue,
        string summary,
        Func<InstanceSpec, double, InstanceSpec> with
    ) =>
        new(
            name,
            new ClusterValue.Number(range),
            defaultValue,
            summary,
            (one, value) => one with { Spec = with(one.Spec, (double)value) }
        );
}
