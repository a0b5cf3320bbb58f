using LlmSim.Kernel;

namespace LlmSim.Memory;

/// <summary>
/// The KV cache of an instance as blocks of equal size. A block whose content others may ask for has a name: a page, which stands for a
/// prefix up to it, and its slot there. All others are alike and only counted. Blocks that nobody holds wait in a list, least recently used
/// first, and keep their names until they are taken for something else: until then a request with the same prefix finds them (prefix caching).
/// </summary>
/// <remarks>
/// Neighbours of a page that are held by the same requests, or are free, are one run. What a pool costs goes with its runs, neither with its blocks
/// nor with its size.
/// </remarks>
internal sealed partial class BlockPool
{
    private const ulong NoPage = 0;

    /// <summary>The head of the free list, which is also its end, and no run.</summary>
    private const int None = 0;

    /// <summary>Runs of blocks with a name, and free ones without; the head of the free list first.</summary>
    private Run[] _runs = new Run[4];

    private int _runCount = 1;

    /// <summary>Runs that are used again, each with the next one.</summary>
    private int _unused;

    /// <summary>A pool of so many blocks, all free.</summary>
    public BlockPool(int blocks)
    {
        Invariant.Require(blocks > 0, $"a pool of {blocks} blocks");
        Total = blocks;
        ReleaseUnnamed(blocks);
    }

    /// <summary>All blocks are free again, and none can be found: the memory was lost.</summary>
    public void Clear()
    {
        _runs = new Run[4];
        (_runCount, _unused, Free) = (1, None, 0);
        _pages = new PageTable();
        ReleaseUnnamed(Total);
    }

    public int Total { get; }

    /// <summary>Blocks that nobody holds, findable ones among them.</summary>
    public int Free { get; private set; }

    public int Used => Total - Free;

    /// <summary>Most blocks held at once.</summary>
    public int PeakUsed { get; private set; }

    /// <summary>Blocks that could be found and were taken for something else.</summary>
    public long Evictions { get; private set; }

    /// <summary>Who is told what can be found and what is taken; null for nobody.</summary>
    public IBlockWatcher? Watcher { get; set; }

    /// <summary>Free blocks without a name that are taken before the first one with a name.</summary>
    public int FreeBeforeNamed
    {
        get
        {
            var count = 0;
            for (var run = _runs[None].Next; run != None && _runs[run].Page == NoPage; run = _runs[run].Next)
            {
                count += _runs[run].Length;
            }

            return count;
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
        while (count > 0)
        {
            var first = _runs[None].Next;
            var taken = Math.Min(count, _runs[first].Length);
            count -= taken;
            if (_runs[first].Page != NoPage)
            {
                Evictions += taken;
                Watcher?.OnTaken(_runs[first].Page, _runs[first].To - taken, taken);
            }

            if (taken < _runs[first].Length)
            {
                // The blocks of a run were let go from its last one on.
                _runs[first].Length -= taken;
                return;
            }

            Forget(first);
            Unlink(first);
            Reuse(first);
        }
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

        Free += count;
        var last = _runs[None].Previous;
        if (last != None && _runs[last].Page == NoPage)
        {
            _runs[last].Length += count;
        }
        else
        {
            Append(NewRun(NoPage, from: 0, count));
        }
    }

    /// <summary>States that the pool is whole and nobody holds a block, at the end of a run.</summary>
    public void RequireAllFree()
    {
        var listed = 0;
        for (var run = _runs[None].Next; run != None; run = _runs[run].Next)
        {
            Invariant.Require(
                _runs[run].Holders == 0,
                $"{_runs[run].Length} KV blocks are in the free list and held"
            );
            listed += _runs[run].Length;
        }

        Invariant.Require(
            listed == Total && Free == Total,
            $"{listed} KV blocks of {Total} are in the free list, {Free} were counted as free"
        );
    }

    private void CountTaken(int count)
    {
        Free -= count;
        PeakUsed = Math.Max(PeakUsed, Used);
    }

    private int NewRun(ulong page, int from, int length)
    {
        int run;
        if (_unused != None)
        {
            run = _unused;
            _unused = _runs[run].Next;
        }
        else
        {
            if (_runCount == _runs.Length)
            {
                Array.Resize(ref _runs, 2 * _runCount);
            }

            run = _runCount++;
        }

        _runs[run] = new Run
        {
            Page = page,
            From = from,
            Length = length,
        };
        return run;
    }

    private void Reuse(int run)
    {
        _runs[run].Next = _unused;
        _unused = run;
    }

    /// <summary>Puts a run at the end of the free list, its last block first.</summary>
    private void Append(int run) => LinkBefore(None, run);

    private void LinkBefore(int after, int run)
    {
        var before = _runs[after].Previous;
        _runs[before].Next = run;
        _runs[run].Previous = before;
        _runs[run].Next = after;
        _runs[after].Previous = run;
    }

    private void Unlink(int run)
    {
        var (before, after) = (_runs[run].Previous, _runs[run].Next);
        _runs[before].Next = after;
        _runs[after].Previous = before;
    }

    /// <summary>Blocks that lie side by side: slots of one page, or without a name.</summary>
    private struct Run
    {
        public ulong Page;

        /// <summary>Its first slot.</summary>
        public int From;

        public int Length;
        public int Holders;

        /// <summary>Neighbours in the free list.</summary>
        public int Next;
        public int Previous;

        /// <summary>The run of the page behind it.</summary>
        public int NextOfPage;

        /// <summary>The run that it was split from: whoever held both holds that as well.</summary>
        public int Rest;

        public readonly int To => From + Length;
    }
}
