using MathNet.Numerics.RootFinding;

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
    public double MeanTokensPerIteration => Reached(Acceptance).Aggregate(1.0, (sum, next) => sum + next);

    /// <summary>So many drafts with the probability, equal at all positions, that gives so many tokens an iteration on average.</summary>
    /// <param name="method">Who drafts.</param>
    /// <param name="drafts">How many tokens.</param>
    /// <param name="meanTokens">The mean acceptance length, from 1 to one more than these.</param>
    internal static SpeculationSpec OfMeanTokens(DraftMethod method, int drafts, double meanTokens)
    {
        const double Accuracy = 1e-14;
        SpeculationSpec With(double acceptance) =>
            new()
            {
                Method = method,
                DraftTokens = drafts,
                Acceptance = [acceptance],
            };

        return With(Bisection.FindRoot(p => With(p).MeanTokensPerIteration - meanTokens, 0, 1, Accuracy));
    }

    /// <summary>By position: the probability that the drafts up to there are all accepted.</summary>
    /// <param name="acceptance">That of each when those before it were, as in <see cref="Acceptance" />.</param>
    internal double[] Reached(IReadOnlyList<double> acceptance)
    {
        var reached = new double[DraftTokens];
        for (var position = 0; position < DraftTokens; position++)
        {
            reached[position] =
                (position == 0 ? 1 : reached[position - 1])
                * acceptance[Math.Min(position, acceptance.Count - 1)];
        }

        return reached;
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
