using LlmSim.Engine;

namespace LlmSim.Memory;

/// <summary>
/// The KV cache of an instance as blocks of equal size. A block whose content others may ask for has a name, with the number of requests
/// that hold it; all others are alike and only counted. Blocks that nobody holds wait in a list, least recently used first, and keep
/// their name until they are taken for something else: until then a request with the same prefix finds them (prefix caching).
/// </summary>
internal sealed class BlockPool
{
    private const ulong NoKey = 0;

    /// <summary>The head of the free list, which is also its end.</summary>
    private const int Head = 0;

    private readonly Dictionary<ulong, int> _byKey = [];

    /// <summary>
    /// Named blocks, held or free, and runs of free blocks without a name; the head first. It grows with what is named, not with the size of
    /// the pool.
    /// </summary>
    private Node[] _nodes = new Node[4];

    private int _nodeCount = 1;

    /// <summary>Nodes that are used again, each with the next one.</summary>
    private int _unusedNode;

    /// <summary>Place of the last node that was ever put into the free list.</summary>
    private long _lastPlace;

    /// <summary>A node of the free list with the blocks before it, as it was last looked for; 0 blocks when the list has changed since.</summary>
    private int _behind;
    private int _beforeBehind;

    /// <summary>A pool of so many blocks, all free.</summary>
    public BlockPool(int blocks)
    {
        Invariant.Require(blocks > 0, $"a pool of {blocks} blocks");
        Total = blocks;
        _nodes[Head].Place = long.MaxValue;
        Append(NewNode(NoKey, blocks));
        Free = blocks;
    }

    public int Total { get; }

    /// <summary>Blocks that nobody holds, findable ones among them.</summary>
    public int Free { get; private set; }

    public int Used => Total - Free;

    /// <summary>Most blocks held at once.</summary>
    public int PeakUsed { get; private set; }

    /// <summary>Blocks that could be found and were taken for something else.</summary>
    public long Evictions { get; private set; }

    public bool IsFree(int block) => _nodes[block].Holders == 0;

    /// <summary>The block with that key, held or free; −1 when there is none.</summary>
    public int Find(ulong key) => _byKey.TryGetValue(key, out var block) ? block : -1;

    /// <summary>How many keys, from the first one on, could be found if so many blocks were taken before.</summary>
    public int CountFound(ReadOnlySpan<ulong> keys, int taken)
    {
        var firstLeft = taken == 0 ? long.MinValue : _nodes[Behind(taken)].Place;
        var count = 0;
        while (
            count < keys.Length
            && _byKey.TryGetValue(keys[count], out var block)
            && (!IsFree(block) || _nodes[block].Place >= firstLeft)
        )
        {
            count++;
        }

        return count;
    }

    /// <summary>Holds a block that was found.</summary>
    public void Hold(int block)
    {
        if (_nodes[block].Holders++ == 0)
        {
            Unlink(block);
            CountTaken(1);
        }
    }

    /// <summary>Takes the least recently used free blocks; there must be so many. What they held can no longer be found.</summary>
    public void Take(int count)
    {
        Invariant.Require(
            count <= Free,
            $"{count} KV blocks were taken from a pool that has {Free} of {Total} left"
        );
        CountTaken(count);
        _beforeBehind = 0;
        while (count > 0)
        {
            var first = _nodes[Head].Next;
            ref var node = ref _nodes[first];
            var taken = Math.Min(count, node.Length);
            count -= taken;
            node.Length -= taken;
            if (node.Length > 0)
            {
                return;
            }

            if (node.Key != NoKey)
            {
                _byKey.Remove(node.Key);
                Evictions++;
            }

            Unlink(first);
            Reuse(first);
        }
    }

    /// <summary>
    /// Gives a held block that has no name one. Where two requests computed the same content side by side, the block that was filled last is
    /// the one that is found.
    /// </summary>
    /// <returns>The block, as it is held and released from now on.</returns>
    public int Name(ulong key)
    {
        var block = NewNode(NoKey, length: 1);
        _nodes[block].Holders = 1;
        Rename(block, key);
        return block;
    }

    /// <summary>Makes a held block findable again that had this name, and may have lost it to another one with the same content.</summary>
    public void Rename(int block, ulong key)
    {
        if (_nodes[block].Key == key)
        {
            return;
        }

        Invariant.Require(_nodes[block].Key == NoKey, $"KV block {block} was filled twice");
        if (_byKey.TryGetValue(key, out var older))
        {
            _nodes[older].Key = NoKey;
        }

        _byKey[key] = block;
        _nodes[block].Key = key;
    }

    /// <summary>Lets go of a named block; when nobody else holds it, it becomes the most recently used free one.</summary>
    public void Release(int block)
    {
        ref var node = ref _nodes[block];
        node.Holders--;
        Invariant.Require(node.Holders >= 0, $"KV block {block} was released once too often");
        if (node.Holders > 0)
        {
            return;
        }

        if (node.Key == NoKey)
        {
            Reuse(block);
            ReleaseUnnamed(1);
            return;
        }

        Append(block);
        Free++;
    }

    /// <summary>Lets go of so many blocks without a name: they become the most recently used free ones.</summary>
    public void ReleaseUnnamed(int count)
    {
        Invariant.Require(
            count >= 0 && Free + count <= Total,
            $"{count} KV blocks were released to a pool of {Total} that has {Free} free"
        );
        if (count == 0)
        {
            return;
        }

        var last = _nodes[Head].Previous;
        if (last != Head && _nodes[last].Key == NoKey)
        {
            _nodes[last].Length += count;
        }
        else
        {
            Append(NewNode(NoKey, count));
        }

        _beforeBehind = 0;
        Free += count;
    }

    /// <summary>States that the pool is whole and nobody holds a block, at the end of a run.</summary>
    public void RequireAllFree()
    {
        var listed = 0;
        for (var node = _nodes[Head].Next; node != Head; node = _nodes[node].Next)
        {
            Invariant.Require(IsFree(node), $"KV block {node} is in the free list and held");
            listed += _nodes[node].Length;
        }

        Invariant.Require(
            listed == Total && Free == Total,
            $"{listed} KV blocks of {Total} are in the free list, {Free} were counted as free"
        );
    }

    /// <summary>The node with the block behind the first so many of the free list; its head when these are all.</summary>
    private int Behind(int count)
    {
        Invariant.Require(
            count <= Free,
            $"{count} KV blocks were to be taken from a pool that has {Free} left"
        );
        if (_beforeBehind == 0 || _beforeBehind > count)
        {
            (_beforeBehind, _behind) = (0, _nodes[Head].Next);
        }

        while (_behind != Head && _beforeBehind + _nodes[_behind].Length <= count)
        {
            _beforeBehind += _nodes[_behind].Length;
            _behind = _nodes[_behind].Next;
        }

        return _behind;
    }

    private void CountTaken(int count)
    {
        Free -= count;
        PeakUsed = Math.Max(PeakUsed, Used);
    }

    private int NewNode(ulong key, int length)
    {
        int node;
        if (_unusedNode != Head)
        {
            node = _unusedNode;
            _unusedNode = _nodes[node].Next;
        }
        else
        {
            if (_nodeCount == _nodes.Length)
            {
                Array.Resize(ref _nodes, 2 * _nodeCount);
            }

            node = _nodeCount++;
        }

        _nodes[node] = new Node { Key = key, Length = length };
        return node;
    }

    private void Reuse(int node)
    {
        _nodes[node].Next = _unusedNode;
        _unusedNode = node;
    }

    /// <summary>Puts a node at the end of the free list.</summary>
    private void Append(int node)
    {
        var before = _nodes[Head].Previous;
        _beforeBehind = 0;
        _nodes[node].Place = ++_lastPlace;
        _nodes[before].Next = node;
        _nodes[node].Previous = before;
        _nodes[node].Next = Head;
        _nodes[Head].Previous = node;
    }

    private void Unlink(int node)
    {
        var (before, after) = (_nodes[node].Previous, _nodes[node].Next);
        _beforeBehind = 0;
        _nodes[before].Next = after;
        _nodes[after].Previous = before;
    }

    private struct Node
    {
        public int Next;
        public int Previous;

        /// <summary>Blocks of the run; 1 for a named block.</summary>
        public int Length;

        public int Holders;
        public ulong Key;

        /// <summary>Grows along the free list.</summary>
        public long Place;
    }
}
