using System.Globalization;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Configurations as the aiconfigurator project collected them: times in milliseconds, one row a configuration.</summary>
internal sealed class SiliconLayout : IRowLayout
{
    private const double Millisecond = 1e-3;

    /// <summary>Accelerators of the largest node that tensor parallelism is used in.</summary>
    private const int LargestTp = 8;

    public string Name => "rows in the layout of aiconfigurator";

    public IReadOnlyList<string> Required { get; } =
    [
        "id",
        "engine",
        "model",
        "system",
        "precision",
        "mode",
        "input_tokens",
        "output_tokens",
        "concurrency",
        "ttft_ms",
        "tpot_ms",
    ];

    public IReadOnlyList<string> Known { get; } =
    [
        "id",
        "engine",
        "engine_version",
        "model",
        "system",
        "precision",
        "mode",
        "input_tokens",
        "output_tokens",
        "length_range",
        "concurrency",
        "requests",
        "tp",
        "pp",
        "attention_dp",
        "moe_tp",
        "moe_ep",
        "prefill_workers",
        "prefill_tp",
        "prefill_attention_dp",
        "prefill_moe_tp",
        "prefill_moe_ep",
        "decode_workers",
        "decode_batch",
        "decode_tp",
        "decode_attention_dp",
        "decode_moe_tp",
        "decode_moe_ep",
        "speculative",
        "ttft_ms",
        "tpot_ms",
    ];

    public MeasuredCase Row(RowCells cells, ModelCatalog models)
    {
        var isMixed = cells.Choice("mode", "agg", "disagg") == "agg";
        var deployment = new ServingDeployment
        {
            Engine = cells.Name("engine"),
            EngineVersion = VersionOf(cells.Name("engine"), cells.Text("engine_version")),
            Model = cells.Name("model"),
            System = cells.Name("system"),
            Precision = cells.Name("precision"),
            PipelineParallel = cells.Whole("pp", empty: 1),
            Mixed = isMixed ? Layout(cells, "", workers: 1) : null,
            Prefill = isMixed ? null : Layout(cells, "prefill_", cells.Whole("prefill_workers", empty: 1)),
            Decode = isMixed ? null : Layout(cells, "decode_", cells.Whole("decode_workers", empty: 1)),
        };
        var requests = cells.OptionalWhole("requests");
        var speculative = cells.Choice("speculative", "", "none", "mtp");
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        if (cells.Positive("ttft_ms", Millisecond) is { } ttft)
        {
            measured.Add("ttft_mean", ttft);
        }

        if (cells.Positive("tpot_ms", Millisecond) is { } tpot)
        {
            measured.Add("tpot_mean", tpot);
        }

        var range = cells.Positive("length_range") ?? 1;
        var (input, concurrency) = (cells.Whole("input_tokens"), cells.OptionalWhole("concurrency"));
        return new ServingRow
        {
            Id = cells.Name("id"),
            Labels = CaseLabels.Of(
                deployment,
                models,
                ("mode", cells.Text("mode")),
                ("tp", cells.Text("tp")),
                ("input_tokens", cells.Text("input_tokens")),
                ("output_tokens", cells.Text("output_tokens")),
                ("concurrency", cells.Text("concurrency")),
                ("length_range", cells.Text("length_range")),
                ("speculative", speculative.Length == 0 ? "not stated" : speculative)
            ),
            Doubt = Doubt(cells, deployment, speculative),
            Deployment = deployment,
            InputTokens = input,
            OutputTokens = cells.Whole("output_tokens"),
            LengthRange = range,
            Concurrency = concurrency,
            RequestCount = requests,
            Notices = requests is null ? [ServingRow.CountNotStated] : [],
            IsSpeculative = speculative == "mtp",
            Measured = measured,
        };
    }

    /// <summary>Versions of TensorRT-LLM below 0.9 are those of Dynamo, in which it ran.</summary>
    private static string VersionOf(string engine, string version) =>
        engine == "trtllm" && EngineDefaults.IsBefore(version, "0.9") ? "" : version;

    private static WorkerLayout Layout(RowCells cells, string prefix, int workers)
    {
        // Data parallelism 0 is none; experts 0 by 0 are not stated.
        int Ranks(string column) => Math.Max(1, cells.Whole(prefix + column, empty: 1, least: 0));
        return new WorkerLayout(
            workers,
            cells.Whole(prefix + "tp"),
            Ranks("attention_dp"),
            Ranks("moe_tp"),
            Ranks("moe_ep")
        );
    }

    /// <summary>What the collection's own notes call doubtful, and rows that leave out what decides them.</summary>
    private static string? Doubt(RowCells cells, ServingDeployment deployment, string speculative)
    {
        WorkerLayout?[] layouts = [deployment.Mixed, deployment.Prefill, deployment.Decode];
        if (
            Array.Exists(layouts, layout => layout?.Tp > LargestTp)
            || deployment.Mixed?.AttentionDp > LargestTp
        )
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"parallelism above {LargestTp}: a label of the whole deployment"
            );
        }

        if (deployment.Mixed is null && cells.Text("prefill_workers").Length == 0)
        {
            return "number of workers not stated: one of each is taken";
        }

        return (deployment.Model, deployment.System, deployment.Engine) switch
        {
            ("deepseek-ai/DeepSeek-R1", _, _) when speculative.Length == 0 =>
                "DeepSeek-R1 without a word on speculative decoding: a quarter to a third of such rows used it",
            ("Qwen/Qwen3-32B" or "nvidia/Qwen3-32B-NVFP4", "gb200", _) =>
                "Qwen3-32B on gb200: unsound at low concurrency",
            ("nvidia/Llama-3.1-8B-Instruct-FP8", "h200_sxm", "vllm") =>
                "Llama-3.1-8B-Instruct-FP8 on h200: impossibly fast at its concurrency",
            _ => null,
        };
    }
}
