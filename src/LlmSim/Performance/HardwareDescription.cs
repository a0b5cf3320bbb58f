namespace LlmSim.Performance;

/// <summary>
/// An accelerator's figures, in one convention (docs/hardware.md): dense rates with 32-bit accumulation and bandwidth from the
/// maker's data sheet, memory as the driver reports it.
/// </summary>
public sealed record HardwareDescription
{
    /// <summary>Name in the catalog, such as "NVIDIA_H100_SXM".</summary>
    public required string Name { get; init; }

    /// <summary>Memory bandwidth in bytes/s.</summary>
    public required double MemoryBytesPerSecond { get; init; }

    /// <summary>Peak rate at 16 bits in operations/s.</summary>
    public required double Fp16OpsPerSecond { get; init; }

    /// <summary>Peak rate of 8-bit integers in operations/s.</summary>
    public required double Int8OpsPerSecond { get; init; }

    /// <summary>Peak rate of 8-bit floating point in operations/s; null where the accelerator has none.</summary>
    public double? Fp8OpsPerSecond { get; init; }

    /// <summary>Peak rate of 4-bit floating point in operations/s; null where the accelerator has none.</summary>
    public double? Fp4OpsPerSecond { get; init; }

    /// <summary>On-chip buffer in bytes.</summary>
    public required double OnChipBufferBytes { get; init; }

    /// <summary>Streaming multiprocessors, or compute units; null where no figure is known.</summary>
    public int? Multiprocessors { get; init; }

    /// <summary>
    /// Keys of one KV head that one multiprocessor attends to in a second, where the engine's decode attention is
    /// FlashAttention-2, which leaves the keys of a request undivided in large batches; null where it is another kernel or
    /// nothing was measured.
    /// </summary>
    public double? UndividedKeysPerSecond { get; init; }

    /// <summary>Memory in bytes, as the driver reports it.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bandwidth between accelerators of one instance, per accelerator and direction, in bytes/s.</summary>
    public required double LinkBytesPerSecond { get; init; }

    /// <summary>Latency of one hop between accelerators of one instance, in seconds.</summary>
    public required double LinkLatencySeconds { get; init; }

    /// <summary>Accelerators that the link joins: of a board, or of an NVLink domain where that is more than a node.</summary>
    public int GpusPerNode { get; init; } = 8;

    /// <summary>
    /// Bandwidth of an accelerator's port into the network between nodes, per direction, in bytes/s. The default is one 400 Gb/s port.
    /// </summary>
    public double NicBytesPerSecond { get; init; } = 50e9;

    /// <summary>
    /// Latency of a step through that network in seconds. The default is that of LL128 in NCCL's tuning model (src/graph/tuning.cc, hwLat).
    /// </summary>
    public double NicLatencySeconds { get; init; } = 4e-6;

    /// <summary>Power of the idle accelerator in W; null where no figure is known.</summary>
    public double? IdleWatts { get; init; }

    /// <summary>Thermal design power in W; null where none is published.</summary>
    public double? TdpWatts { get; init; }

    /// <summary>What it was found to reach of these figures; null where nothing was fitted.</summary>
    internal Calibration? Calibration { get; init; }

    /// <summary>Where the figures come from.</summary>
    public required string Source { get; init; }

    /// <summary>Whether another has the same rates of arithmetic and memory, so that operations are as far above both their roofs.</summary>
    internal bool HasRoofsOf(HardwareDescription other) =>
        (MemoryBytesPerSecond, Fp16OpsPerSecond, Int8OpsPerSecond, Fp8OpsPerSecond, Fp4OpsPerSecond)
        == (
            other.MemoryBytesPerSecond,
            other.Fp16OpsPerSecond,
            other.Int8OpsPerSecond,
            other.Fp8OpsPerSecond,
            other.Fp4OpsPerSecond
        );
}
