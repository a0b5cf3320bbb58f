using LlmSim.Engine;

namespace LlmSim.Memory;

/// <summary>
/// The KV cache of an instance as blocks of equal size, each with the number of requests that hold it. Blocks that nobody
/// holds wait in a list, least recently used first, and keep their key until they are taken for something else: until
/// then a request with the same prefix finds them (prefix caching).
/// </summary>
internal sealed class BlockPool
{
    private const ulong NoKey = 0;

    /// <summary>Stands in the free list before the first and behind the last.</summary>
    private const int End = 0;

    /// <summary>
    /// The blocks that were ever taken, from 1, and the first that never was, which stands in the free list for all of those: memory
    /// is used for blocks that requests have held.
    /// </summary>
    private Block[] _blocks = new Block[2];

    /// <summary>The first block that was never taken; above <see cref="Total" /> when all were.</summary>
    private int _untaken = 1;

    private readonly Dictionary<ulong, int> _byKey = [];

    /// <summary>Places of the first and the last block that were ever put into the free list.</summary>
    private long _firstPlace;
    private long _lastPlace;

    /// <summary>The block behind the first so many of the free list, as it was last looked for; 0 when the list has changed since.</summary>
    private int _behindCount;
    private int _behind;

    /// <summary>A pool of so many blocks, all free, taken in the order of their numbers, which begin with 1.</summary>
    public BlockPool(int blocks)
    {
        Invariant.Require(blocks > 0, $"a pool of {blocks} blocks");
        Total = blocks;
        Free = blocks;
        _blocks[End] = new Block { Next = _untaken, Previous = _untaken };
        _blocks[_untaken] = new Block { Place = _untaken };
        _firstPlace = _untaken;
        _lastPlace = blocks;
    }

    public int Total { get; }

    /// <summary>Blocks that nobody holds, findable ones among them.</summary>
    public int Free { get; private set; }

    public int Used => Total - Free;

    /// <summary>Most blocks held at once.</summary>
    public int PeakUsed { get; private set; }

    /// <summary>Blocks that could be found and were taken for something else.</summary>
    public long Evictions { get; private set; }

    public bool IsFree(int block) => _blocks[block].Holders == 0;

    /// <summary>The block with that key, held or free; −1 when there is none.</summary>
    public int Find(ulong key) => _byKey.TryGetValue(key, out var block) ? block : -1;

    /// <summary>How many keys, from the first one on, could be found if so many blocks were taken before.</summary>
    public int CountFound(ReadOnlySpan<ulong> keys, int taken)
    {
        var firstLeft = taken == 0 ? long.MinValue : PlaceBehind(taken);
        var count = 0;
        while (
            count < keys.Length
            && _byKey.TryGetValue(keys[count], out var block)
            && (!IsFree(block) || _blocks[block].Place >= firstLeft)
        )
        {
            count++;
        }

        return count;
    }

    /// <summary>Holds a block that was found.</summary>
    public void Hold(int block)
    {
        if (_blocks[block].Holders++ == 0)
        {
            Unlink(block);
            CountTaken();
        }
    }

    /// <summary>Takes the least recently used free block; there must be one. What it held can no longer be found.</summary>
    public int Take()
    {
        Invariant.Require(Free > 0, $"a KV block was taken from a pool that has none of {Total} left");
        var block = _blocks[End].Next;
        if (block == _untaken)
        {
            LinkNextUntaken();
        }

        Unlink(block);
        if (_blocks[block].Key != NoKey)
        {
            Forget(block);
            Evictions++;
        }

        _blocks[block].Holders = 1;
        CountTaken();
        return block;
    }

    /// <summary>
    /// Makes a block findable. Where two requests computed the same content side by side, the block that was filled last is the
    /// one that is found.
    /// </summary>
    public void Publish(int block, ulong key)
    {
        if (_blocks[block].Key == key)
        {
            return;
        }

        Invariant.Require(_blocks[block].Key == NoKey, $"KV block {block} was filled twice");
        if (_byKey.TryGetValue(key, out var older))
        {
            _blocks[older].Key = NoKey;
        }

        _byKey[key] = block;
        _blocks[block].Key = key;
    }

    /// <summary>Lets go of a block; when nobody else holds it, it becomes the most recently used free one.</summary>
    public void Release(int block)
    {
        var holders = --_blocks[block].Holders;
        Invariant.Require(holders >= 0, $"KV block {block} was released once too often");
        if (holders == 0)
        {
            Link(block);
            Free++;
        }
    }

    /// <summary>States that the pool is whole and nobody holds a block, at the end of a run.</summary>
    public void RequireAllFree()
    {
        var listed = 0;
        for (var block = _blocks[End].Next; block != End; block = _blocks[block].Next)
        {
            Invariant.Require(IsFree(block), $"KV block {block} is in the free list and held");
            listed += StandsFor(block);
        }

        Invariant.Require(
            listed == Total && Free == Total,
            $"{listed} KV blocks of {Total} are in the free list, {Free} were counted as free"
        );
    }

    /// <summary>Place of the block behind the first so many of the free list; beyond all places when these are all.</summary>
    private long PlaceBehind(int count)
    {
        Invariant.Require(
            count <= Free,
            $"{count} KV blocks were to be taken from a pool that has {Free} left"
        );
        if (_behindCount == 0 || _behindCount > count)
        {
            (_behindCount, _behind) = (0, _blocks[End].Next);
        }

        while (_behindCount < count)
        {
            var blocks = StandsFor(_behind);
            if (blocks > count - _behindCount)
            {
                return _blocks[_behind].Place + count - _behindCount;
            }

            _behindCount += blocks;
            _behind = _blocks[_behind].Next;
        }

        return _behind == End ? long.MaxValue : _blocks[_behind].Place;
    }

    /// <summary>How many blocks of the free list an entry is.</summary>
    private int StandsFor(int block) => block == _untaken ? Total - _untaken + 1 : 1;

    /// <summary>Puts the next of the blocks that were never taken behind the first of them, which is about to be.</summary>
    private void LinkNextUntaken()
    {
        var taken = _untaken++;
        if (taken == Total)
        {
            return;
        }

        if (_untaken == _blocks.Length)
        {
            Array.Resize(ref _blocks, (int)Math.Min(2L * _blocks.Length, Total + 1L));
        }

        var after = _blocks[taken].Next;
        _blocks[_untaken] = new Block
        {
            Next = after,
            Previous = taken,
            Place = _untaken,
        };
        _blocks[taken].Next = _untaken;
        _blocks[after].Previous = _untaken;
    }

    private void Forget(int block)
    {
        _byKey.Remove(_blocks[block].Key);
        _blocks[block].Key = NoKey;
    }

    private void CountTaken()
    {
        Free--;
        PeakUsed = Math.Max(PeakUsed, Used);
    }

    private void Link(int block)
    {
        // While no block has a key, all are alike, and the one used last is the fastest to get at.
        var before = _byKey.Count == 0 ? End : _blocks[End].Previous;
        var after = _blocks[before].Next;
        _behindCount = 0;
        _blocks[block].Place = before == End ? --_firstPlace : ++_lastPlace;
        _blocks[before].Next = block;
        _blocks[block].Previous = before;
        _blocks[block].Next = after;
        _blocks[after].Previous = block;
    }

    private void Unlink(int block)
    {
        var (before, after) = (_blocks[block].Previous, _blocks[block].Next);
        _behindCount = 0;
        _blocks[before].Next = after;
        _blocks[after].Previous = before;
    }

    private struct Block
    {
        public int Next;
        public int Previous;
        public int Holders;
        public ulong Key;

        /// <summary>Grows along the free list.</summary>
        public long Place;
    }
}
