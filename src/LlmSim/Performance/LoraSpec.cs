using System.Text.Json.Serialization;

namespace LlmSim.Performance;

/// <summary>
/// Adapters of low rank (Hu et al., arXiv:2106.09685) that requests may ask for, beside the weights of the model, as vLLM serves them: those of a batch are in slots on
/// the accelerators, others in the memory of the host or in a store.
/// </summary>
public sealed record LoraSpec
{
    /// <summary>Slots: most adapters in a batch, at least 1 (max_loras).</summary>
    public int MaxAdapters { get; init; } = 1;

    /// <summary>Rank that the slots and the kernels have, at least 1 (max_lora_rank).</summary>
    public int MaxRank { get; init; } = 16;

    /// <summary>Most adapters in the memory of the host, those in slots among them (max_cpu_loras); null for as many as slots.</summary>
    public int? MaxHostAdapters { get; init; }

    /// <summary>Which products of the model have an adapter (target_modules).</summary>
    public LoraTargets Targets { get; init; } = LoraTargets.AllLinear;

    /// <summary>Rank of adapters that <see cref="Adapters" /> does not list (rank); null for the highest.</summary>
    public int? Rank { get; init; }

    /// <summary>Rank of each adapter by its name, and no other may be asked for (adapters); null for any name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, int>? Adapters { get; init; }

    /// <summary>Bytes in a second from the host to each accelerator, above 0 (host_bytes_per_second).</summary>
    public required double HostBytesPerSecond { get; init; }

    /// <summary>Bytes in a second from the store of adapters to the host, above 0 (load_bytes_per_second).</summary>
    public required double LoadBytesPerSecond { get; init; }

    /// <summary>Seconds that a load from there takes beside its bytes, at least 0 (load_latency_seconds).</summary>
    public double LoadLatencySeconds { get; init; }

    /// <summary>
    /// Seconds that each kernel takes beside its work, at least 0 (kernel_seconds): two for each product, or for those that are computed together, as queries, keys and
    /// values are. 0 for what the roofline says alone.
    /// </summary>
    public double KernelSeconds { get; init; }

    /// <summary>Adapters that the host holds.</summary>
    internal int HostAdapters => MaxHostAdapters ?? MaxAdapters;

    /// <summary>Rank of an adapter; null where there is none of that name.</summary>
    internal int? RankOf(string adapter) =>
        Adapters is null ? Rank ?? MaxRank
        : Adapters.TryGetValue(adapter, out var rank) ? rank
        : null;
}

/// <summary>Products of a model that have an adapter.</summary>
public enum LoraTargets
{
    /// <summary>The projections of attention, and of what is in its place.</summary>
    Attention,

    /// <summary>Those and the MLPs.</summary>
    AllLinear,
}
