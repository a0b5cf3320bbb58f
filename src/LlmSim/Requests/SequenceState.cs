using LlmSim.Kernel;
using LlmSim.Memory;

namespace LlmSim.Requests;

/// <summary>A request as the batched instance that serves it knows it.</summary>
/// <param name="request">The request.</param>
/// <param name="content">Names of the blocks that others may share: of its prompt, and of the answer where its content is known.</param>
/// <param name="promptBlocks">Blocks that its prompt fills.</param>
internal sealed class SequenceState(Request request, PrefixPages content, int promptBlocks)
{
    /// <summary>Blocks of a page that holds what the request generated.</summary>
    private const int OwnSlots = 32;

    private List<int>? _foundImages;

    public Request Request { get; } = request;

    /// <summary>Blocks that it holds.</summary>
    public int Blocks { get; set; }

    /// <summary>Those that have a name, in the order of its tokens; the others lie behind them.</summary>
    public List<HeldBlocks> Named { get; } = [];

    /// <summary>How many these are.</summary>
    public int NamedBlocks { get; set; }

    /// <summary>Free blocks that nobody else is given.</summary>
    public int Reserved { get; set; }

    /// <summary>Blocks that it holds beside those of its tokens, while it holds any.</summary>
    public int BlocksBeside { get; init; }

    /// <summary>Whether it holds those.</summary>
    public bool HoldsBeside { get; set; }

    /// <summary>The adapter that it asks for; null for none.</summary>
    public AdapterState? Adapter { get; init; }

    /// <summary>Since when it might have been admitted, had its adapter a slot; null while that is not so.</summary>
    public SimTime? LacksSlotSince { get; set; }

    /// <summary>Blocks that are being read for it from tiers; null for none.</summary>
    public KvRead? Reading { get; set; }

    /// <summary>Reads that bring blocks for it to nearer tiers.</summary>
    public int Prefetches { get; set; }

    /// <summary>Whether it has been put aside when it was its turn, until blocks had come.</summary>
    public bool WasPutAside { get; set; }

    /// <summary>Whether some were read since it began to wait.</summary>
    public bool HasRead { get; set; }

    /// <summary>Tokens that are known: the prompt and what was generated.</summary>
    public int Length => Request.InputTokens + Request.GeneratedTokens;

    /// <summary>Tokens whose KV cache is there when the planned iteration begins.</summary>
    public int Computed { get; set; }

    /// <summary>Tokens whose KV cache came from another instance; a preemption loses them.</summary>
    public int Arrived { get; set; }

    /// <summary>Tokens that were there when it was admitted, and need not be computed.</summary>
    public int Found { get; set; }

    /// <summary>Counts what has been computed of it for its request.</summary>
    public void CountComputed()
    {
        Request.CountComputed(Found, Computed);
        Found = Computed;
    }

    /// <summary>Tokens of the planned iteration.</summary>
    public int Scheduled { get; set; }

    /// <summary>Draft tokens that the planned iteration verifies beside them.</summary>
    public int Drafts { get; set; }

    /// <summary>Leading pictures of its prompt that are encoded, or are by the planned iteration.</summary>
    public int ReadyImages { get; set; }

    /// <summary>Those of them that are part of what has been computed.</summary>
    public int PassedImages { get; set; }

    /// <summary>Those that were encoded before the planned iteration.</summary>
    public int FirstPlannedImage { get; private set; }

    /// <summary>Those that were found as the iteration was planned.</summary>
    public List<int> FoundImages => _foundImages ??= [];

    /// <summary>An iteration is to be planned.</summary>
    public void BeginImages()
    {
        FirstPlannedImage = ReadyImages;
        _foundImages?.Clear();
    }

    /// <summary>How it comes to its last token; null until it decodes, and without speculative decoding.</summary>
    public DecodePace? Pace { get; set; }

    /// <summary>Iterations until it has all its tokens.</summary>
    public int IterationsLeft => Pace?.IterationsLeft ?? RemainingTokens;

    /// <summary>Iterations until it has the first token of its answer; the end of numbers when it does not think.</summary>
    public long IterationsToAnswer =>
        Request.TokensToAnswer is not { } tokens ? long.MaxValue : Pace?.IterationsTo(tokens) ?? tokens;

    /// <summary>Whether it has all but the KV cache of its last token, so that the next iteration gives it another one.</summary>
    public bool IsBeforeNextToken => Computed + 1 == Length && Request.GeneratedTokens > 0;

    /// <summary>Tokens that it needs blocks for by the last of so many iterations like the planned one.</summary>
    public int TokensHeldIn(int iterations) =>
        Drafts > 0 ? TokensHeldDecoding(iterations, Drafts) : Computed + (iterations * Scheduled);

    /// <summary>The same for iterations that give it tokens and verify so many drafts.</summary>
    public int TokensHeldDecoding(int iterations, int drafts) =>
        Computed + (Pace?.TokensIn(iterations - 1) ?? (iterations - 1)) + 1 + drafts;

    /// <summary>Where it stands in the order in which requests joined the batch.</summary>
    public long Join { get; set; }

    /// <summary>Leading blocks that have been made findable.</summary>
    public int Published { get; set; }

    /// <summary>Whether it needs no further iteration here.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Estimated time of the prefill that it waits for.</summary>
    public SimTime PrefillAhead { get; set; }

    /// <summary>Whether the planned iteration gives it its next token and computes nothing else.</summary>
    public bool IsDecoding => Scheduled == 1 && IsBeforeNextToken;

    /// <summary>Whether the planned iteration computes all that is known, and so yields the next token.</summary>
    public bool CompletesNow => Scheduled > 0 && Computed + Scheduled == Length;

    /// <summary>Whether the planned iteration computes a part of its prompt and not the end of it.</summary>
    public bool GoesOnWithPrompt => Scheduled > 1 && Request.GeneratedTokens == 0 && !CompletesNow;

    /// <summary>Iterations that can give it what the planned one does: up to its last token or the first of its answer, or short of the end of its prompt.</summary>
    public int AlikeIterations =>
        GoesOnWithPrompt
            ? (Length - Computed - 1) / Scheduled
            : (int)Math.Min(IterationsLeft, IterationsToAnswer);

    /// <summary>Tokens that it is owed yet.</summary>
    public int RemainingTokens => Request.TraceOutputTokens - Request.GeneratedTokens;

    /// <summary>Blocks of its prompt that others may share.</summary>
    public int SharedBlocks { get; } = Math.Min(content.Blocks, promptBlocks);

    /// <summary>Blocks that others may share once it has ended: those of the answer among them where its content is known.</summary>
    public int SharedBlocksAtEnd => content.Blocks;

    /// <summary>Pages of those.</summary>
    public PrefixPages Content => content;

    /// <summary>Name of a block: a shared one of known content, behind those the request's own.</summary>
    public BlockName NameOf(int block)
    {
        if (block < content.Blocks)
        {
            var (page, slot) = Math.DivRem(block, content.Slots);
            return new(content.Keys[page], slot, content.Slots);
        }

        var (ownPage, ownSlot) = Math.DivRem(block - content.Blocks, OwnSlots);
        return new(PrefixKeys.Own(Request.Id, ownPage), ownSlot, OwnSlots);
    }
}

/// <summary>Where a block is found.</summary>
/// <param name="Page">Its page.</param>
/// <param name="Slot">Its slot there.</param>
/// <param name="Slots">Slots of the page; the blocks behind it are in those that follow.</param>
internal readonly record struct BlockName(ulong Page, int Slot, int Slots)
{
    /// <summary>Blocks from this one to the end of its page.</summary>
    public int ToEnd => Slots - Slot;
}
