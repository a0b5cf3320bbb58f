using LlmSim.Batching;
using LlmSim.Clients;
using LlmSim.Instances.Decode;
using LlmSim.Instances.Prefill;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Transfers;

namespace LlmSim;

/// <content>What those see that report on a run.</content>
internal sealed partial class Cluster
{
    public IReadOnlyList<PrefillInstance> PrefillInstances => [.. _prefill.OfType<PrefillInstance>()];

    public IReadOnlyList<DecodeInstance> DecodeInstances => [.. _decode.OfType<DecodeInstance>()];

    public IReadOnlyList<BatchedInstance> BatchedInstances => [.. Instances.OfType<BatchedInstance>()];

    /// <summary>The tiers below the KV caches of all instances.</summary>
    public IReadOnlyList<KvTier> Tiers { get; }

    /// <summary>Tells tiers that keep blocks for conversations of the end of each; null where there are none.</summary>
    private Action<long>? TellTiers()
    {
        KvTier[] tiers = [.. Tiers.Where(tier => tier.Spec.Eviction == KvTierEviction.Session)];
        return tiers.Length == 0
            ? null
            : conversation => Array.ForEach(tiers, tier => tier.Close(conversation));
    }

    /// <summary>All instances: those that prefill, those that decode, those that do both.</summary>
    public IEnumerable<Instance> Instances => [.. _prefill, .. _decode, .. _mixed];

    /// <summary>Tokens that were computed, of prompts and answers.</summary>
    private long ComputedTokens => Instances.Sum(instance => instance.ComputedTokens);

    /// <summary>The conversations of the clients.</summary>
    public ConversationClient Conversations => _conversations;

    /// <summary>Evictions and preemptions.</summary>
    public long Evictions =>
        DecodeInstances.Sum(instance => instance.Evictions)
        + BatchedInstances.Sum(instance => instance.Preemptions);

    /// <summary>Iterations of the instances that decode.</summary>
    public long DecodeIterations =>
        DecodeInstances.Sum(instance => instance.Iterations)
        + BatchedInstances
            .Where(instance => instance.Role != InstanceRole.Prefill)
            .Sum(instance => instance.Totals.Iterations);

    /// <summary>The links of both ends of a transfer.</summary>
    public FairNetwork Network => _transfers.Network;

    /// <summary>Bytes of the prefixes that were fetched for another prefill.</summary>
    public long FetchedBytes => _transfers.FetchedBytes;

    public SimTime Now => _simulation.Now;

    public long EventCount => _simulation.EventCount;

    /// <summary>Every instance with the name of its stage.</summary>
    public IEnumerable<(string Stage, Instance Instance)> StagedInstances =>
        [
            .. _prefill.Select(instance => ("prefill", instance)),
            .. _decode.Select(instance => ("decode", instance)),
            .. _mixed.Select(instance => ("mixed", instance)),
        ];
}
