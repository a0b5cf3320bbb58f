using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>The fields of a tier in the list <c>kv_tiers</c> of an engine.</summary>
internal static class KvTierFields
{
    private static readonly FigureRange s_blocks = new(0, 1e12, "blocks");

    /// <summary>More than any store has: 1e15 GiB are beyond whole numbers of bytes.</summary>
    private static readonly FigureRange s_gib = new(0, 1e9, "GiB");

    /// <summary>Nothing at all stands for a tier that is not there.</summary>
    private static readonly FigureRange s_bytesPerSecond = new(0, 1e18, "bytes/s");

    /// <summary>Kinds, writes, evictions and links, by the names that files give them.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["host", "ssd", "shared"];

    public static IReadOnlyList<string> Writes { get; } = ["through", "on_eviction"];

    public static IReadOnlyList<string> Evictions { get; } = ["lru", "lfu", "fifo", "s3fifo", "session"];

    public static IReadOnlyList<string> Links { get; } = ["own", "kv"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ClusterField<KvTierSpec>> All { get; } =
    [
        new(
            "kind",
            new ClusterValue.Word(Kinds),
            null,
            "host and ssd: of the instance alone; shared: one for all instances that say its name",
            (tier, value) => tier with { Kind = (KvTierKind)(int)value }
        ),
        new(
            "name",
            new ClusterValue.Text(),
            "none",
            "kind shared alone: which tier it is",
            (tier, value) => tier with { Name = (string)value }
        ),
        new(
            "capacity_blocks",
            new ClusterValue.Whole(s_blocks),
            "what capacity_gib holds",
            "KV blocks that it holds",
            (tier, value) => tier with { CapacityBlocks = (long)value }
        ),
        new(
            "capacity_gib",
            new ClusterValue.NumberOr(s_gib, "unlimited"),
            "that of capacity_blocks",
            "memory that it has, in GiB; one of the two capacities has to be given",
            (tier, value) => tier with { CapacityGib = value as double? }
        ),
        new(
            "bytes_per_second",
            new ClusterValue.Number(s_bytesPerSecond),
            null,
            "bytes in a second that are read from it, one read after the other; with 0 it is as if it were not there",
            (tier, value) => tier with { BytesPerSecond = (double)value }
        ),
        new(
            "write_bytes_per_second",
            new ClusterValue.Number(s_bytesPerSecond),
            "bytes_per_second",
            "bytes in a second that are written to it",
            (tier, value) => tier with { WriteBytesPerSecond = (double)value }
        ),
        new(
            "latency_seconds",
            new ClusterValue.Number(FigureRanges.Seconds),
            "0",
            "what a read or a write takes beside its bytes",
            (tier, value) => tier with { LatencySeconds = (double)value }
        ),
        new(
            "link",
            new ClusterValue.Word(Links),
            "own",
            "kind shared alone: own: nothing else goes over it; kv: also over the KV link of the instance, beside its transfers (kv_transfer contended_links)",
            (tier, value) => tier with { Link = (KvTierLink)(int)value }
        ),
        new(
            "write",
            new ClusterValue.Word(Writes),
            "through",
            "through: blocks are written as soon as they can be found; on_eviction: when what is above takes them for something else",
            (tier, value) => tier with { Write = (KvTierWrite)(int)value }
        ),
        new(
            "prefetch",
            new ClusterValue.Flag(),
            "false",
            "not of the first tier: whether blocks of prompts that wait are read into the tier before it",
            (tier, value) => tier with { Prefetch = (bool)value }
        ),
        new(
            "eviction",
            new ClusterValue.Word(Evictions),
            "lru",
            "which block makes room for another one; session: first those of no conversation that goes on",
            (tier, value) => tier with { Eviction = (KvTierEviction)(int)value }
        ),
    ];
}
