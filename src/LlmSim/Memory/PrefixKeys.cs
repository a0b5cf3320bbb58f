using System.Text;

namespace LlmSim.Memory;

/// <summary>
/// Keys of KV blocks: each is chained to the one before it, so that equal keys mean an equal prefix up to the end of
/// the block. They come from a trace's hash ids, whatever the sizes of its blocks and of the cache's.
/// </summary>
internal static class PrefixKeys
{
    /// <summary>Keys of the blocks of a prompt that others can find.</summary>
    /// <param name="hashIds">One id for each block of the trace; the last one may be partial.</param>
    /// <param name="hashBlockTokens">Tokens of a block of the trace.</param>
    /// <param name="promptTokens">Length of the prompt.</param>
    /// <param name="blockTokens">Tokens of a block of the cache.</param>
    /// <param name="scope">Where equal content is equal: the number of <see cref="Scope" />.</param>
    /// <returns>
    /// As many keys as there are blocks within the whole blocks of the trace: a partial one says nothing about what follows
    /// in it.
    /// </returns>
    public static ulong[] Of(
        ReadOnlySpan<long> hashIds,
        int hashBlockTokens,
        int promptTokens,
        int blockTokens,
        ulong scope = 0
    )
    {
        var wholeIds = Math.Min(hashIds.Length, promptTokens / hashBlockTokens);
        var keys = new ulong[(int)((long)wholeIds * hashBlockTokens / blockTokens)];
        var chain = scope;
        var chained = 0;
        for (var block = 0; block < keys.Length; block++)
        {
            // The trace's block that holds the last token of this one stands for everything up to it.
            var end = (long)(block + 1) * blockTokens;
            var idsToEnd = (int)((end + hashBlockTokens - 1) / hashBlockTokens);
            while (chained < idsToEnd)
            {
                chain = Mix(chain ^ Mix((ulong)hashIds[chained++]));
            }

            keys[block] = Mix(chain + (ulong)end);
        }

        return keys;
    }

    /// <summary>A number for the adapter that makes keys and values of a prompt: those of another are not the same. 0 for none.</summary>
    public static ulong Scope(string? adapter)
    {
        if (adapter is null)
        {
            return 0;
        }

        var scope = 0UL;
        foreach (var octet in Encoding.UTF8.GetBytes(adapter))
        {
            scope = Mix(scope ^ octet);
        }

        return scope;
    }

    /// <summary>Key of a page that only its request can find again: it holds tokens that the request generated.</summary>
    public static ulong Own(long requestId, int page) => Mix(Mix(~(ulong)requestId) + (ulong)page);

    /// <summary>The finalizer of SplitMix64 (Steele, Lea and Flood, 2014); never 0, which is no key.</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return (value ^ (value >> 31)) | 1;
    }
}

/// <summary>The names of the blocks of a prompt that others can find: some blocks to a page, one page behind the other.</summary>
/// <param name="Keys">Keys of the pages, from the start of the prompt on.</param>
/// <param name="Slots">Blocks of each.</param>
internal readonly record struct PrefixPages(ulong[] Keys, int Slots)
{
    /// <summary>Nothing that others can find.</summary>
    public static PrefixPages None { get; } = new([], 1);

    /// <summary>Blocks that have a name.</summary>
    public int Blocks => Keys.Length * Slots;

    /// <summary>Names of the blocks of a prompt: a page for each block of the trace where these hold whole blocks of the cache, else for each of the cache.</summary>
    /// <param name="hashIds">One id for each block of the trace; the last one may be partial.</param>
    /// <param name="hashBlockTokens">Tokens of a block of the trace.</param>
    /// <param name="promptTokens">Length of the prompt.</param>
    /// <param name="blockTokens">Tokens of a block of the cache.</param>
    /// <param name="scope">Where equal content is equal.</param>
    public static PrefixPages Of(
        ReadOnlySpan<long> hashIds,
        int hashBlockTokens,
        int promptTokens,
        int blockTokens,
        ulong scope = 0
    )
    {
        var slots = hashBlockTokens % blockTokens == 0 ? hashBlockTokens / blockTokens : 1;
        return new(PrefixKeys.Of(hashIds, hashBlockTokens, promptTokens, blockTokens * slots, scope), slots);
    }
}

/// <summary>What is known of the content of a prompt, and of the answer: equal content has equal pages.</summary>
/// <param name="hashIds">One id for each block of the trace; more than the prompt has where the content of the answer is known as well.</param>
/// <param name="hashBlockTokens">Tokens of a block of the trace.</param>
/// <param name="promptTokens">Length of the prompt.</param>
/// <param name="outputTokens">Length of the answer.</param>
/// <param name="scope">Where equal content is equal: the number of <see cref="PrefixKeys.Scope" />.</param>
internal sealed class PromptContent(
    long[] hashIds,
    int hashBlockTokens,
    int promptTokens,
    int outputTokens = 0,
    ulong scope = 0
)
{
    /// <summary>Tokens, from the beginning of the prompt, whose content is known.</summary>
    private readonly int _knownTokens =
        hashIds.Length > ((promptTokens - 1) / hashBlockTokens) + 1
            ? promptTokens + outputTokens
            : promptTokens;

    private PrefixPages _pages;
    private int _blockTokens;

    /// <summary>Names of its blocks in a cache with blocks of that size; kept for the next instance that asks.</summary>
    public PrefixPages Pages(int blockTokens)
    {
        if (_blockTokens != blockTokens)
        {
            _pages = PrefixPages.Of(hashIds, hashBlockTokens, _knownTokens, blockTokens, scope);
            _blockTokens = blockTokens;
        }

        return _pages;
    }
}
