using System.Globalization;

namespace LlmSim.Experiments;

/// <summary>Output predictors by name.</summary>
internal static class OutputPredictors
{
    private const string NoisyPrefix = "noisy:sigma=";
    private const double MaxSigma = 10;

    /// <summary>Reads <c>none</c>, <c>oracle</c> or <c>noisy:sigma=0.3</c>.</summary>
    /// <exception cref="UserErrorException">It is none of these.</exception>
    public static OutputPredictor Parse(string text) =>
        text switch
        {
            "none" => OutputPredictor.None,
            "oracle" => new OutputPredictor(OutputPredictorKind.Oracle),
            _ when IsNoisy(text, out var sigma) => new OutputPredictor(
                OutputPredictorKind.NoisyOracle,
                sigma
            ),
            _ => throw new UserErrorException(
                $"--output_predictor: found '{text}'; allowed: none, oracle, {NoisyPrefix}NUMBER from 0 to {MaxSigma}."
                    + Suggestion.For(text, ["none", "oracle", "noisy:sigma=0.3"])
            ),
        };

    private static bool IsNoisy(string text, out double sigma)
    {
        sigma = 0;
        return text.StartsWith(NoisyPrefix, StringComparison.Ordinal)
            && double.TryParse(text.AsSpan(NoisyPrefix.Length), CultureInfo.InvariantCulture, out sigma)
            && sigma is >= 0 and <= MaxSigma;
    }
}
