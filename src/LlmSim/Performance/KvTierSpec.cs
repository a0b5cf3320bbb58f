using System.Text.Json.Serialization;

namespace LlmSim.Performance;

/// <summary>Memory below that of the accelerators in which an engine keeps KV blocks (kv_tiers).</summary>
public sealed record KvTierSpec
{
    /// <summary>Where it is, and whose (kind).</summary>
    public required KvTierKind Kind { get; init; }

    /// <summary>Of a shared tier: instances that say the same name have one tier together (name).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>KV blocks that it holds, at least 0 (capacity_blocks); null for what <see cref="CapacityGib" /> holds.</summary>
    public long? CapacityBlocks { get; init; }

    /// <summary>GiB that it holds, at least 0 (capacity_gib); null beside null blocks for no limit.</summary>
    public double? CapacityGib { get; init; }

    /// <summary>Bytes in a second that are read from it, at least 0 (bytes_per_second): with 0 it is as if it were not there.</summary>
    public required double BytesPerSecond { get; init; }

    /// <summary>Bytes in a second that are written to it, at least 0 (write_bytes_per_second); null for as many as are read.</summary>
    public double? WriteBytesPerSecond { get; init; }

    /// <summary>Seconds that a read or a write takes beside its bytes, at least 0 (latency_seconds).</summary>
    public double LatencySeconds { get; init; }

    /// <summary>When blocks are written to it (write).</summary>
    public KvTierWrite Write { get; init; }

    /// <summary>
    /// Whether blocks of prompts that wait are read from it into the tier before it (prefetch), from when they come to the instance.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Prefetch { get; init; }

    /// <summary>Which block makes room for another one (eviction).</summary>
    public KvTierEviction Eviction { get; init; }

    /// <summary>Over which link it is read and written (link): of a shared tier alone it may be another one than its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public KvTierLink Link { get; init; }

    /// <summary>Whether a block can ever be read from it.</summary>
    internal bool IsUsed =>
        BytesPerSecond > 0 && WriteBytesPerSecond is not 0 && CapacityBlocks is not 0 && CapacityGib is not 0;

    /// <summary>What results call it.</summary>
    internal string Label => Name ?? Kind.ToString().ToLowerInvariant();

    /// <summary>Blocks of so many bytes that it holds.</summary>
    internal long Blocks(long blockBytes) =>
        CapacityBlocks ?? (CapacityGib is { } gib ? (long)(gib * (1L << 30) / blockBytes) : long.MaxValue);
}

/// <summary>Kinds of tiers of the KV cache.</summary>
public enum KvTierKind
{
    /// <summary>Memory of the host, one for each instance.</summary>
    Host,

    /// <summary>Disks of the host, for each instance its own.</summary>
    Ssd,

    /// <summary>A store that several instances have together.</summary>
    Shared,
}

/// <summary>Links of a tier.</summary>
public enum KvTierLink
{
    /// <summary>One that nothing else goes over.</summary>
    Own,

    /// <summary>The KV link of each instance, where KV caches on their way to and from other instances go too.</summary>
    Kv,
}

/// <summary>When blocks are written to a tier.</summary>
public enum KvTierWrite
{
    /// <summary>As soon as they can be found on the accelerators.</summary>
    Through,

    /// <summary>When what is above takes them for something else.</summary>
    OnEviction,
}

/// <summary>Which block of a tier makes room for another one.</summary>
public enum KvTierEviction
{
    /// <summary>That whose last use is the longest ago.</summary>
    Lru,

    /// <summary>That with the fewest uses; of equal ones that whose last use is the longest ago.</summary>
    Lfu,

    /// <summary>That which came first.</summary>
    Fifo,

    /// <summary>Three queues: small, main, and one of names alone (S3-FIFO: Yang et al., SOSP 2023).</summary>
    S3fifo,

    /// <summary>One of no conversation that goes on, then any other; of either that whose last use is the longest ago.</summary>
    Session,
}

/// <summary>What becomes of the KV cache of a preempted request.</summary>
public enum KvPreemption
{
    /// <summary>It is computed anew, but for what can still be found.</summary>
    Recompute,

    /// <summary>It is written to the host and read back.</summary>
    Swap,
}
