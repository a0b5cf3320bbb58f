using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>Iterations that repeat the planned one.</content>
internal abstract partial class IterationScheduler
{
    /// <summary>
    /// Whether nobody can be admitted after the planned iteration and each request can go on as in it, with its next token or the next part of
    /// its prompt, so that it repeats itself until a request has all its tokens or all its prompt, blocks run out, or somebody comes.
    /// </summary>
    public bool IsSteady { get; protected set; }

    /// <summary>Whether each part of a prompt is a plan of its own, because somebody is told of it.</summary>
    public bool PlansPartsAlone { get; set; }

    /// <summary>Told of requests that lose what has been computed of them; null for nobody.</summary>
    public Action<Request>? OnTakenOut { get; set; }

    /// <summary>How often the planned iteration can repeat itself, itself included, before a request ends or blocks run out.</summary>
    /// <param name="limit">Most to look for, at least 1.</param>
    public int SteadyIterations(int limit)
    {
        // What a part of a prompt makes findable is written to tiers when it is computed.
        if (!IsSteady || ((PlansPartsAlone || Cache.Tiers is not null) && IsOfPrompt))
        {
            return 1;
        }

        foreach (var sequence in _single)
        {
            // One that has just been admitted to decode has no drafts yet.
            var getsDrafts = Drafting is not null && sequence is { IsDecoding: true, Drafts: 0 };
            limit = Math.Min(limit, getsDrafts ? 1 : sequence.AlikeIterations);
            limit = Encoding is null ? limit : Math.Min(limit, ImageEncoding.IterationsToImage(sequence));
        }

        if (Decoding.Count > 0)
        {
            limit = (int)Math.Min(limit, Decoding.IterationsToFirstEnd);
        }

        if (HasBlocksToRepeat(limit))
        {
            return limit;
        }

        // The blocks for the first are taken already.
        var (enough, tooMany) = (1, limit);
        while (tooMany - enough > 1)
        {
            var middle = enough + ((tooMany - enough) / 2);
            if (HasBlocksToRepeat(middle))
            {
                enough = middle;
            }
            else
            {
                tooMany = middle;
            }
        }

        return enough;
    }

    /// <summary>Whether there are blocks for so many of the planned iteration in a row: nobody takes those that another one has reserved.</summary>
    private bool HasBlocksToRepeat(int iterations)
    {
        var blocks = Decoding.BlocksFor(iterations);
        var unreserved = Decoding.UnreservedBlocksFor(iterations);
        foreach (var sequence in _single)
        {
            var lacking = Math.Max(0, Cache.Lacking(sequence, sequence.TokensHeldIn(iterations)));
            blocks += lacking;
            unreserved += Math.Max(0, lacking - sequence.Reserved);
        }

        return blocks <= Cache.FreeInRow && unreserved <= Cache.Available;
    }

    /// <summary>Whether a part of a prompt is computed in each iteration of the plan.</summary>
    public bool IsOfPrompt
    {
        get
        {
            foreach (var sequence in _single)
            {
                if (sequence.Scheduled > 1)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>
    /// The planned iteration has ended so often, and begun once more: each request has what it got, and the blocks for the same again. Of
    /// iterations with a part of a prompt it is told one by one.
    /// </summary>
    public void Repeat(int iterations)
    {
        foreach (var sequence in _single)
        {
            if (sequence.IsDecoding)
            {
                var tokens = AdvanceDecoding(sequence, iterations);
                sequence.Request.DecodedTokens += tokens;
                sequence.Computed += tokens;
            }
            else
            {
                sequence.Computed += iterations * sequence.Scheduled;
            }
        }

        Decoding.Advance(iterations);
        OnRepeated(iterations);
        if (Decoding.Count > 0)
        {
            Decoding.ProvideNext();
        }

        foreach (var sequence in _single)
        {
            var grown = Cache.TryGrow(sequence, sequence.TokensHeldIn(1));
            Invariant.Require(grown, $"{sequence.Request} lacks KV blocks of an iteration that was planned");
            OnPlanned(sequence);
        }
    }

    /// <summary>The planned iteration has ended so often, and goes on.</summary>
    protected virtual void OnRepeated(int iterations) { }

    /// <summary>Whether those with a progress of their own can go on as in the planned iteration, with one prompt at most.</summary>
    protected bool AllSingleGoOn()
    {
        var prompts = 0;
        foreach (var sequence in _single)
        {
            prompts += sequence.IsDecoding ? 0 : 1;
            if (prompts > 1 || (!sequence.IsDecoding && !sequence.GoesOnWithPrompt))
            {
                return false;
            }
        }

        return true;
    }
}
