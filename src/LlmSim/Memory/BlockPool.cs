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

    private readonly int[] _holders;
    private readonly ulong[] _keys;

    // The free list runs through these two arrays; the entry behind the last block is its head and its end.
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly Dictionary<ulong, int> _byKey = [];

    /// <summary>A pool of so many blocks, all free, taken in the order of their numbers.</summary>
    public BlockPool(int blocks)
    {
        Invariant.Require(blocks > 0, $"a pool of {blocks} blocks");
        Total = blocks;
        Free = blocks;
        _holders = new int[blocks];
        _keys = new ulong[blocks];
        _next = new int[blocks + 1];
        _previous = new int[blocks + 1];
        for (var i = 0; i <= blocks; i++)
        {
            _next[i] = i == blocks ? 0 : i + 1;
            _previous[i] = i == 0 ? blocks : i - 1;
        }
    }

    public int Total { get; }

    /// <summary>Blocks that nobody holds, findable ones among them.</summary>
    public int Free { get; private set; }

    public int Used => Total - Free;

    /// <summary>Most blocks held at once.</summary>
    public int PeakUsed { get; private set; }

    /// <summary>Blocks that could be found and were taken for something else.</summary>
    public long Evictions { get; private set; }

    public bool IsFree(int block) => _holders[block] == 0;

    /// <summary>The block with that key, held or free; −1 when there is none.</summary>
    public int Find(ulong key) => _byKey.TryGetValue(key, out var block) ? block : -1;

    /// <summary>How many keys, from the first one on, are in the pool.</summary>
    public int CountFound(ReadOnlySpan<ulong> keys)
    {
        var count = 0;
        while (count < keys.Length && _byKey.ContainsKey(keys[count]))
        {
            count++;
        }

        return count;
    }

    /// <summary>Holds a block that was found.</summary>
    public void Hold(int block)
    {
        if (_holders[block]++ == 0)
        {
            Unlink(block);
            CountTaken();
        }
    }

    /// <summary>Takes the least recently used free block; there must be one. What it held can no longer be found.</summary>
    public int Take()
    {
        Invariant.Require(Free > 0, $"a KV block was taken from a pool that has none of {Total} left");
        var block = _next[Total];
        Unlink(block);
        if (_keys[block] != NoKey)
        {
            Forget(block);
            Evictions++;
        }

        _holders[block] = 1;
        CountTaken();
        return block;
    }

    /// <summary>
    /// Makes a block findable. Where two requests computed the same content side by side, the block that was filled last is the
    /// one that is found.
    /// </summary>
    public void Publish(int block, ulong key)
    {
        if (_keys[block] == key)
        {
            return;
        }

        Invariant.Require(_keys[block] == NoKey, $"KV block {block} was filled twice");
        if (_byKey.TryGetValue(key, out var older))
        {
            _keys[older] = NoKey;
        }

        _byKey[key] = block;
        _keys[block] = key;
    }

    /// <summary>Lets go of a block; when nobody else holds it, it becomes the most recently used free one.</summary>
    public void Release(int block)
    {
        var holders = --_holders[block];
        Invariant.Require(holders >= 0, $"KV block {block} was released once too often");
        if (holders == 0)
        {
            Append(block);
            Free++;
        }
    }

    /// <summary>States that the pool is whole and nobody holds a block, at the end of a run.</summary>
    public void RequireAllFree()
    {
        var listed = 0;
        for (var block = _next[Total]; block != Total; block = _next[block])
        {
            Invariant.Require(IsFree(block), $"KV block {block} is in the free list and held");
            listed++;
        }

        Invariant.Require(
            listed == Total && Free == Total,
            $"{listed} KV blocks of {Total} are in the free list, {Free} were counted as free"
        );
    }

    private void Forget(int block)
    {
        _byKey.Remove(_keys[block]);
        _keys[block] = NoKey;
    }

    private void CountTaken()
    {
        Free--;
        PeakUsed = Math.Max(PeakUsed, Used);
    }

    private void Append(int block)
    {
        var last = _previous[Total];
        (_next[last], _previous[block]) = (block, last);
        (_next[block], _previous[Total]) = (Total, block);
    }

    private void Unlink(int block)
    {
        var (before, after) = (_previous[block], _next[block]);
        _next[before] = after;
        _previous[after] = before;
    }
}
