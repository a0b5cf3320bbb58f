namespace LlmSim.Memory;

/// <summary>
/// S3-FIFO (Yang, Zhang, Qiu, Yue and Rashmi, SOSP 2023, algorithm 1): what is new goes through a small queue of a tenth of the blocks, and
/// on to the main one only when it was used more than once there. Names of what the small queue gave up are remembered for as many
/// blocks as the main queue has: whoever comes again by then goes to the main queue at once.
/// </summary>
internal sealed class S3FifoOrder(long capacity) : EvictionOrder
{
    private const int MostUses = 3;

    private readonly long _mainCapacity = capacity - Math.Max(1, capacity / 10);
    private readonly TierBlockList _small = new();
    private readonly TierBlockList _main = new();

    /// <summary>Names that were given up, each with when it was for the last time.</summary>
    private readonly Dictionary<(ulong Page, int Slot), long> _ghosts = [];
    private readonly Queue<(ulong Page, int Slot, long Ticket)> _ghostsInOrder = new();
    private long _tickets;

    public override void Add(TierBlock block)
    {
        block.Uses = 0;
        (_ghosts.Remove((block.Page, block.Slot)) ? _main : _small).Append(block);
    }

    public override void Use(TierBlock block) => block.Uses = Math.Min(block.Uses + 1, MostUses);

    public override void Evict(List<TierBlock> evicted)
    {
        var before = evicted.Count;
        if (_small.Count * 10 >= capacity)
        {
            EvictFromSmall(evicted);
        }

        // All of the small queue may have moved on.
        if (evicted.Count == before)
        {
            EvictFromMain(evicted);
        }
    }

    private void EvictFromSmall(List<TierBlock> evicted)
    {
        while (_small.First is { } oldest)
        {
            _small.Remove(oldest);
            if (oldest.Uses <= 1)
            {
                Remember(oldest);
                evicted.Add(oldest);
                return;
            }

            oldest.Uses = 0;
            _main.Append(oldest);
            if (_main.Count > _mainCapacity)
            {
                EvictFromMain(evicted);
            }
        }
    }

    private void EvictFromMain(List<TierBlock> evicted)
    {
        while (_main.First is { } oldest)
        {
            _main.Remove(oldest);
            if (oldest.Uses == 0)
            {
                evicted.Add(oldest);
                return;
            }

            oldest.Uses--;
            _main.Append(oldest);
        }

        // A main queue that is empty leaves only the small one.
        EvictFromSmall(evicted);
    }

    private void Remember(TierBlock block)
    {
        _ghosts[(block.Page, block.Slot)] = ++_tickets;
        _ghostsInOrder.Enqueue((block.Page, block.Slot, _tickets));
        while (_ghosts.Count > _mainCapacity || !IsLatest(_ghostsInOrder.Peek()))
        {
            var oldest = _ghostsInOrder.Dequeue();
            if (IsLatest(oldest))
            {
                _ghosts.Remove((oldest.Page, oldest.Slot));
            }

            if (_ghostsInOrder.Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>Whether a name is still remembered since then.</summary>
    private bool IsLatest((ulong Page, int Slot, long Ticket) ghost) =>
        _ghosts.TryGetValue((ghost.Page, ghost.Slot), out var last) && last == ghost.Ticket;
}
