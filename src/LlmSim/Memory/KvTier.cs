using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Memory;

/// <summary>
/// Memory below that of the accelerators: KV blocks by their names, and the link over which they go, one way first come, first served. Reads
/// and writes are in nobody's way.
/// </summary>
/// <param name="spec">What it is.</param>
/// <param name="blockBytes">Bytes of a block.</param>
internal sealed class KvTier(KvTierSpec spec, long blockBytes)
{
    /// <summary>What takes longer to be written is never there.</summary>
    private const double MostSeconds = 1e9;

    private readonly double _writeBytesPerSecond = spec.WriteBytesPerSecond ?? spec.BytesPerSecond;
    private readonly Dictionary<(ulong Page, int Slot), TierBlock> _blocks = [];
    private readonly List<TierBlock> _evicted = [];
    private EvictionOrder _order = EvictionOrder.Create(spec.Eviction, spec.Blocks(blockBytes));
    private SimTime _readFree;
    private SimTime _writeFree;

    public KvTierSpec Spec => spec;

    public long BlockBytes => blockBytes;

    /// <summary>Most blocks at once.</summary>
    public long Capacity { get; } = spec.Blocks(blockBytes);

    public long Count => _blocks.Count;

    public long PeakCount { get; private set; }

    public long ReadBlocks { get; private set; }

    public long WrittenBlocks { get; private set; }

    /// <summary>Blocks that made room for others.</summary>
    public long Evictions { get; private set; }

    /// <summary>Sessions that its order takes to go on.</summary>
    public int Sessions => (_order as SessionOrder)?.Sessions ?? 0;

    /// <summary>Whether it has a block that can be read.</summary>
    public bool Has(ulong page, int slot, SimTime now) =>
        _blocks.TryGetValue((page, slot), out var block) && block.Written <= now;

    /// <summary>Writes a block. One that is here already counts as used.</summary>
    /// <param name="page">Its page.</param>
    /// <param name="slot">Its slot there.</param>
    /// <param name="now">The clock.</param>
    /// <param name="link">The way that it takes; null for the tier's own link.</param>
    /// <returns>Blocks that made room for it, until the next one is written.</returns>
    public List<TierBlock> Write(ulong page, int slot, SimTime now, ITierLink? link = null)
    {
        if (Put(page, slot) is { } block)
        {
            block.Written = link is null ? WriteEnd(now) : SimTime.MaxValue;
            link?.Write(block);
        }

        return _evicted;
    }

    /// <summary>Takes a block in that has come from another tier.</summary>
    /// <returns>As of <see cref="Write" />.</returns>
    public List<TierBlock> TakeIn(ulong page, int slot, SimTime now)
    {
        if (Put(page, slot) is { } block)
        {
            block.Written = now;
        }

        return _evicted;
    }

    /// <summary>Makes room for a block; null when it is here already, which counts as a use.</summary>
    private TierBlock? Put(ulong page, int slot)
    {
        _evicted.Clear();
        if (_blocks.TryGetValue((page, slot), out var here))
        {
            _order.Use(here);
            return null;
        }

        while (Count >= Capacity)
        {
            var before = _evicted.Count;
            _order.Evict(_evicted);
            for (var i = before; i < _evicted.Count; i++)
            {
                Evictions++;
                _blocks.Remove((_evicted[i].Page, _evicted[i].Slot));
            }
        }

        var block = new TierBlock(page, slot);
        _blocks.Add((page, slot), block);
        _order.Add(block);
        WrittenBlocks++;
        PeakCount = Math.Max(PeakCount, Count);
        return block;
    }

    /// <summary>Counts slots of a page as used that are about to be read.</summary>
    public void Use(ulong page, int from, int count)
    {
        for (var slot = from; slot < from + count; slot++)
        {
            _order.Use(_blocks[(page, slot)]);
        }
    }

    /// <summary>A request of a session has come to an instance with this tier: the session goes on.</summary>
    public void Open(long session, PrefixPages pages) => (_order as SessionOrder)?.Open(session, pages, Find);

    /// <summary>A session has ended.</summary>
    public void Close(long session) => (_order as SessionOrder)?.Close(session, Find);

    /// <summary>Counts blocks that are being read.</summary>
    public void CountRead(long blocks) => ReadBlocks += blocks;

    /// <summary>When so many blocks have been read over the tier's own link.</summary>
    /// <exception cref="ClockRangeException">Beyond the clock's range.</exception>
    public SimTime ReadEnd(long blocks, SimTime now)
    {
        var start = _readFree < now ? now : _readFree;
        _readFree = start + SimTime.FromSeconds(blocks * (double)blockBytes / spec.BytesPerSecond);
        return _readFree + SimTime.FromSeconds(spec.LatencySeconds);
    }

    /// <summary>All is lost.</summary>
    public void Clear()
    {
        _blocks.Clear();
        _order = EvictionOrder.Create(spec.Eviction, Capacity);
        (_readFree, _writeFree) = (SimTime.Zero, SimTime.Zero);
    }

    private TierBlock? Find(ulong page, int slot) => _blocks.GetValueOrDefault((page, slot));

    private SimTime WriteEnd(SimTime now)
    {
        var start = _writeFree < now ? now : _writeFree;
        var seconds = blockBytes / _writeBytesPerSecond;
        if (start.Seconds - now.Seconds + seconds > MostSeconds)
        {
            return SimTime.MaxValue;
        }

        _writeFree = start + SimTime.FromSeconds(seconds);
        return _writeFree + SimTime.FromSeconds(spec.LatencySeconds);
    }
}
