using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>What came of a case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Figures">Measured and predicted; empty when it was not expressible.</param>
/// <param name="Reason">Why it was not; null when it was.</param>
/// <param name="Detail">What it was in this case.</param>
internal sealed record CaseOutcome(
    MeasuredCase Case,
    IReadOnlyList<ComparedFigure> Figures,
    string? Reason = null,
    string? Detail = null
)
{
    /// <summary>What was predicted, and what its times rest on; null where nothing was.</summary>
    public PredictionSubject? Subject { get; init; }
}
