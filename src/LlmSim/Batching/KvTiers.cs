using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// What an engine does with the tiers below its accelerators: it writes blocks down that can be found or are taken for something else, and
/// reads those of a waiting request back before it is admitted.
/// </summary>
/// <param name="tiers">The tiers, nearest first; others may have shared ones too.</param>
/// <param name="links">For each tier the way to it where others go over it too; null where it has a link of its own.</param>
/// <param name="cache">Its KV blocks.</param>
/// <param name="simulation">The clock.</param>
/// <param name="onRead">Called with the number of a read when blocks of it have come.</param>
/// <param name="onPrefetched">Called when all has come to nearer tiers that was read for a waiting request.</param>
internal sealed partial class KvTiers(
    IReadOnlyList<KvTier> tiers,
    IReadOnlyList<ITierLink?> links,
    PagedKvCache cache,
    Simulation simulation,
    Action<long> onRead,
    Action<SequenceState> onPrefetched
) : IBlockWatcher
{
    private readonly Dictionary<long, SequenceState> _reading = [];
    private readonly List<KvReadPart> _found = [];
    private readonly List<(BlockName Name, int Count)> _here = [];
    private readonly long[] _blocksToRead = new long[tiers.Count];
    private readonly bool _keepsSessions = tiers.Any(tier => tier.Spec.Eviction == KvTierEviction.Session);
    private long _reads;

    public IReadOnlyList<KvTier> All => tiers;

    /// <summary>A request has come: the conversation that it belongs to goes on, and has its blocks.</summary>
    public void Open(SequenceState sequence)
    {
        if (_keepsSessions && sequence.Request.Call is { Conversation: { IsOver: false } conversation })
        {
            foreach (var tier in tiers)
            {
                tier.Open(conversation.First.Id, sequence.Content);
            }
        }
    }

    public void OnFindable(ulong page, int from, int count)
    {
        for (var tier = 0; tier < tiers.Count; tier++)
        {
            if (tiers[tier].Spec.Write == KvTierWrite.Through)
            {
                for (var slot = from; slot < from + count; slot++)
                {
                    Write(tier, page, slot);
                }
            }
        }
    }

    public void OnTaken(ulong page, int from, int count)
    {
        if (tiers[0].Spec.Write == KvTierWrite.OnEviction)
        {
            for (var slot = from + count - 1; slot >= from; slot--)
            {
                Write(0, page, slot);
            }
        }
    }

    /// <summary>Writes the blocks of a request with a name to the host, before it lets go of them.</summary>
    public void SwapOut(SequenceState sequence)
    {
        for (var tier = 0; tier < tiers.Count; tier++)
        {
            if (tiers[tier].Spec.Kind == KvTierKind.Host)
            {
                for (var block = 0; block < sequence.NamedBlocks; block++)
                {
                    var name = sequence.NameOf(block);
                    Write(tier, name.Page, name.Slot);
                }

                return;
            }
        }
    }

    /// <summary>
    /// Begins to read the blocks of a waiting request that lie below, provided that it could be admitted otherwise. It holds blocks for
    /// them until they have come. A request reads once: what is gone again when it is admitted is computed.
    /// </summary>
    /// <param name="sequence">The request.</param>
    /// <param name="tokens">Those that there has to be memory for when it is admitted.</param>
    /// <returns>Whether a read has begun, or one that brings blocks to nearer tiers has not ended.</returns>
    public bool TryRead(SequenceState sequence, long tokens)
    {
        if (sequence.Prefetches > 0)
        {
            return true;
        }

        if (sequence.HasRead || sequence.Arrived > 0 || sequence.Blocks > 0)
        {
            return false;
        }

        var hits = cache.CountHits(sequence);
        if (
            !Find(sequence, hits, cache.MostHits(sequence))
            || cache.BlocksFromFree(sequence, hits, tokens) > cache.Available
        )
        {
            return false;
        }

        var read = new KvRead(_reads++);
        HoldHere(sequence, hits, read.Held);
        Array.Clear(_blocksToRead);
        foreach (var part in _found)
        {
            tiers[part.Tier].Use(part.Page, part.Slot, part.Count);
            _blocksToRead[part.Tier] += part.Count;
            read.Taken += part.Count;
            read.Coming.Add(part);
        }

        cache.Pool.Take(read.Taken);
        (sequence.HasRead, sequence.Reading) = (true, read);
        _reading.Add(read.Id, sequence);
        read.PartsToCome = BeginRead(sequence.Request, onRead, read.Id);
        return true;
    }

    /// <summary>The request whose blocks a read has brought; null when others are to come, and when it no longer waits for them.</summary>
    public SequenceState? Read(long id)
    {
        if (
            !_reading.TryGetValue(id, out var sequence)
            || (sequence.Reading is { } read && read.Id == id && --read.PartsToCome > 0)
        )
        {
            return null;
        }

        _reading.Remove(id);
        return sequence.Reading?.Id == id ? sequence : null;
    }

    /// <summary>Puts what has come among the free blocks that can be found.</summary>
    public void Complete(SequenceState sequence)
    {
        var read = sequence.Reading!;
        foreach (var part in read.Coming)
        {
            cache.Pool.Name(part.Page, part.Slot, part.Count, read.Held);
        }

        read.Taken = 0;
        LetGo(sequence);
    }

    /// <summary>Lets go of all that a request holds for a read.</summary>
    public void LetGo(SequenceState sequence)
    {
        var read = sequence.Reading!;
        sequence.Reading = null;
        cache.Pool.ReleaseUnnamed(read.Taken);
        for (var i = read.Held.Count - 1; i >= 0; i--)
        {
            cache.Pool.Release(read.Held[i]);
        }
    }

    /// <summary>The instance has failed: what is its own is lost, and nothing comes any more.</summary>
    public void Clear()
    {
        _reading.Clear();
        _prefetching.Clear();
        foreach (var tier in tiers)
        {
            if (tier.Spec.Kind != KvTierKind.Shared)
            {
                tier.Clear();
            }
        }
    }

    private void Write(int tier, ulong page, int slot) =>
        WriteOn(tier + 1, tiers[tier].Write(page, slot, simulation.Now, links[tier]));

    /// <summary>Writes what has made room in the tier before.</summary>
    private void WriteOn(int tier, List<TierBlock> evicted)
    {
        if (tier < tiers.Count)
        {
            foreach (var block in evicted)
            {
                Write(tier, block.Page, block.Slot);
            }
        }
    }

    /// <summary>Finds the blocks that follow those on the accelerators, each where it is nearest; false when there is none.</summary>
    private bool Find(SequenceState sequence, int from, int to)
    {
        _found.Clear();
        _here.Clear();
        for (var block = from; block < to; )
        {
            var name = sequence.NameOf(block);
            var most = Math.Min(name.ToEnd, to - block);
            var count = Math.Min(most, cache.Pool.CountFound(name.Page, name.Slot));
            if (count > 0)
            {
                _here.Add((name, count));
            }
            else
            {
                most = Math.Min(most, cache.Pool.CountMissing(name.Page, name.Slot, name.Slots));
                var tier = FindTier(name.Page, name.Slot);
                if (tier < 0)
                {
                    break;
                }

                count = 1;
                while (count < most && FindTier(name.Page, name.Slot + count) == tier)
                {
                    count++;
                }

                _found.Add(new KvReadPart(tier, name.Page, name.Slot, count));
            }

            block += count;
        }

        return _found.Count > 0;
    }

    private int FindTier(ulong page, int slot)
    {
        for (var tier = 0; tier < tiers.Count; tier++)
        {
            if (tiers[tier].Has(page, slot, simulation.Now))
            {
                return tier;
            }
        }

        return -1;
    }

    /// <summary>Holds what is on the accelerators: so many leading blocks, and those between blocks that come.</summary>
    private void HoldHere(SequenceState sequence, int hits, List<HeldBlocks> held)
    {
        for (var block = 0; block < hits; )
        {
            var name = sequence.NameOf(block);
            var count = Math.Min(name.ToEnd, hits - block);
            cache.Pool.Hold(name.Page, name.Slot, count, held);
            block += count;
        }

        foreach (var (name, count) in _here)
        {
            cache.Pool.Hold(name.Page, name.Slot, count, held);
        }
    }
}
