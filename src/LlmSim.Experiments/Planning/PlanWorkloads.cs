using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Planning;

/// <summary>Workloads by a word: the lengths of a published trace as lognormal ones.</summary>
internal static class PlanWorkloads
{
    // Azure's public LLM inference traces of 2023 (Patel et al., Splitwise, ISCA 2024): means, and the deviation of the logarithm of outputs.
    private static readonly Dictionary<
        string,
        (double InputMean, double OutputMean, double OutputSigma)
    > s_all = new(StringComparer.Ordinal) { ["chat"] = (1155, 211, 0.86) };

    /// <summary>The words.</summary>
    public static IEnumerable<string> Names => s_all.Keys;

    /// <summary>The options that a word stands for.</summary>
    public static IReadOnlyList<Setting> Settings(string name)
    {
        var (inputMean, outputMean, outputSigma) = s_all[name];
        return
        [
            new("request_source", "lognormal"),
            new("input_mean", Text(inputMean)),
            new("output_mean", Text(outputMean)),
            new("output_sigma", Text(outputSigma)),
        ];
    }

    private static string Text(double value) =>
        value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
