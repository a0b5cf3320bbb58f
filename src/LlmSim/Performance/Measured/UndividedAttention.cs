namespace LlmSim.Performance.Measured;

/// <summary>
/// Decode attention in FlashAttention-2: while requests and KV heads are few, the keys of each are divided among the
/// multiprocessors; with more they are not, and the multiprocessor with the longest request holds the kernel.
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
        instance.Hardware
            is { Multiprocessors: { } multiprocessors, UndividedKeysPerSecond: { } keysPerSecond }
            ? new(multiprocessors, keysPerSecond, Math.Max(1, model.KvHeads / instance.TpSize))
            : null;

    /// <summary>
    /// The least that attention of one layer takes: the multiprocessor that has the longest request has its share of the others too.
    /// 0 for a batch in which keys are divided.
    /// </summary>
    /// <param name="requests">Requests that decode.</param>
    /// <param name="paddedRequests">Requests that the kernel was recorded for: these decide whether it divides.</param>
    /// <param name="meanKeys">Keys of a request in the mean.</param>
    /// <param name="longestKeys">Keys of the longest.</param>
    public double LeastSeconds(int requests, int paddedRequests, double meanKeys, double longestKeys)
    {
        if (paddedRequests * kvHeads < FullShare * BlocksPerMultiprocessor * multiprocessors)
        {
            return 0;
        }

        var others = Math.Max(0, ((double)requests * kvHeads / multiprocessors) - 1);
        return (longestKeys + (others * meanKeys)) / keysPerSecond;
    }
}
