using System.Text.RegularExpressions;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Rows of the InferenceX benchmark: times in seconds, one row a configuration and concurrency.</summary>
internal sealed partial class InferenceXLayout : IRowLayout
{
    /// <summary>The benchmark draws lengths from this share of the longest up to it.</summary>
    private const double LengthRange = 0.8;

    private const int LargestTp = 8;

    /// <summary>Measured columns that are compared. Gaps between tokens are not: several tokens come in one message there.</summary>
    private static readonly string[] s_metrics = ["ttft", "tpot", "e2el"];

    private static readonly (string Column, string Statistic)[] s_statistics =
    [
        ("mean", "mean"),
        ("median", "p50"),
        ("p99", "p99"),
    ];

    /// <summary>The rows have no names; these columns tell them apart.</summary>
    private static readonly string[] s_idColumns =
    [
        "hardware",
        "framework",
        "precision",
        "spec_method",
        "prefill_num_workers",
        "prefill_tp",
        "prefill_ep",
        "prefill_dp_attention",
        "decode_num_workers",
        "decode_tp",
        "decode_ep",
        "decode_dp_attention",
        "num_decode_gpu",
        "isl",
        "osl",
        "conc",
        "date",
        "mean_ttft",
    ];

    public string Name => "rows in the layout of InferenceX";

    public IReadOnlyList<string> Required { get; } =
    [
        "model",
        "hardware",
        "framework",
        "precision",
        "spec_method",
        "disagg",
        "isl",
        "osl",
        "conc",
        "mean_ttft",
        "mean_tpot",
    ];

    public IReadOnlyList<string> Known { get; } =
    [
        "model",
        "hardware",
        "framework",
        "image",
        "precision",
        "spec_method",
        "disagg",
        "is_multinode",
        "prefill_tp",
        "prefill_ep",
        "prefill_dp_attention",
        "prefill_num_workers",
        "decode_tp",
        "decode_ep",
        "decode_dp_attention",
        "decode_num_workers",
        "num_prefill_gpu",
        "num_decode_gpu",
        "isl",
        "osl",
        "conc",
        "date",
        .. s_metrics.SelectMany(metric => s_statistics.Select(statistic => $"{statistic.Column}_{metric}")),
        "mean_itl",
        "p99_itl",
        "tput_per_gpu",
        "output_tput_per_gpu",
        "avg_power_w",
        "joules_per_output_token",
    ];

    public MeasuredCase Row(RowCells cells, ModelCatalog models)
    {
        var isDisaggregated = cells.Flag("disagg");
        var speculative = cells.Choice("spec_method", "none", "mtp");
        var deployment = new ServingDeployment
        {
            Engine = Engine(cells.Name("framework")),
            EngineVersion = Version(cells.Text("image")),
            Model = cells.Name("model"),
            System = cells.Name("hardware"),
            Precision = cells.Name("precision"),
            Mixed = isDisaggregated ? null : Layout(cells, "decode", workers: 1),
            Prefill = isDisaggregated ? Layout(cells, "prefill", Workers(cells, "prefill")) : null,
            Decode = isDisaggregated ? Layout(cells, "decode", Workers(cells, "decode")) : null,
            Speculation = speculative == "mtp" ? Drafts(cells) : null,
        };
        return new ServingRow
        {
            Id = Id(cells),
            Labels = CaseLabels.Of(
                deployment,
                models,
                ("mode", isDisaggregated ? "disagg" : "agg"),
                ("tp", cells.Text("decode_tp")),
                ("input_tokens", cells.Text("isl")),
                ("output_tokens", cells.Text("osl")),
                ("concurrency", cells.Text("conc")),
                ("framework", cells.Text("framework")),
                ("speculative", speculative),
                ("date", cells.Text("date"))
            ),
            Doubt = Doubt(cells, deployment, isDisaggregated),
            Deployment = deployment,
            InputTokens = cells.Whole("isl"),
            OutputTokens = cells.Whole("osl"),
            LengthRange = LengthRange,
            Concurrency = cells.Whole("conc"),
            IsSpeculative = speculative == "mtp",
            Measured = Measured(cells),
        };
    }

    private static string Id(RowCells cells) => string.Join('_', s_idColumns.Select(cells.Text));

    private static SpeculationSpec? Drafts(RowCells cells) =>
        cells.Positive("mean_itl") is { } gap && cells.Positive("mean_tpot") is { } tpot
            ? InferenceXDrafts.Of(
                cells.Name("framework"),
                cells.Name("hardware").StartsWith("mi", StringComparison.Ordinal),
                cells.Flag("decode_dp_attention"),
                gap,
                tpot
            )
            : null;

    private static string Engine(string framework) =>
        framework.Contains("sglang", StringComparison.Ordinal) ? "sglang"
        : framework.Contains("trt", StringComparison.Ordinal) ? "trtllm"
        : framework.Contains("vllm", StringComparison.Ordinal) ? "vllm"
        : framework;

    /// <summary>That of SGLang's images, such as lmsysorg/sglang:v0.5.12-cu130; others do not tell the engine's.</summary>
    private static string Version(string image) => SglangImage().Match(image).Groups["version"].Value;

    [GeneratedRegex(
        @"sglang\S*?[:-]v?(?<version>\d+\.\d+\.\d+(\.post\d+)?)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SglangImage();

    private static int Workers(RowCells cells, string stage) =>
        Math.Max(1, cells.Whole($"{stage}_num_workers", empty: 1, least: 0));

    private static WorkerLayout Layout(RowCells cells, string stage, int workers)
    {
        var experts = cells.Whole($"{stage}_ep", empty: 1);
        // Some rows of SGLang with MoRI give the width of attention, 1, where others give the ranks of a worker; experts are divided over these.
        var ranks = Math.Max(experts, cells.Whole($"{stage}_tp"));
        var isDataParallel = cells.Flag($"{stage}_dp_attention");
        return new WorkerLayout(
            workers,
            isDataParallel ? 1 : ranks,
            isDataParallel ? ranks : 1,
            Math.Max(1, ranks / experts),
            experts
        );
    }

    private static string? Doubt(RowCells cells, ServingDeployment deployment, bool isDisaggregated) =>
        isDisaggregated && cells.Whole("decode_num_workers", empty: 0, least: 0) == 0
            ? "number of workers not stated: one of each is taken"
        : deployment.Mixed?.Tp > LargestTp || deployment.Decode?.Tp > LargestTp
            ? "tensor parallelism above a node: a label of the whole deployment"
        : null;

    private static Dictionary<string, double> Measured(RowCells cells)
    {
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var metric in s_metrics)
        {
            foreach (var (column, statistic) in s_statistics)
            {
                if (cells.Positive($"{column}_{metric}") is { } seconds)
                {
                    measured.Add($"{(metric == "e2el" ? "e2e" : metric)}_{statistic}", seconds);
                }
            }
        }

        return measured;
    }
}
