namespace LlmSim.Performance;

/// <summary>What limits an operation.</summary>
internal enum OperationBound
{
    /// <summary>The peak rate of arithmetic.</summary>
    Compute,

    /// <summary>The memory bandwidth.</summary>
    Memory,

    /// <summary>The link between the accelerators.</summary>
    Network,

    /// <summary>Neither: what was fitted beside the roofs.</summary>
    Overhead,
}

/// <summary>What one operation costs: one run of it, on one accelerator of the instance.</summary>
internal sealed record OperationCost
{
    /// <summary>Name, such as "q_proj".</summary>
    public required string Name { get; init; }

    /// <summary>Arithmetic operations; a multiplication and an addition are two.</summary>
    public double Ops { get; init; }

    /// <summary>Bytes of weights read.</summary>
    public double WeightBytes { get; init; }

    /// <summary>Bytes of activations read.</summary>
    public double ActivationInBytes { get; init; }

    /// <summary>Bytes of activations written.</summary>
    public double ActivationOutBytes { get; init; }

    /// <summary>Bytes read from the KV cache.</summary>
    public double KvInBytes { get; init; }

    /// <summary>Bytes written to the KV cache.</summary>
    public double KvOutBytes { get; init; }

    /// <summary>Bytes sent to other accelerators.</summary>
    public double NetworkBytes { get; init; }

    /// <summary>Bytes read from and written to memory.</summary>
    public double MemoryAccessBytes { get; init; }

    /// <summary>Operations per byte of memory access.</summary>
    public double ArithmeticIntensity => MemoryAccessBytes == 0 ? 0 : Ops / MemoryAccessBytes;

    /// <summary>The rate in operations/s that the roofs allow at this intensity; 0 for communication.</summary>
    public double AttainableOpsPerSecond { get; init; }

    /// <summary>What limits it.</summary>
    public required OperationBound Bound { get; init; }

    /// <summary>Seconds of one run.</summary>
    public required double Seconds { get; init; }

    /// <summary>How often it runs in an iteration: once in each layer, or once.</summary>
    public required int Runs { get; init; }

    /// <summary>Share of all its runs in the time of the iteration, 0 to 1.</summary>
    public double Share { get; init; }

    internal static OperationCost Of(string name, in OperationWork work, in Roofs roofs, int runs) =>
        new()
        {
            Name = name,
            Ops = work.Ops,
            WeightBytes = work.WeightBytes,
            ActivationInBytes = work.ActivationInBytes,
            ActivationOutBytes = work.ActivationOutBytes,
            KvInBytes = work.KvInBytes,
            KvOutBytes = work.KvOutBytes,
            MemoryAccessBytes = work.MemoryBytes,
            AttainableOpsPerSecond = roofs.AttainableOpsPerSecond(work),
            Bound = roofs.IsComputeBound(work) ? OperationBound.Compute : OperationBound.Memory,
            Seconds = roofs.Seconds(work),
            Runs = runs,
        };

    internal static OperationCost Communication(string name, double sentBytes, double seconds, int runs) =>
        new()
        {
            Name = name,
            NetworkBytes = sentBytes,
            Bound = OperationBound.Network,
            Seconds = seconds,
            Runs = runs,
        };

    /// <summary>What an iteration takes beside its operations.</summary>
    internal static OperationCost Overhead(double seconds) =>
        new()
        {
            Name = "overhead",
            Bound = OperationBound.Overhead,
            Seconds = seconds,
            Runs = 1,
        };
}
