using LlmSim.Batching;
using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Transfers;

namespace LlmSim;

/// <content>Tiers below the KV caches of engines.</content>
internal sealed partial class ClusterBuilder
{
    private readonly Dictionary<string, (KvTier Tier, string? Model, int BlockTokens)> _sharedTiers = [];

    private readonly Dictionary<KvTier, StoreLinks> _stores = [];

    /// <summary>All tiers, in the order of the instances.</summary>
    public List<KvTier> Tiers { get; } = [];

    /// <summary>Puts the tiers of an engine below an instance; those from which nothing can ever be read are as if they were not there.</summary>
    private void AddTiers(BatchedInstance instance, EngineSpec engine, long blockBytes)
    {
        if (engine.KvTiers is not { Count: > 0 } specs)
        {
            if (engine.Preemption == KvPreemption.Swap)
            {
                throw new UserErrorException(
                    "preemption: found swap without kv_tiers; allowed with it: kv_tiers with a tier of kind host"
                );
            }

            return;
        }

        if (instance.Role == InstanceRole.Decode && engine.Preemption != KvPreemption.Swap)
        {
            // One that prefills at other times has no use for them now.
            if (instance.Spec.Switches)
            {
                return;
            }

            throw new UserErrorException(
                "kv_tiers: found on a decode instance, which computes no prompt that could be found; allowed: on prefill and mixed instances, or with preemption swap"
            );
        }

        Require(engine, specs);
        KvTier[] tiers = [.. specs.Select(spec => Tier(spec, engine, instance.Spec.Model, blockBytes))];
        KvTier[] used = [.. tiers.Where(tier => tier is { Spec.IsUsed: true, Capacity: > 0 })];
        if (used.Length > 0)
        {
            instance.KeepBelow(used, [.. used.Select(tier => Link(tier, instance))]);
        }
    }

    /// <summary>The way between a tier and an instance where it is not the tier's own; null where it is.</summary>
    private TierLink? Link(KvTier tier, BatchedInstance instance)
    {
        if (tier.Spec.Link == KvTierLink.Own)
        {
            return null;
        }

        if (!_stores.TryGetValue(tier, out var store))
        {
            _stores.Add(tier, store = StoreLinks.Of(tier.Spec));
        }

        return new TierLink(network, store, tier.BlockBytes, instance, simulation);
    }

    private void Require(EngineSpec engine, IReadOnlyList<KvTierSpec> specs)
    {
        if (!engine.PrefixCaching)
        {
            throw new UserErrorException(
                "kv_tiers: found with prefix_caching false, where no block can be found; allowed: with prefix_caching true"
            );
        }

        if (engine.Preemption == KvPreemption.Swap && specs.All(spec => spec.Kind != KvTierKind.Host))
        {
            throw new UserErrorException(
                "preemption: found swap without a tier of kind host in kv_tiers; allowed: with one"
            );
        }

        if (
            scenario.Semantics.KvTransfer < KvTransfer.ContendedLinks
            && specs.Any(spec => spec.Link == KvTierLink.Kv)
        )
        {
            throw new UserErrorException(
                "link: found kv in a tier of kv_tiers, where transfers do not contend for the links of instances; allowed: own, or kv with kv_transfer contended_links"
            );
        }

        var twice = specs.GroupBy(spec => spec.Label).FirstOrDefault(label => label.Count() > 1);
        if (twice is not null)
        {
            throw new UserErrorException($"kv_tiers: found {twice.Key} twice; allowed: each tier once");
        }
    }

    private KvTier Tier(KvTierSpec spec, EngineSpec engine, string? model, long blockBytes)
    {
        if (spec.Kind != KvTierKind.Shared)
        {
            return Added(new KvTier(spec, blockBytes));
        }

        var name = spec.Label;
        if (!_sharedTiers.TryGetValue(name, out var known))
        {
            var tier = Added(new KvTier(spec, blockBytes));
            _sharedTiers.Add(name, (tier, model, engine.BlockTokens));
            return tier;
        }

        if (known.Model != model || known.BlockTokens != engine.BlockTokens)
        {
            throw new UserErrorException(
                $"kv_tiers: the instances of shared tier {name} differ in their model or block_size; allowed: one of each"
            );
        }

        // How an engine writes to it is its own matter.
        return known.Tier.Spec == spec with { Write = known.Tier.Spec.Write }
            ? known.Tier
            : throw new UserErrorException(
                $"kv_tiers: found shared tier {name} as {Figures(spec)} and as {Figures(known.Tier.Spec)}; allowed: the same for all instances"
            );
    }

    private KvTier Added(KvTier tier)
    {
        Tiers.Add(tier);
        return tier;
    }

    private static string Figures(KvTierSpec spec)
    {
        var capacity =
            spec.CapacityBlocks is { } blocks ? $"{blocks} blocks"
            : spec.CapacityGib is { } gib ? $"{gib} GiB"
            : "unlimited";
        return FormattableString.Invariant(
            $"{capacity} with {spec.BytesPerSecond} and {spec.WriteBytesPerSecond ?? spec.BytesPerSecond} bytes/s, {spec.LatencySeconds} s, {spec.Eviction}{(spec.Link == KvTierLink.Kv ? ", link kv" : "")}"
        );
    }
}
