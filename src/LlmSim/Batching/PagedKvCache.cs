using LlmSim.Memory;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>The KV blocks of one instance, as its sequences are given them and have them taken away.</summary>
internal sealed partial class PagedKvCache(EngineSpec spec, int blocks)
{
    private int _reserved;

    public BlockPool Pool { get; } = new(blocks);

    private KvTiers? _tiers;

    /// <summary>Tiers below the accelerators; null for none.</summary>
    public KvTiers? Tiers
    {
        get => _tiers;
        set => Pool.Watcher = _tiers = value;
    }

    /// <summary>Free blocks that iterations in a row may take: with tiers none that is to be written down, which happens when an iteration is planned.</summary>
    public int FreeInRow => _tiers is null ? Pool.Free : Math.Min(Pool.Free, Pool.FreeBeforeNamed);

    /// <summary>Free blocks that no sequence is sure of.</summary>
    public int Available => Pool.Free - _reserved;

    /// <summary>Prompt tokens of the requests admitted so far, and how many of them were found in the cache.</summary>
    public long PromptTokens { get; private set; }

    public long HitTokens { get; private set; }
    public long PromptBlocks { get; private set; }
    public long HitBlocks { get; private set; }

    public long BlocksFor(long tokens) => (tokens + spec.BlockTokens - 1) / spec.BlockTokens;

    /// <summary>Names of the blocks of a request's prompt that others may share; none without prefix caching.</summary>
    public PrefixPages Pages(Request request) =>
        spec.PrefixCaching && request.Content is { } content
            ? content.Pages(spec.BlockTokens)
            : PrefixPages.None;

    /// <summary>Tokens at the start of a prompt whose KV cache is here; the last token is always computed anew.</summary>
    public int CachedPrefixTokens(Request request)
    {
        var pages = Pages(request);
        var most = Math.Min(pages.Blocks, (request.InputTokens - 1) / spec.BlockTokens);
        return Pool.CountFound(pages.Keys, pages.Slots, most) * spec.BlockTokens;
    }

    /// <summary>Leading blocks of a waiting sequence that are here.</summary>
    public int CountHits(SequenceState sequence)
    {
        if (!spec.PrefixCaching || sequence.Blocks > 0)
        {
            return 0;
        }

        var most = MostHits(sequence);
        var hits = 0;
        while (hits < most)
        {
            var name = sequence.NameOf(hits);
            var found = Pool.CountFound(name.Page, name.Slot);
            hits += found;
            if (found < name.ToEnd)
            {
                break;
            }
        }

        return Math.Min(hits, most);
    }

    /// <summary>Leading blocks of a waiting sequence that could be found at the most.</summary>
    public int MostHits(SequenceState sequence)
    {
        // A request that was never preempted has no block of its own to find.
        var most = (sequence.Length - 1) / spec.BlockTokens;
        return sequence.Request.Evictions > 0 ? most : Math.Min(most, sequence.SharedBlocks);
    }

    /// <summary>Free blocks that a waiting sequence with so many hits takes for so many tokens: not the hits that others hold.</summary>
    public long BlocksFromFree(SequenceState sequence, int hits, long tokens)
    {
        var taken = BlocksFor(tokens) + sequence.BlocksBeside - hits;
        for (var block = 0; block < hits; )
        {
            var name = sequence.NameOf(block);
            taken += Pool.CountFree(name.Page, Math.Min(name.Slots, hits - block));
            block += name.Slots;
        }

        return taken;
    }

    /// <summary>Tokens that a waiting sequence with so many hits need not compute.</summary>
    public int ComputedWith(SequenceState sequence, int hits) =>
        Math.Max(sequence.Arrived, hits * spec.BlockTokens);

    /// <summary>
    /// Gives a waiting sequence its hits and the blocks for so many tokens more, provided that all of it would fit; and makes it sure of the
    /// blocks for so many tokens in all.
    /// </summary>
    public bool TryAdmit(SequenceState sequence, int hits, int tokens, long reserved = 0)
    {
        // A sequence whose KV cache has come holds its blocks since before it was sent.
        if (sequence.Blocks == 0 && !TryHold(sequence, hits, Math.Max(sequence.Length, reserved)))
        {
            return false;
        }

        sequence.Computed = ComputedWith(sequence, hits);
        sequence.Found = sequence.Computed;
        if (sequence is { Arrived: 0, Request.Evictions: 0 })
        {
            PromptTokens += sequence.Length;
            PromptBlocks += BlocksFor(sequence.Length);
            HitBlocks += hits;
            HitTokens += sequence.Computed;
        }

        return TryGrow(sequence, sequence.Computed + tokens, reserved);
    }

    /// <summary>
    /// Gives a sequence whose KV cache is to come the blocks for its context and the next token, and makes it sure of those for so many tokens
    /// in all.
    /// </summary>
    public bool TryReserve(SequenceState sequence, long reserved = 0) =>
        TryHold(sequence, CountHits(sequence), Math.Max(sequence.Arrived + 1, reserved))
        && TryGrow(sequence, sequence.Arrived + 1, reserved);

    /// <summary>Blocks that a sequence lacks to hold so many tokens; 0 or less when it has enough.</summary>
    public int Lacking(SequenceState sequence, int tokens) => (int)BlocksFor(tokens) - sequence.Blocks;

    /// <summary>Takes the blocks that a sequence lacks to hold so many tokens; none when there are too few.</summary>
    public bool TryGrow(SequenceState sequence, int tokens)
    {
        var lacking = Lacking(sequence, tokens);
        if (lacking > Available + sequence.Reserved)
        {
            return false;
        }

        if (lacking > 0)
        {
            Pool.Take(lacking);
            sequence.Blocks += lacking;
            SetReserved(sequence, Math.Max(0, sequence.Reserved - lacking));
        }

        return true;
    }

    /// <summary>Takes blocks for several sequences, each of which is told of its own later (<see cref="Attribute" />).</summary>
    /// <param name="blocks">How many.</param>
    /// <param name="reserved">Whether they were reserved for those sequences.</param>
    public void Take(int blocks, bool reserved)
    {
        Pool.Take(blocks);
        _reserved -= reserved ? blocks : 0;
    }

    /// <summary>Tells a sequence that it holds the blocks for so many tokens, which were taken for it among others.</summary>
    public void Attribute(SequenceState sequence, int tokens)
    {
        var taken = Lacking(sequence, tokens);
        sequence.Blocks += taken;
        sequence.Reserved = Math.Max(0, sequence.Reserved - taken);
    }

    /// <summary>Takes all from a sequence that will start over: it finds again what nobody has taken until then.</summary>
    public void Preempt(SequenceState sequence)
    {
        var full = spec.PrefixCaching ? sequence.Computed / spec.BlockTokens : 0;
        Name(sequence, Math.Max(sequence.SharedBlocks, sequence.NamedBlocks), full);
        sequence.CountComputed();
        if (spec.Preemption == KvPreemption.Swap)
        {
            _tiers?.SwapOut(sequence);
        }

        Release(sequence);
        sequence.HasRead = false;
        (sequence.Computed, sequence.Found, sequence.Arrived) = (0, 0, 0);
        (sequence.Scheduled, sequence.Drafts, sequence.Published, sequence.Pace) = (0, 0, 0, null);
    }

    /// <summary>Lets go of all blocks, the last one first, so that the start of a prefix stays longest.</summary>
    public void Release(SequenceState sequence)
    {
        if (sequence.Reading is not null)
        {
            _tiers!.LetGo(sequence);
        }

        var beside = sequence.HoldsBeside ? sequence.BlocksBeside : 0;
        Pool.ReleaseUnnamed(sequence.Blocks - sequence.NamedBlocks + beside);
        sequence.HoldsBeside = false;
        for (var i = sequence.Named.Count - 1; i >= 0; i--)
        {
            Pool.Release(sequence.Named[i]);
        }

        sequence.Named.Clear();
        (sequence.Blocks, sequence.NamedBlocks) = (0, 0);
        SetReserved(sequence, 0);
    }

    /// <summary>Everything is lost: nothing is held, and nothing can be found.</summary>
    public void Clear()
    {
        _reserved = 0;
        Pool.Clear();
        _tiers?.Clear();
    }

    private bool TryGrow(SequenceState sequence, int tokens, long reserved)
    {
        if (!TryGrow(sequence, tokens))
        {
            return false;
        }

        SetReserved(sequence, Math.Max(0, (int)BlocksFor(reserved) - sequence.Blocks));
        return true;
    }

    private void SetReserved(SequenceState sequence, int reserved)
    {
        _reserved += reserved - sequence.Reserved;
        sequence.Reserved = reserved;
    }

    /// <summary>Holds the hits, provided that so many tokens of the sequence would fit.</summary>
    private bool TryHold(SequenceState sequence, int hits, long tokens)
    {
        if (BlocksFromFree(sequence, hits, tokens) > Available)
        {
            return false;
        }

        sequence.Named.EnsureCapacity(sequence.Content.Keys.Length);
        for (var block = 0; block < hits; )
        {
            var name = sequence.NameOf(block);
            var count = Math.Min(name.Slots, hits - block);
            Pool.Hold(name.Page, name.Slot, count, sequence.Named);
            block += count;
        }

        if (sequence is { BlocksBeside: > 0, HoldsBeside: false })
        {
            Pool.Take(sequence.BlocksBeside);
            sequence.HoldsBeside = true;
        }

        (sequence.Blocks, sequence.NamedBlocks) = (hits, hits);
        sequence.Published = Math.Min(hits, sequence.SharedBlocks);
        return true;
    }
}
