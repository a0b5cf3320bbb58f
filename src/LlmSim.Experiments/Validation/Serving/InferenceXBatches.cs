using System.Globalization;
using nietras.SeparatedValues;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// Most requests at once of a decode rank in InferenceX's disaggregated deployments of TensorRT-LLM, by the names of their recipes
/// (github.com/SemiAnalysisAI/InferenceX, .github/configs/nvidia-master.yaml; for a group each rank's own). Clients beyond it wait for their first token.
/// </summary>
internal static class InferenceXBatches
{
    private static readonly Lazy<Dictionary<string, int>> s_batches = new(Read);

    /// <summary>Of a deployment under a load; null where no recipe is known.</summary>
    public static int? Of(ServingDeployment deployment, WorkerLayout decode, ServingRow row)
    {
        var key = Key(
            deployment.System.Split('_')[0],
            deployment.Precision,
            deployment.Speculation is null ? "none" : "mtp",
            row.InputTokens,
            row.OutputTokens,
            decode.Workers,
            decode.Tp * decode.AttentionDp,
            Math.Max(1, decode.ExpertEp),
            decode.AttentionDp > 1 ? "true" : "false",
            row.Concurrency ?? 0
        );
        return s_batches.Value.TryGetValue(key, out var batch) ? batch : null;
    }

    private static Dictionary<string, int> Read()
    {
        using var stream = typeof(InferenceXBatches).Assembly.GetManifestResourceStream(
            "benchmarks/inferencex-decode-batches.csv"
        )!;
        using var reader = Sep.New(',').Reader().From(stream);
        var batches = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in reader)
        {
            var cells = row[..].ToStringsArray();
            batches.Add(Key([.. cells[..^1]]), int.Parse(cells[^1], CultureInfo.InvariantCulture));
        }

        return batches;
    }

    private static string Key(params IReadOnlyList<object> parts) =>
        string.Join(',', parts.Select(part => Convert.ToString(part, CultureInfo.InvariantCulture)));
}
