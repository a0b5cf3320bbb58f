using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Memory;

/// <summary>A block in a tier.</summary>
internal sealed class TierBlock(ulong page, int slot)
{
    public ulong Page => page;
    public int Slot => slot;

    /// <summary>When it can be read: it has been written by then.</summary>
    public SimTime Written { get; set; }

    /// <summary>How often it was used, or the number of its last use, as its order counts that.</summary>
    public long Uses { get; set; }

    /// <summary>The list that it is in, with its neighbours there.</summary>
    public TierBlockList? List { get; set; }
    public TierBlock? Previous { get; set; }
    public TierBlock? Next { get; set; }
}

/// <summary>Blocks one behind the other.</summary>
internal sealed class TierBlockList
{
    private TierBlock? _last;

    public TierBlock? First { get; private set; }

    public long Count { get; private set; }

    public void Append(TierBlock block)
    {
        (block.List, block.Previous, block.Next) = (this, _last, null);
        if (_last is null)
        {
            First = block;
        }
        else
        {
            _last.Next = block;
        }

        _last = block;
        Count++;
    }

    public void Remove(TierBlock block)
    {
        if (block.Previous is null)
        {
            First = block.Next;
        }
        else
        {
            block.Previous.Next = block.Next;
        }

        if (block.Next is null)
        {
            _last = block.Previous;
        }
        else
        {
            block.Next.Previous = block.Previous;
        }

        (block.List, block.Previous, block.Next) = (null, null, null);
        Count--;
    }
}

/// <summary>In which order the blocks of a tier make room.</summary>
internal abstract class EvictionOrder
{
    /// <summary>The order of a kind, for a tier of so many blocks.</summary>
    public static EvictionOrder Create(KvTierEviction kind, long capacity) =>
        kind switch
        {
            KvTierEviction.Lfu => new LfuOrder(),
            KvTierEviction.Fifo => new FifoOrder(),
            KvTierEviction.S3fifo => new S3FifoOrder(capacity),
            KvTierEviction.Session => new SessionOrder(),
            _ => new LruOrder(),
        };

    /// <summary>A block has come.</summary>
    public abstract void Add(TierBlock block);

    /// <summary>A block has been used.</summary>
    public abstract void Use(TierBlock block);

    /// <summary>Takes blocks out, at least one unless there is none, and adds them to a list.</summary>
    public abstract void Evict(List<TierBlock> evicted);

    /// <summary>First in, first out.</summary>
    private class FifoOrder : EvictionOrder
    {
        protected TierBlockList Blocks { get; } = new();

        public override void Add(TierBlock block) => Blocks.Append(block);

        public override void Use(TierBlock block) { }

        public override void Evict(List<TierBlock> evicted)
        {
            if (Blocks.First is { } first)
            {
                Blocks.Remove(first);
                evicted.Add(first);
            }
        }
    }

    /// <summary>The least recently used goes first.</summary>
    private sealed class LruOrder : FifoOrder
    {
        public override void Use(TierBlock block)
        {
            Blocks.Remove(block);
            Blocks.Append(block);
        }
    }

    /// <summary>The least frequently used goes first, of equal ones the least recently used.</summary>
    private sealed class LfuOrder : EvictionOrder
    {
        private readonly SortedDictionary<long, TierBlockList> _byUses = [];

        public override void Add(TierBlock block)
        {
            block.Uses = 1;
            Append(block);
        }

        public override void Use(TierBlock block)
        {
            Remove(block);
            block.Uses++;
            Append(block);
        }

        public override void Evict(List<TierBlock> evicted)
        {
            foreach (var (_, blocks) in _byUses)
            {
                var first = blocks.First!;
                Remove(first);
                evicted.Add(first);
                return;
            }
        }

        private void Append(TierBlock block)
        {
            if (!_byUses.TryGetValue(block.Uses, out var blocks))
            {
                blocks = new TierBlockList();
                _byUses.Add(block.Uses, blocks);
            }

            blocks.Append(block);
        }

        private void Remove(TierBlock block)
        {
            var blocks = block.List!;
            blocks.Remove(block);
            if (blocks.Count == 0)
            {
                _byUses.Remove(block.Uses);
            }
        }
    }
}
