using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>The fields of the object <c>lora</c> of an engine; the names that vLLM has too are vLLM's.</summary>
internal static class LoraFields
{
    /// <summary>Slots as many as requests of a batch, and adapters on a host that are named one by one.</summary>
    private static readonly FigureRange s_adapters = new(1, 1_000_000);

    /// <summary>The highest rank of vLLM.</summary>
    private static readonly FigureRange s_rank = new(1, 512);

    private static readonly FigureRange s_bytesPerSecond = new(0, 1e18, "bytes/s", IsAboveLeast: true);

    /// <summary>Products with an adapter, by the names that files give them.</summary>
    public static IReadOnlyList<string> Targets { get; } = ["attention", "all_linear"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ClusterField<LoraSpec>> All { get; } =
    [
        new(
            "max_loras",
            new ClusterValue.Whole(s_adapters),
            "1",
            "slots on the accelerators: most adapters in a batch",
            (lora, value) => lora with { MaxAdapters = (int)(long)value }
        ),
        new(
            "max_lora_rank",
            new ClusterValue.Whole(s_rank),
            "16",
            "rank of the slots, at which the kernels compute",
            (lora, value) => lora with { MaxRank = (int)(long)value }
        ),
        new(
            "max_cpu_loras",
            new ClusterValue.Whole(s_adapters),
            "max_loras",
            "adapters in the memory of the host, those in slots among them",
            (lora, value) => lora with { MaxHostAdapters = (int)(long)value }
        ),
        new(
            "target_modules",
            new ClusterValue.Word(Targets),
            "all_linear",
            "products with an adapter: those around attention, or those of MLPs as well",
            (lora, value) => lora with { Targets = (LoraTargets)(int)value }
        ),
        new(
            "rank",
            new ClusterValue.Whole(s_rank),
            "max_lora_rank",
            "rank of every adapter, where adapters lists none",
            (lora, value) => lora with { Rank = (int)(long)value }
        ),
        new(
            "adapters",
            new ClusterValue.CountsByName("adapter", s_rank),
            "any, of rank",
            "the adapters that there are, each with its rank",
            (lora, value) => lora with { Adapters = (Dictionary<string, int>)value }
        ),
        new(
            "host_bytes_per_second",
            new ClusterValue.Number(s_bytesPerSecond),
            null,
            "bytes in a second from the memory of the host to each accelerator",
            (lora, value) => lora with { HostBytesPerSecond = (double)value }
        ),
        new(
            "load_bytes_per_second",
            new ClusterValue.Number(s_bytesPerSecond),
            null,
            "bytes in a second from where adapters are stored to the memory of the host",
            (lora, value) => lora with { LoadBytesPerSecond = (double)value }
        ),
        new(
            "load_latency_seconds",
            new ClusterValue.Number(FigureRanges.Seconds),
            "0",
            "what such a load takes beside its bytes",
            (lora, value) => lora with { LoadLatencySeconds = (double)value }
        ),
        new(
            "kernel_seconds",
            new ClusterValue.Number(EngineOverheads.Range),
            "0",
            "what each kernel takes beside its work: two for queries, keys and values together, and for each further product",
            (lora, value) => lora with { KernelSeconds = (double)value }
        ),
    ];
}
