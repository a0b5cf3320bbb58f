namespace LlmSim.Performance.Roofline;

/// <summary>All operations of a prefill or of a decode iteration, and what they add up to.</summary>
internal sealed class RooflineTable
{
    internal RooflineTable(IReadOnlyList<OperationCost> operations, RooflineMemory memory)
    {
        Seconds = operations.Sum(operation => operation.Runs * operation.Seconds);
        Operations =
        [
            .. operations.Select(operation =>
                operation with
                {
                    Share = operation.Runs * operation.Seconds / Seconds,
                }
            ),
        ];
        Memory = memory;
    }

    /// <summary>The operations: those of a layer, then those that run once.</summary>
    public IReadOnlyList<OperationCost> Operations { get; }

    /// <summary>Seconds of the iteration.</summary>
    public double Seconds { get; }

    /// <summary>Memory that the iteration needs on each accelerator.</summary>
    public RooflineMemory Memory { get; }

    /// <summary>Arithmetic operations of the iteration, on one accelerator.</summary>
    public double Ops => Total(operation => operation.Ops);

    /// <summary>Bytes of weights read.</summary>
    public double WeightBytes => Total(operation => operation.WeightBytes);

    /// <summary>Bytes of activations read.</summary>
    public double ActivationInBytes => Total(operation => operation.ActivationInBytes);

    /// <summary>Bytes of activations written.</summary>
    public double ActivationOutBytes => Total(operation => operation.ActivationOutBytes);

    /// <summary>Bytes read from the KV cache.</summary>
    public double KvInBytes => Total(operation => operation.KvInBytes);

    /// <summary>Bytes written to the KV cache.</summary>
    public double KvOutBytes => Total(operation => operation.KvOutBytes);

    /// <summary>Bytes read from and written to memory.</summary>
    public double MemoryAccessBytes => Total(operation => operation.MemoryAccessBytes);

    /// <summary>Bytes sent to other accelerators.</summary>
    public double NetworkBytes => Total(operation => operation.NetworkBytes);

    private double Total(Func<OperationCost, double> figure) =>
        Operations.Sum(operation => operation.Runs * figure(operation));
}

/// <summary>Memory that an iteration needs on each accelerator.</summary>
/// <param name="WeightBytes">
/// Weights: the model's / tp under <see cref="ModelBytes.Model" />, else those of the layers without embedding and lm_head.
/// </param>
/// <param name="KvCacheBytes">
/// KV cache of all tokens of the batch: the model's / tp under <see cref="ModelBytes.Model" />, else what the layers store.
/// </param>
/// <param name="TemporaryActivationBytes">Activations that the operations of one layer write.</param>
internal sealed record RooflineMemory(
    double WeightBytes,
    double KvCacheBytes,
    double TemporaryActivationBytes
)
{
    /// <summary>All three.</summary>
    public double Bytes => WeightBytes + KvCacheBytes + TemporaryActivationBytes;
}
