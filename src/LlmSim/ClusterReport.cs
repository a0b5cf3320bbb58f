using LlmSim.Batching;
using LlmSim.Metrics;
using LlmSim.Policies;

namespace LlmSim;

/// <summary>What instances and policies counted during a run.</summary>
internal static class ClusterReport
{
    public static IReadOnlyList<InstanceUsage> Usages(Cluster cluster, double makespanSeconds) =>
        [
            .. cluster.PrefillInstances.Select(instance =>
                Usage(
                    instance,
                    "prefill",
                    instance.CompletedRequests,
                    instance.Busy.Seconds,
                    makespanSeconds,
                    meanBatch: instance.CompletedRequests > 0 ? 1 : double.NaN,
                    instance.PeakKvBytes
                )
            ),
            .. cluster.DecodeInstances.Select(instance =>
                Usage(
                    instance,
                    "decode",
                    instance.CompletedRequests,
                    instance.Busy.Seconds,
                    makespanSeconds,
                    meanBatch: (double)instance.IterationTokens / instance.Iterations,
                    instance.PeakKvBytes
                )
            ),
            .. cluster.BatchedInstances.Select(instance => Usage(instance, makespanSeconds)),
            .. cluster.EncodeInstances.Select(instance => new InstanceUsage(
                "encode",
                instance.Index,
                instance.Spec.Hardware.Name,
                instance.Spec.TpSize,
                instance.Encoded,
                instance.Busy.Seconds,
                makespanSeconds > 0 ? instance.Busy.Seconds / makespanSeconds : 0,
                MeanBatch: (double)instance.Encoded / instance.Batches,
                KvCapacityBytes: 0,
                PeakKvBytes: 0
            )),
        ];

    public static PerformanceRange? PerformanceRange(Cluster cluster) =>
        Metrics.PerformanceRange.Of([
            .. cluster.PrefillInstances.Select(instance => instance.Performance),
            .. cluster.DecodeInstances.Select(instance => instance.Performance),
            .. cluster.BatchedInstances.Select(instance => instance.Performance),
        ]);

    /// <summary>What the paged KV caches did, all instances together; null without any.</summary>
    public static PagedCacheUsage? CacheUsage(Cluster cluster)
    {
        var instances = cluster.BatchedInstances;
        if (instances.Count == 0)
        {
            return null;
        }

        return new PagedCacheUsage(
            instances.Sum(instance => instance.Cache.PromptTokens),
            instances.Sum(instance => instance.Cache.HitTokens),
            instances.Sum(instance => instance.Cache.PromptBlocks),
            instances.Sum(instance => instance.Cache.HitBlocks),
            instances.Sum(instance => instance.Cache.Pool.Evictions),
            instances.Sum(instance => instance.Preemptions)
        );
    }

    /// <summary>What the tiers below the KV caches did; null without any.</summary>
    public static IReadOnlyList<KvTierUsage>? TierUsage(Cluster cluster) =>
        cluster.Tiers.Count == 0
            ? null
            :
            [
                .. cluster
                    .Tiers.GroupBy(tier => tier.Spec.Label)
                    .Select(tiers => new KvTierUsage(
                        tiers.Key,
                        tiers.Sum(tier => tier.ReadBlocks),
                        tiers.Sum(tier => tier.ReadBlocks * tier.BlockBytes),
                        tiers.Sum(tier => tier.WrittenBlocks * tier.BlockBytes),
                        tiers.Sum(tier => tier.Evictions),
                        tiers.Sum(tier => tier.PeakCount)
                    )),
            ];

    /// <summary>What became of drafts, all instances together; null where nothing is drafted.</summary>
    public static SpeculationUsage? SpeculationUsage(Cluster cluster)
    {
        var drafting = cluster
            .BatchedInstances.Where(instance => instance.Spec.Engine!.Speculation is not null)
            .Select(instance => instance.Totals)
            .ToArray();
        return drafting.Length == 0
            ? null
            : new(
                drafting.Sum(totals => totals.VerifiedSteps),
                drafting.Sum(totals => totals.DraftTokens),
                drafting.Sum(totals => totals.AcceptedDraftTokens)
            );
    }

    /// <summary>What became of adapters, all instances together; null where no engine has any.</summary>
    public static AdapterUsage? AdapterUsage(Cluster cluster)
    {
        var all = cluster
            .BatchedInstances.Select(instance => instance.Adapters)
            .OfType<AdapterSlots>()
            .ToArray();
        return all.Length == 0
            ? null
            : new(
                all.Sum(slots => slots.Requests),
                all.Sum(slots => slots.Hits),
                all.Sum(slots => slots.HostLoads),
                all.Sum(slots => slots.StoreLoads),
                all.Sum(slots => slots.Evictions),
                all.Sum(slots => slots.LoadSeconds),
                all.Sum(slots => slots.WaitSeconds)
            );
    }

    /// <summary>What became of requests with a grammar, all instances together; null where structure costs nothing.</summary>
    public static StructuredOutputUsage? StructuredOutputUsage(Cluster cluster)
    {
        var all = cluster.BatchedInstances.Select(instance => instance.Grammars).OfType<Grammars>().ToArray();
        return all.Length == 0
            ? null
            : new(
                all.Sum(grammars => grammars.Requests),
                all.Sum(grammars => grammars.Compilations),
                all.Sum(grammars => grammars.WaitSeconds)
            );
    }

    /// <summary>Figures of clients that react, of classes and tenants; null where there is nothing of that.</summary>
    public static ServiceSummary? Service(Cluster cluster, MetricsRecorder recorder, double seconds) =>
        recorder.Service is { } service
            ? service.Summarize(recorder.Tokens, seconds) with
            {
                Conversations = cluster.Conversations.Conversations,
                ConversationsBrokenOff = cluster.Conversations.BrokenOff,
                TurnsNotSent = cluster.Conversations.TurnsNotSent,
            }
            : null;

    /// <summary>The counters of the policies, as decision.name.</summary>
    /// <exception cref="UserErrorException">A user's policy throws when asked for them.</exception>
    public static IReadOnlyDictionary<string, long> PolicyCounters(Cluster cluster, PolicySet policies)
    {
        var counters = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, count) in cluster.TurnedAway)
        {
            counters[$"admission_policy.{name}"] = count;
        }

        foreach (var policy in policies.Admission)
        {
            Add("admission_policy", policy);
        }

        Add("prefill_global", policies.PrefillGlobal);
        Add("prefill_local", policies.PrefillLocal);
        Add("decode_global", policies.DecodeGlobal);
        Add("decode_local", policies.DecodeLocal);
        if (policies.Victim is { } victim)
        {
            Add("victim", victim);
        }

        if (policies.Batching is { } batching)
        {
            Add("batching", batching);
        }

        if (policies.OutputPredictor is { } predictor)
        {
            Add("output_predictor", predictor);
        }

        return counters;

        void Add(string decision, object policy)
        {
            try
            {
                using var call = AuthorsCall.Enter(policy, "asked for its counters");
                foreach (var (name, count) in Counters(policy))
                {
                    counters[$"{decision}.{name}"] = count;
                }
            }
            catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
            {
                throw new UserErrorException(
                    $"policy {PolicyNames.Of(policy)}: asked for its counters, {PolicyFailure.Describe(policy, e)}",
                    e
                );
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, long>> Counters(object policy)
    {
        const int Most = 1000;
        var count = 0;
        foreach (var counter in (policy as ICountingPolicy)?.Counters ?? [])
        {
            yield return string.IsNullOrEmpty(counter.Key)
                ? throw new InvalidOperationException("a counter has no name")
            : ++count > Most ? throw new InvalidOperationException($"there are more than {Most} counters")
            : counter;
        }
    }

    private static InstanceUsage Usage(BatchedInstance instance, double makespanSeconds) =>
        Usage(
            instance,
            instance.Role.ToString().ToLowerInvariant(),
            instance.CompletedRequests,
            instance.Totals.Busy.Seconds,
            makespanSeconds,
            meanBatch: (double)instance.Totals.Requests / instance.Totals.Iterations,
            instance.PeakKvBytes
        ) with
        {
            KvOccupancy =
                instance.Totals.UsedBlockSeconds / instance.Totals.Busy.Seconds / instance.Cache.Pool.Total,
            PpSize = instance.Spec.PpSize,
            PipelineBubble = instance.PipelineBubble,
        };

    private static InstanceUsage Usage(
        Instance instance,
        string stage,
        long requests,
        double busySeconds,
        double makespanSeconds,
        double meanBatch,
        long peakKvBytes
    ) =>
        new(
            stage,
            instance.Index,
            instance.Spec.Hardware.Name,
            instance.Spec.TpSize,
            requests,
            busySeconds,
            makespanSeconds > 0 ? busySeconds / makespanSeconds : 0,
            meanBatch,
            instance.KvCapacityBytes,
            peakKvBytes
        );
}
