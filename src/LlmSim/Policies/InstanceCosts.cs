namespace LlmSim.Policies;

/// <summary>What several policies weigh of an instance.</summary>
internal static class InstanceCosts
{
    /// <summary>Seconds until a request would have its first token there: the queue, and its own prefill.</summary>
    public static double FirstTokenSeconds(in InstanceView instance, in RequestView request) =>
        instance.PrefillQueueSeconds(request)
        + instance.PrefillSeconds(request, instance.CachedPrefixTokens(request));

    /// <summary>Share of the KV memory in use.</summary>
    public static double KvShare(in InstanceView instance) =>
        1 - ((double)instance.FreeKvBytes / instance.KvCapacityBytes);
}
