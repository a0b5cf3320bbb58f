using System.Runtime.InteropServices;
using LlmSim.Kernel;

namespace LlmSim.Memory;

/// <content>Blocks that can be found, page by page.</content>
internal sealed partial class BlockPool
{
    /// <summary>The first run of each page that has blocks here.</summary>
    private PageTable _pages = new();

    /// <summary>How many slots of a page, from one on, are here without a gap.</summary>
    public int CountFound(ulong page, int from)
    {
        var found = from;
        for (var run = First(page); run != None && _runs[run].From <= found; run = _runs[run].NextOfPage)
        {
            found = Math.Max(found, _runs[run].To);
        }

        return found - from;
    }

    /// <summary>How many slots of some pages are here without a gap, from the first one on.</summary>
    /// <param name="pages">The pages, one behind the other.</param>
    /// <param name="slots">Slots of each.</param>
    /// <param name="most">Slots to look for at most.</param>
    public int CountFound(ReadOnlySpan<ulong> pages, int slots, int most)
    {
        var count = 0;
        for (var i = 0; i < pages.Length && count < most; i++)
        {
            var found = CountFound(pages[i], from: 0);
            count += found;
            if (found < slots)
            {
                break;
            }
        }

        return Math.Min(count, most);
    }

    /// <summary>How many of the first slots of a page, which must be here, nobody holds.</summary>
    public int CountFree(ulong page, int slots)
    {
        var free = 0;
        for (var run = First(page); run != None && _runs[run].From < slots; run = _runs[run].NextOfPage)
        {
            free += _runs[run].Holders == 0 ? Math.Min(slots, _runs[run].To) - _runs[run].From : 0;
        }

        return free;
    }

    /// <summary>Slots of a page between one that is not here and the next one that is.</summary>
    public int CountMissing(ulong page, int from, int slots)
    {
        var run = First(page);
        while (run != None && _runs[run].From < from)
        {
            run = _runs[run].NextOfPage;
        }

        return (run == None ? slots : Math.Min(slots, _runs[run].From)) - from;
    }

    /// <summary>Holds slots of a page that are here.</summary>
    /// <param name="page">The page.</param>
    /// <param name="from">The first slot.</param>
    /// <param name="count">How many.</param>
    /// <param name="held">What is held is added to it.</param>
    public void Hold(ulong page, int from, int count, List<HeldBlocks> held)
    {
        var to = from + count;
        for (var run = First(page); run != None && _runs[run].From < to; run = _runs[run].NextOfPage)
        {
            if (_runs[run].To <= from)
            {
                continue;
            }

            if (_runs[run].From < from)
            {
                Split(run, from);
                continue;
            }

            if (_runs[run].To > to)
            {
                Split(run, to);
            }

            if (_runs[run].Holders++ == 0)
            {
                Unlink(run);
                CountTaken(_runs[run].Length);
            }

            held.Add(new HeldBlocks(run, _runs[run].Length));
            count -= _runs[run].Length;
        }

        Invariant.Require(count == 0, $"{count} KV blocks were to be held that are not there");
    }

    /// <summary>
    /// Gives held blocks without a name one. Where two requests computed the same content side by side, the blocks that were filled last are
    /// those that are found.
    /// </summary>
    /// <param name="page">Their page.</param>
    /// <param name="from">The first slot.</param>
    /// <param name="count">How many.</param>
    /// <param name="held">What the request holds; the blocks are added to it.</param>
    public void Name(ulong page, int from, int count, List<HeldBlocks> held)
    {
        Watcher?.OnFindable(page, from, count);
        ForgetOlder(page, from, from + count);
        if (held.Count > 0)
        {
            ref var last = ref CollectionsMarshal.AsSpan(held)[^1];
            ref var run = ref _runs[last.Run];
            if (run.Page == page && run is { Holders: 1 } && run.To == from && run.Length == last.Count)
            {
                run.Length += count;
                last = last with { Count = last.Count + count };
                return;
            }
        }

        var added = NewRun(page, from, count);
        _runs[added].Holders = 1;
        LinkToPage(added);
        held.Add(new HeldBlocks(added, count));
    }

    /// <summary>Lets go of blocks with a name; those that nobody else holds become the most recently used free ones, the first of them last.</summary>
    public void Release(HeldBlocks held)
    {
        // What was split off since lies behind, and is let go before.
        var (run, rest) = (held.Run, held.Count - _runs[held.Run].Length);
        Invariant.Require(
            rest >= 0,
            $"{held.Count} KV blocks were released, {-rest} fewer than belong together"
        );
        if (rest > 0)
        {
            Release(new HeldBlocks(_runs[run].Rest, rest));
        }

        var holders = --_runs[run].Holders;
        Invariant.Require(holders >= 0, $"{_runs[run].Length} KV blocks were released once too often");
        if (holders > 0)
        {
            return;
        }

        if (_runs[run].Page == NoPage)
        {
            var length = _runs[run].Length;
            Reuse(run);
            ReleaseUnnamed(length);
            return;
        }

        Free += _runs[run].Length;
        Append(run);
    }

    private int First(ulong page) => _pages.Find(page);

    /// <summary>Takes the names of blocks of a page from those that have them.</summary>
    private void ForgetOlder(ulong page, int from, int to)
    {
        for (var run = First(page); run != None && _runs[run].From < to; )
        {
            if (_runs[run].From < from && _runs[run].To > from)
            {
                Split(run, from);
            }
            else if (_runs[run].From >= from)
            {
                if (_runs[run].To > to)
                {
                    Split(run, to);
                }

                Forget(run);
            }

            run = _runs[run].NextOfPage;
        }
    }

    /// <summary>Its blocks can no longer be found.</summary>
    private void Forget(int run)
    {
        var page = _runs[run].Page;
        if (page == NoPage)
        {
            return;
        }

        _runs[run].Page = NoPage;
        var before = First(page);
        if (before == run)
        {
            if (_runs[run].NextOfPage == None)
            {
                _pages.Remove(page);
            }
            else
            {
                _pages.Set(page, _runs[run].NextOfPage);
            }

            return;
        }

        while (_runs[before].NextOfPage != run)
        {
            before = _runs[before].NextOfPage;
        }

        _runs[before].NextOfPage = _runs[run].NextOfPage;
    }

    private void LinkToPage(int run)
    {
        var before = First(_runs[run].Page);
        if (before == None || _runs[before].From > _runs[run].From)
        {
            _runs[run].NextOfPage = before;
            _pages.Set(_runs[run].Page, run);
            return;
        }

        while (_runs[before].NextOfPage is not None and var next && _runs[next].From < _runs[run].From)
        {
            before = next;
        }

        _runs[run].NextOfPage = _runs[before].NextOfPage;
        _runs[before].NextOfPage = run;
    }

    /// <summary>Splits a run before a slot: the rest of it becomes a run of its own, held by the same requests or as free.</summary>
    private void Split(int run, int slot)
    {
        var kept = slot - _runs[run].From;
        var rest = NewRun(_runs[run].Page, slot, _runs[run].Length - kept);
        ref var first = ref _runs[run];
        ref var second = ref _runs[rest];
        first.Length = kept;
        second.Holders = first.Holders;
        second.Rest = first.Rest;
        first.Rest = rest;
        second.NextOfPage = first.NextOfPage;
        first.NextOfPage = rest;
        if (first.Holders == 0)
        {
            LinkBefore(run, rest);
        }
    }
}

/// <summary>Blocks with a name that a request holds.</summary>
/// <param name="Run">The run that they were, and what has been split off it since.</param>
/// <param name="Count">How many.</param>
internal readonly record struct HeldBlocks(int Run, int Count);
