using LlmSim.Kernel;
using LlmSim.Memory;

namespace LlmSim.Batching;

/// <content>Blocks that others can find.</content>
internal sealed partial class PagedKvCache
{
    /// <summary>Makes the shared blocks findable that so many tokens fill.</summary>
    public void Publish(SequenceState sequence, int tokens)
    {
        if (sequence.Published < sequence.SharedBlocks)
        {
            var full = Math.Min(tokens / spec.BlockTokens, sequence.SharedBlocks);
            Name(sequence, sequence.Published, full);
            sequence.Published = Math.Max(sequence.Published, full);
        }
    }

    /// <summary>Makes the blocks of an answer findable whose content is known, before a sequence that has ended lets go of them.</summary>
    public void PublishAnswer(SequenceState sequence)
    {
        if (sequence.SharedBlocksAtEnd > sequence.SharedBlocks)
        {
            var full = Math.Min(sequence.Computed / spec.BlockTokens, sequence.SharedBlocksAtEnd);
            Name(sequence, sequence.NamedBlocks, full);
        }
    }

    /// <summary>Puts the leading blocks of a prompt, fetched from another instance, among the free blocks that can be found.</summary>
    public void Insert(Request request, int tokens)
    {
        var pages = Pages(request);
        var whole = tokens / spec.BlockTokens;
        var fetched = new List<HeldBlocks>();
        for (var block = 0; block < whole; )
        {
            var (page, slot) = (pages.Keys[block / pages.Slots], block % pages.Slots);
            var most = Math.Min(pages.Slots - slot, whole - block);
            var count = Math.Min(most, Pool.CountFound(page, slot));
            if (count > 0)
            {
                Pool.Hold(page, slot, count, fetched);
            }
            else
            {
                count = Math.Min(Available, Math.Min(most, Pool.CountMissing(page, slot, pages.Slots)));
                if (count <= 0)
                {
                    break;
                }

                Pool.Take(count);
                Pool.Name(page, slot, count, fetched);
            }

            block += count;
        }

        for (var i = fetched.Count - 1; i >= 0; i--)
        {
            Pool.Release(fetched[i]);
        }
    }

    /// <summary>Names blocks behind those that have a name.</summary>
    private void Name(SequenceState sequence, int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        Invariant.Require(
            from == sequence.NamedBlocks && to <= sequence.Blocks,
            $"blocks {from} to {to} of {sequence.Request} were to be named, it has {sequence.NamedBlocks} named of {sequence.Blocks}"
        );
        for (var block = from; block < to; )
        {
            var name = sequence.NameOf(block);
            var count = Math.Min(name.ToEnd, to - block);
            Pool.Name(name.Page, name.Slot, count, sequence.Named);
            block += count;
        }

        sequence.NamedBlocks = to;
    }
}
