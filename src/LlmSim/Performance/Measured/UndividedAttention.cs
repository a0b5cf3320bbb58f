namespace LlmSim.Performance.Measured;

/// <summary>
/// Decode attention in FlashAttention-2: while requests and KV heads are few, the keys of each are divided among the
/// multiprocessors; with more they are not, and the longest request holds the kernel after the others have ended.
/// </summary>
/// <param name="multiprocessors">Of the accelerator.</param>
/// <param name="keysPerSecond">Keys of one KV head that one of them attends to.</param>
/// <param name="kvHeads">KV heads on the accelerator.</param>
internal sealed class UndividedAttention(int multiprocessors, double keysPerSecond, int kvHeads)
{
    /// <summary>FlashAttention-2 (num_splits_heuristic) divides nothing once this share of two blocks a multiprocessor is taken.</summary>
    private const double FullShare = 0.8;
    private const int BlocksPerMultiprocessor = 2;

    /// <summary>The rule for a model on an instance; null where the accelerator's figures are not known.</summary>
    public static UndividedAttention? Of(ModelDescription model, InstanceSpec instance) =>
        instance.Hardware is { Multiprocessors: { } multiprocessors, UndividedKeysPerSecond: { } keysPerSecond }
            ? new(multiprocessors, keysPerSecond, Math.Max(1, model.KvHeads / instance.TpSize))
            : null;

    /// <summary>Whether a batch, padding included, is large enough for it.</summary>
    public bool HoldsFor(int requests) =>
        requests * kvHeads >= FullShare * BlocksPerMultiprocessor * multiprocessors;

    /// <summary>Seconds that the longest request takes beyond an even share of the keys.</summary>
    public double ExcessSeconds(int requests, double meanKeys, double longestKeys) =>
        Math.Max(0, longestKeys - (requests * kvHeads * meanKeys / multiprocessors)) / keysPerSecond;
}
