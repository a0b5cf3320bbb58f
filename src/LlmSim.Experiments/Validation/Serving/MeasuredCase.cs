using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>One measured configuration: what was served, how it was loaded and what was measured.</summary>
internal abstract record MeasuredCase
{
    /// <summary>Its name in the file, unique there.</summary>
    public required string Id { get; init; }

    /// <summary>What it may be chosen and classed by: engine, model, system and so on.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Why the measurement should not be believed; null for no reason known.</summary>
    public string? Doubt { get; init; }

    /// <summary>What the reader of a result should know about it.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Tokens that its simulation generates, about: the long ones are begun first.</summary>
    public abstract double Size { get; }

    /// <summary>What is predicted of it, and what the times rest on; null where errors are not told apart by that.</summary>
    /// <param name="context">What it is simulated with.</param>
    public virtual PredictionSubject? Subject(CaseContext context) => null;

    /// <summary>Simulates it.</summary>
    /// <exception cref="NotExpressibleException">The simulator has no words for it.</exception>
    public abstract IReadOnlyList<ComparedFigure> Simulate(
        CaseContext context,
        CancellationToken cancellation
    );
}

/// <summary>One figure, measured and predicted.</summary>
/// <param name="Id">The case; of an experiment in stages: its stage.</param>
/// <param name="Metric">"ttft_mean", "tpot_mean", "e2e_p90" and so on.</param>
/// <param name="Seconds">Both, in seconds.</param>
internal readonly record struct ComparedFigure(string Id, string Metric, MeasuredAndPredicted Seconds);

/// <summary>A configuration that the simulator has no words for.</summary>
/// <param name="reason">The kind of reason, which is counted.</param>
/// <param name="detail">What it is in this case.</param>
internal sealed class NotExpressibleException(string reason, string detail) : Exception(detail)
{
    public string Reason { get; } = reason;
}
