namespace LlmSim.Performance;

/// <summary>What layers see of a context: its last tokens, those of one chunk, or those that an indexer chooses.</summary>
/// <param name="Field">Field of the config that says so.</param>
/// <param name="Tokens">Most tokens that a query sees, its own included.</param>
public sealed record AttentionWindow(string Field, int Tokens)
{
    /// <summary>Further iterations in which contexts of a mean length are seen as they grow, the one to come included; 0 when the window is full.</summary>
    /// <param name="meanContext">Their mean length.</param>
    /// <param name="tokensPerIteration">Tokens by which it grows in an iteration.</param>
    internal int GrowingIterations(double meanContext, double tokensPerIteration) =>
        meanContext < Tokens ? (int)Math.Floor((Tokens - meanContext) / tokensPerIteration) + 1 : 0;

    /// <summary>Pairs of query and key of a chunk of a prompt: what each query sees, summed.</summary>
    /// <param name="queries">Tokens of the chunk.</param>
    /// <param name="computed">Tokens before it.</param>
    public double Pairs(double queries, double computed)
    {
        // Queries that see all before them come first.
        var growing = Math.Clamp(Tokens - computed, 0, queries);
        return growing * computed + growing * (growing + 1) / 2 + (queries - growing) * Tokens;
    }

    /// <summary>Keys that a chunk of a prompt reads.</summary>
    /// <param name="queries">Tokens of the chunk.</param>
    /// <param name="computed">Tokens before it.</param>
    public double Keys(double queries, double computed) => queries + Math.Min(computed, Tokens - 1);
}
