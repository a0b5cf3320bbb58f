using System.Globalization;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Kernels;

/// <summary>
/// Iterations that mix chunks of prompts with decoding requests, and models with experts as one accelerator has them, measured on real
/// accelerators by bench/gpu/iterations.py.
/// </summary>
public sealed class MeasuredIterationsTests
{
    private static readonly string[] s_hardware = ["NVIDIA_H100_SXM", "NVIDIA_H200"];

    private static readonly (string Name, string Precision)[] s_models =
    [
        ("llama_8b", "bf16"),
        ("llama_8b", "fp8"),
        ("qwen3_30b_a3b", "bf16"),
        ("mixtral_8x7b_tp2", "bf16"),
        ("qwen3_235b_tp4", "fp8_block"),
    ];

    public static TheoryData<string, string, string> Measured
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var hardware in s_hardware)
            {
                foreach (var (name, precision) in s_models)
                {
                    data.Add(hardware, name, precision);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Measured))]
    public void The_roofline_is_a_bound(string hardware, string name, string precision)
    {
        var roofline = new RooflineModel(
            Model(name),
            Resolve(name, precision),
            Scenes.Instance(hardware, 1),
            Semantics.Standard
        );
        var rows = Rows(hardware, name, precision);

        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.InRange(roofline.Seconds(row.Batch), 0, row.Seconds));
    }

    [Theory]
    [MemberData(nameof(Measured))]
    public void Kernels_predict_iterations_that_decode(string hardware, string name, string precision) =>
        RequireErrors(
            hardware,
            Rows(hardware, name, precision).Where(row => row.Batch.PrefillRequests == 0),
            name,
            precision,
            largestMedian: 0.1,
            fastest: -0.2,
            slowest: 0.3
        );

    /// <summary>
    /// Accelerators at the limit of their power lower their clock, which no table of single operations has; our kernels for Mixtral's experts are slower than vLLM's.
    /// </summary>
    [Theory]
    [MemberData(nameof(Measured))]
    public void Kernels_are_at_most_a_third_too_fast_with_chunks(
        string hardware,
        string name,
        string precision
    ) =>
        RequireErrors(
            hardware,
            Rows(hardware, name, precision).Where(row => row.Batch.PrefillRequests > 0),
            name,
            precision,
            largestMedian: name.StartsWith("mixtral", StringComparison.Ordinal) ? 0.32 : 0.24,
            fastest: -0.35,
            slowest: 0.2
        );

    private static void RequireErrors(
        string hardware,
        IEnumerable<Row> rows,
        string name,
        string precision,
        double largestMedian,
        double fastest,
        double slowest
    )
    {
        var kernels = new KernelModel(
            KernelCatalog.Find(hardware, "vllm")!,
            Model(name),
            Resolve(name, precision),
            Scenes.Instance(hardware, 1),
            Semantics.Standard
        );
        double[] errors =
        [
            .. rows.Where(row => row.IsReplayed).Select(row => kernels.Seconds(row.Batch) / row.Seconds - 1),
        ];

        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.InRange(error, fastest, slowest));
        var absolute = errors.Select(Math.Abs).Order().ToArray();
        Assert.InRange(absolute[absolute.Length / 2], 0, largestMedian);
    }

    private static Precision Resolve(string name, string precision) =>
        new PrecisionRequest { Format = precision, KvFormat = "bf16" }.Resolve(Model(name));

    /// <summary>The shapes that one accelerator had: of a model that is divided its share, without the collectives.</summary>
    private static ModelDescription Model(string name) =>
        name switch
        {
            "qwen3_30b_a3b" => ModelCatalog.BuiltIn.Get("Qwen/Qwen3-30B-A3B"),
            "mixtral_8x7b_tp2" => Share(ModelCatalog.BuiltIn.Get("mistralai/Mixtral-8x7B-v0.1"), 2),
            "qwen3_235b_tp4" => Share(ModelCatalog.BuiltIn.Get("Qwen/Qwen3-235B-A22B"), 4),
            _ => ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B"),
        };

    private static ModelDescription Share(ModelDescription model, int ranks) =>
        model with
        {
            Attention = model.Attention with
            {
                Heads = model.AttentionHeads / ranks,
                KvHeads = model.KvHeads / ranks,
            },
            IntermediateSize = model.IntermediateSize / ranks,
            VocabularySize = model.VocabularySize / ranks,
            MixtureOfExperts = model.MixtureOfExperts! with
            {
                ExpertIntermediateSize = model.MixtureOfExperts!.ExpertIntermediateSize / ranks,
            },
        };

    /// <summary>Of mixed iterations and of those in short runs and under load.</summary>
    private static List<Row> Rows(string hardware, string name, string precision) =>
        [
            .. new[] { "iterations", "power" }
                .SelectMany(table => Table(table, hardware))
                .Where(row =>
                    row["kind"] == "iteration"
                    && row["name"] == name
                    && row["precision"] == precision
                    && row["launch"] != "after_idle"
                )
                .Select(row => new Row(
                    Batch(
                        Int(row["requests"]),
                        Int(row["context"]),
                        Int(row["chunk"]),
                        Int(row.GetValueOrDefault("earlier", "0"))
                    ),
                    row["launch"] is "graph" or "paused",
                    double.Parse(row["seconds"], CultureInfo.InvariantCulture)
                )),
        ];

    private static IEnumerable<Dictionary<string, string>> Table(string table, string hardware)
    {
        var file = $"{table}_{hardware["NVIDIA_".Length..].ToLowerInvariant()}.csv";
        var lines = File.ReadLines(Path.Combine(Repository.Root, "docs", "data", file))
            .Select(line => line.Split(','))
            .ToList();
        return lines
            .Skip(1)
            .Select(cells => lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second));
    }

    private static IterationBatch Batch(int requests, int context, int chunk, int earlier)
    {
        var prompt = chunk > 0 ? IterationBatch.OfPrompt(earlier + chunk, earlier) : new();
        var computed = Math.Max(0, context - 1);
        return prompt with
        {
            DecodeRequests = requests,
            DecodeComputedTokens = (long)requests * computed,
            DecodeComputedTokensMin = computed,
            DecodeComputedTokensMax = computed,
        };
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Row(IterationBatch Batch, bool IsReplayed, double Seconds);
}
