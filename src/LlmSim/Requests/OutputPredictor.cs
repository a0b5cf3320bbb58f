using LlmSim.Kernel;
using MathNet.Numerics.Distributions;

namespace LlmSim.Requests;

/// <summary>Kinds of output-length predictors.</summary>
public enum OutputPredictorKind
{
    /// <summary>Policies are told nothing.</summary>
    None,

    /// <summary>Policies are told the true length: an upper bound of what prediction can give.</summary>
    Oracle,

    /// <summary>The true length times a lognormal error with median 1.</summary>
    NoisyOracle,
}

/// <summary>What a policy is told about how long an output will be. It never sees the true length otherwise.</summary>
/// <param name="Kind">The predictor.</param>
/// <param name="Sigma">Standard deviation of the logarithm of the error, for <see cref="OutputPredictorKind.NoisyOracle" />.</param>
public sealed record OutputPredictor(OutputPredictorKind Kind, double Sigma = 0)
{
    /// <summary>No prediction.</summary>
    public static OutputPredictor None { get; } = new(OutputPredictorKind.None);

    internal int? Predict(int outputTokens, RandomStream errors) =>
        Kind switch
        {
            OutputPredictorKind.None => null,
            OutputPredictorKind.Oracle => outputTokens,
            OutputPredictorKind.NoisyOracle => (int)
                Math.Clamp(Math.Round(LogNormal.Sample(errors, 0, Sigma) * outputTokens), 1, int.MaxValue),
            _ => throw new InvariantViolationException($"unknown predictor {Kind}"),
        };
}
