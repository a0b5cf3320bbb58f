using LlmSim.Experiments.ClusterConfig;
using LlmSim.Performance;

namespace LlmSim.Experiments.Options;

/// <summary>A part of the simulator and the fields of a cluster file that it reads.</summary>
/// <param name="Name">The part, as a message names it after "with".</param>
/// <param name="IsIn">Whether a run has it for an instance.</param>
/// <param name="Fields">What it reads.</param>
internal sealed record ClusterFieldReader(
    string Name,
    Func<RunParts, ClusterEntry, bool> IsIn,
    params string[] Fields
)
{
    /// <summary>All parts that not every instance has. A field that none of them reads is read of every instance.</summary>
    public static IReadOnlyList<ClusterFieldReader> All { get; } =
    [
        new("models", (_, instance) => instance.Machine is not null, "swap_after"),
        new(
            "role encode",
            (_, instance) => instance.Role == InstanceRole.Encode,
            "encode_batch",
            "kv_link_bytes_per_second",
            "kv_link_latency_seconds"
        ),
        new(
            "kv_transfer shared_link on a prefill instance",
            (run, instance) =>
                instance.Role == InstanceRole.Prefill && run.Semantics.KvTransfer == KvTransfer.SharedLink,
            "kv_link_bytes_per_second",
            "kv_link_latency_seconds"
        ),
        new(
            "kv_transfer contended_links and prefill instances",
            (run, _) => run.SendsKvCaches && run.Semantics.KvTransfer >= KvTransfer.ContendedLinks,
            "kv_link_bytes_per_second",
            "kv_link_latency_seconds",
            "kv_link_per_rank"
        ),
        new(
            "a tier with link kv",
            (_, instance) => RunParts.HasTierOnLink(instance.Instance),
            "kv_link_bytes_per_second",
            "kv_link_per_rank"
        ),
        new(
            "a policy that fetches prefixes, such as conductor",
            (run, instance) => instance.Role != InstanceRole.Decode && run.HasPrefixFetchingPolicy,
            "kv_link_bytes_per_second",
            "kv_link_latency_seconds"
        ),
        new("drain migrate", (run, _) => run.Migrates, "kv_link_bytes_per_second", "kv_link_latency_seconds"),
        new("an autoscaler that switches roles, such as balance", (run, _) => run.SwitchesRoles, "switches"),
        new(
            "memory_limit tensor_parallel_group and without kv_blocks",
            (run, instance) =>
                run.Semantics.MemoryLimit == MemoryLimit.TensorParallelGroup
                && instance.Instance.Engine is not { KvBlocks: not null },
            "memory_utilization",
            "activation_bytes"
        ),
        new(
            "performance roofline or calibrated, tp_communication all_reduce and several accelerators",
            (run, instance) =>
                run.HasRoofline
                && run.Semantics.TensorParallelCommunication == TensorParallelCommunication.AllReduce
                && HasSeveral(instance.Instance),
            "link_bytes_per_second",
            "link_latency_seconds",
            "gpus_per_node"
        ),
        new(
            "pp_size or cp_size above 1",
            (_, instance) => instance.Instance.PpSize > 1 || instance.Instance.CpSize > 1,
            "link_bytes_per_second",
            "link_latency_seconds",
            "gpus_per_node"
        ),
        new(
            "pp_size or cp_size above 1, and stages or ranks in several nodes",
            (_, instance) =>
                instance.Instance is { PpSize: > 1, SpansNodes: true } or { CpSize: > 1, SpansNodes: true },
            "nic_bytes_per_second",
            "nic_latency_seconds"
        ),
        new(
            "a measured profile and several accelerators",
            (run, instance) => run.HasProfile && HasSeveral(instance.Instance),
            "link_bytes_per_second",
            "link_latency_seconds",
            "gpus_per_node"
        ),
        new(
            "performance kernels and several accelerators",
            (run, instance) => run.HasKernels && HasSeveral(instance.Instance),
            "gpus_per_node"
        ),
        new(
            "performance kernels and ranks in several nodes, pipeline stages, ranks that share prompts, or experts divided over instances",
            (run, instance) =>
                run.HasKernels
                && (
                    instance.Instance.SpansNodes
                    || instance.Instance.PpSize > 1
                    || instance.Instance.CpSize > 1
                    || instance.Instance.ExpertParallel > instance.Instance.TpSize
                ),
            "link_bytes_per_second",
            "link_latency_seconds"
        ),
        new(
            "tp_size · pp_size · cp_size or expert_parallel above gpus_per_node, and tp_communication all_reduce",
            (run, instance) => run.Communicates && instance.Instance.SpansNodes,
            "nic_bytes_per_second",
            "nic_latency_seconds"
        ),
        new(
            "expert_parallel above tp_size, and performance roofline, calibrated or kernels",
            (run, instance) =>
                run.Communicates
                && !run.HasProfile
                && instance.Instance.ExpertParallel > instance.Instance.TpSize,
            "all2all_backend"
        ),
        new("performance roofline, calibrated or kernels", (run, _) => !run.HasProfile, "expert_skew"),
    ];

    private static bool HasSeveral(InstanceSpec instance) =>
        instance.Accelerators > 1 || instance.ExpertParallel > 1;
}
