namespace LlmSim.Metrics;

/// <summary>What became of the tokens that instances computed, of prompts and answers.</summary>
internal struct TokenCounts
{
    /// <summary>Those of requests that finished, each counted once.</summary>
    public long Useful { get; private set; }

    /// <summary>Those that had been computed before, of requests that finished.</summary>
    public long Recomputed { get; private set; }

    /// <summary>Those of attempts that came to nothing.</summary>
    public long Wasted { get; private set; }

    public readonly long Computed => Useful + Recomputed + Wasted;

    /// <summary>A request has all its tokens.</summary>
    public void Use(Request request)
    {
        Useful += request.UsefulTokens;
        Recomputed += request.ComputedTokens - request.UsefulTokens;
    }

    /// <summary>An attempt has come to nothing.</summary>
    public void Waste(Request request) => Wasted += request.ComputedTokens;
}
