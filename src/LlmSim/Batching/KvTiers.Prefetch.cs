using LlmSim.Memory;

namespace LlmSim.Batching;

/// <content>Blocks that come nearer while the request that asks for them waits.</content>
internal sealed partial class KvTiers
{
    private readonly Dictionary<long, (SequenceState Sequence, KvReadPart[] Parts)> _prefetching = [];
    private readonly bool _prefetches = tiers.Skip(1).Any(tier => tier.Spec.Prefetch);
    private Action<long>? _onPrefetched;

    /// <summary>Begins to read blocks of a request that comes to wait into nearer tiers.</summary>
    public void Prefetch(SequenceState sequence)
    {
        if (!_prefetches || !Find(sequence, cache.CountHits(sequence), cache.MostHits(sequence)))
        {
            return;
        }

        for (var tier = 1; tier < tiers.Count; tier++)
        {
            KvReadPart[] parts = tiers[tier].Spec.Prefetch
                ? [.. _found.Where(part => part.Tier == tier)]
                : [];
            if (parts.Length == 0)
            {
                continue;
            }

            foreach (var part in parts)
            {
                tiers[tier].Use(part.Page, part.Slot, part.Count);
            }

            Array.Clear(_blocksToRead);
            _blocksToRead[tier] = parts.Sum(part => part.Count);
            sequence.Prefetches++;
            _prefetching.Add(_reads, (sequence, parts));
            BeginRead(sequence.Request, _onPrefetched ??= EndPrefetch, _reads++);
        }
    }

    private void EndPrefetch(long id)
    {
        if (!_prefetching.Remove(id, out var prefetch))
        {
            return;
        }

        foreach (var part in prefetch.Parts)
        {
            for (var slot = part.Slot; slot < part.Slot + part.Count; slot++)
            {
                WriteOn(part.Tier, tiers[part.Tier - 1].TakeIn(part.Page, slot, simulation.Now));
            }
        }

        if (--prefetch.Sequence.Prefetches == 0)
        {
            onPrefetched(prefetch.Sequence);
        }
    }
}
