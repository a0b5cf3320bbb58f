using System.Globalization;
using LlmSim.Policies;

namespace LlmSim.Experiments;

/// <summary>Output predictors by name: those that know the true length, and policies that do not.</summary>
internal static class OutputPredictors
{
    private const string NoisyPrefix = "noisy:sigma=";
    private const double MaxSigma = 10;

    private static readonly string[] s_examples = ["none", "oracle", "noisy:sigma=0.3"];

    /// <summary>Whether a text means a policy and not one of those that know the true length.</summary>
    public static bool IsPolicy(string text) =>
        text is not ("none" or "oracle") && text.Split(':')[0] != "noisy";

    /// <summary>Reads <c>none</c>, <c>oracle</c> or <c>noisy:sigma=0.3</c>; a policy is none of them.</summary>
    /// <param name="text">The predictor.</param>
    /// <param name="policies">Has the policies that predict.</param>
    /// <exception cref="UserErrorException">It is none of these, and no policy.</exception>
    public static OutputPredictor Parse(string text, PolicyCatalog policies)
    {
        string[] names =
        [
            .. policies
                .All.Where(policy => policy.Decisions.HasFlag(PolicyDecisions.OutputPredictor))
                .Select(policy => policy.Name),
        ];
        return text switch
        {
            "none" => OutputPredictor.None,
            "oracle" => new OutputPredictor(OutputPredictorKind.Oracle),
            _ when IsNoisy(text, out var sigma) => new OutputPredictor(
                OutputPredictorKind.NoisyOracle,
                sigma
            ),
            _ when names.Contains(text.Split(':')[0]) => OutputPredictor.None,
            _ => throw new UserErrorException(
                $"--output_predictor: found '{text}'; allowed: none, oracle, {NoisyPrefix}NUMBER from 0 to {MaxSigma}, {string.Join(", ", names)}."
                    + Suggestion.For(text, s_examples.Concat(names))
            ),
        };
    }

    private static bool IsNoisy(string text, out double sigma)
    {
        sigma = 0;
        return text.StartsWith(NoisyPrefix, StringComparison.Ordinal)
            && double.TryParse(text.AsSpan(NoisyPrefix.Length), CultureInfo.InvariantCulture, out sigma)
            && sigma is >= 0 and <= MaxSigma;
    }
}
