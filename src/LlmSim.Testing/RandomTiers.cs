using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Testing;

/// <summary>Random tiers below the KV cache.</summary>
internal static class RandomTiers
{
    /// <summary>One to three tiers, and swapping in half of the engines that can.</summary>
    public static EngineSpec AddTo(EngineSpec engine, RandomStream random)
    {
        KvTierKind[] kinds =
        [
            .. Enum.GetValues<KvTierKind>().Where(kind => kind == KvTierKind.Host || random.Next(2) == 0),
        ];
        KvTierSpec[] tiers =
        [
            .. kinds.Select(kind => new KvTierSpec
            {
                Kind = kind,
                Name = kind == KvTierKind.Shared ? "store" : null,
                CapacityBlocks = random.Next(4) == 0 ? null : 1 + random.Next(200),
                BytesPerSecond = 1e3 * Math.Pow(10, 4 * random.NextDouble()),
                WriteBytesPerSecond =
                    random.Next(2) == 0 ? null : 1e3 * Math.Pow(10, 4 * random.NextDouble()),
                LatencySeconds = random.NextDouble() * 1e-2,
                Write = (KvTierWrite)random.Next(2),
                Eviction = (KvTierEviction)random.Next(5),
                Prefetch = kind != KvTierKind.Host && random.Next(2) == 0,
            }),
        ];
        return engine with
        {
            PrefixCaching = true,
            KvTiers = tiers,
            Preemption = engine.Kind == EngineKind.Vllm ? (KvPreemption)random.Next(2) : default,
        };
    }

    /// <summary>The same engine, whose shared tier is read and written over the KV link.</summary>
    public static EngineSpec OnKvLinks(EngineSpec engine) =>
        engine with
        {
            KvTiers =
            [
                .. engine.KvTiers!.Select(tier =>
                    tier.Kind == KvTierKind.Shared ? tier with { Link = KvTierLink.Kv } : tier
                ),
            ],
        };
}
