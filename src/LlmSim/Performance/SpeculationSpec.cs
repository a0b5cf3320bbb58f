namespace LlmSim.Performance;

/// <summary>
/// Speculative decoding (Leviathan et al., arXiv:2211.17192): in each iteration that decodes, an engine verifies draft tokens of each request beside
/// its next one, and those up to the first that is rejected count.
/// </summary>
public sealed record SpeculationSpec
{
    /// <summary>Drafts are counted in iterations of a few tokens; engines allow no more.</summary>
    internal const int MostDraftTokens = 16;

    /// <summary>Who drafts (method).</summary>
    public required DraftMethod Method { get; init; }

    /// <summary>Draft tokens of a request in an iteration, from 1 to 16 (num_speculative_tokens).</summary>
    public required int DraftTokens { get; init; }

    /// <summary>
    /// Probability that a draft token is accepted when those before it were, by its position, from 0 to 1 (acceptance). The last one stands for all
    /// further positions.
    /// </summary>
    public required IReadOnlyList<double> Acceptance { get; init; }

    /// <summary>The same for requests of some classes (acceptance_by_class).</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> AcceptanceByClass { get; init; } =
        new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>The model that drafts, under <see cref="DraftMethod.DraftModel" /> (model); on as many accelerators as the one that verifies.</summary>
    public ModelDescription? DraftModel { get; init; }

    /// <summary>
    /// Seconds that drafting takes in an iteration beside the computation of the drafter, at least 0 (draft_seconds): all that n-grams take.
    /// </summary>
    public double DraftSeconds { get; init; }

    /// <summary>
    /// Tokens that a request gets in an iteration on average. With the same probability p at k positions (1 − p^(k+1)) / (1 − p).
    /// </summary>
    public double MeanTokensPerIteration
    {
        get
        {
            var (tokens, reached) = (1.0, 1.0);
            for (var position = 0; position < DraftTokens; position++)
            {
                reached *= Acceptance[Math.Min(position, Acceptance.Count - 1)];
                tokens += reached;
            }

            return tokens;
        }
    }
}

/// <summary>Who drafts tokens.</summary>
public enum DraftMethod
{
    /// <summary>A layer of the model that was trained for it (multi-token prediction), once for each draft token.</summary>
    Mtp,

    /// <summary>A layer like those of the model, trained for it afterwards (EAGLE), once for each draft token.</summary>
    Eagle,

    /// <summary>A smaller model with the same vocabulary, once for each draft token.</summary>
    DraftModel,

    /// <summary>What followed the same words before: no model.</summary>
    Ngram,
}
