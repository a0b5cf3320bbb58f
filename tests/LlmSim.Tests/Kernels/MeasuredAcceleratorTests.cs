using System.Globalization;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Kernels;

/// <summary>Whole iterations of a Llama-shaped model, measured on real accelerators by bench/gpu/measure.py.</summary>
public sealed class MeasuredAcceleratorTests
{
    private static readonly ModelDescription s_llama8B = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B");

    [Theory]
    [InlineData("NVIDIA_H100_SXM", "bf16")]
    [InlineData("NVIDIA_H100_SXM", "fp8")]
    [InlineData("NVIDIA_H200", "bf16")]
    [InlineData("NVIDIA_H200", "fp8")]
    public void The_roofline_is_a_bound(string hardware, string precision)
    {
        var roofline = new RooflineModel(
            s_llama8B,
            Resolve(precision),
            Scenes.Instance(hardware, 1),
            Semantics.Standard
        );

        Assert.All(Rows(hardware, precision), row => Assert.InRange(row.Predict(roofline), 0, row.Seconds));
    }

    [Theory]
    [InlineData("NVIDIA_H100_SXM", "bf16")]
    [InlineData("NVIDIA_H100_SXM", "fp8")]
    [InlineData("NVIDIA_H200", "bf16")]
    [InlineData("NVIDIA_H200", "fp8")]
    public void Kernels_that_others_measured_predict_the_whole(string hardware, string precision)
    {
        var kernels = new KernelModel(
            KernelCatalog.Find(hardware, "vllm")!,
            s_llama8B,
            Resolve(precision),
            Scenes.Instance(hardware, 1),
            Semantics.Standard
        );

        double[] errors =
        [
            .. Rows(hardware, precision)
                .Select(row => Math.Abs(row.Predict(kernels) / row.Seconds - 1))
                .Order(),
        ];
        Assert.True(errors.Length >= 8, $"{errors.Length} rows");
        Assert.InRange(errors[errors.Length / 2], 0, 0.08);
        Assert.InRange(errors[^1], 0, 0.15);
    }

    private static Precision Resolve(string precision) =>
        new PrecisionRequest { Format = precision, KvFormat = "bf16" }.Resolve(s_llama8B);

    /// <summary>The faster of the attention kernels that were tried counts: engines choose, too.</summary>
    private static List<Row> Rows(string hardware, string precision)
    {
        var file = $"measured_{hardware["NVIDIA_".Length..].ToLowerInvariant()}.csv";
        return
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "docs", "data", file))
                .Select(line => line.Split(','))
                .Where(cells =>
                    cells[0] is "decode" or "prefill" && cells[2] == precision && cells[8] == "graph"
                )
                .Select(cells => new Row(
                    cells[0] == "decode",
                    Int(cells[3]),
                    Int(cells[4]),
                    Number(cells[9])
                ))
                .GroupBy(row => row with { Seconds = 0 })
                .Select(rows => rows.MinBy(row => row.Seconds)!),
        ];
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Row(bool IsDecode, int Requests, int Tokens, double Seconds)
    {
        public double Predict(IPerformanceModel model) =>
            IsDecode
                ? model.DecodeSeconds(new DecodeBatch(Requests, (long)Requests * Tokens, Tokens))
                : model.PrefillSeconds(Tokens);
    }
}
