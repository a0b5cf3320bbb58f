using System.Text.Json;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Every output of a run says what its times rest on.</summary>
public sealed class TierCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Header_table_json_csv_and_pictures_name_the_tier_and_its_errors()
    {
        var csv = _folder.File("summary.csv");
        string[] files = ["--csv_output", csv, "--plots", _folder.File("plots"), "--plots_format", "svg"];

        var text = CliRun.Of(["run", "--request_count", "50", .. files]);
        using var json = JsonDocument.Parse(CliRun.Of("run", "--request_count", "50", "--json", "-").Out);

        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Contains("Performance kernels, measured with vllm", text.Out, StringComparison.Ordinal);
        Assert.Contains("Error       ", text.Out, StringComparison.Ordinal);
        Assert.Contains("in nine of ten", text.Out, StringComparison.Ordinal);
        var root = json.RootElement;
        Assert.Equal("kernels", root.GetProperty("prediction").GetProperty("tier").GetString());
        var ranges = root.GetProperty("ranges").EnumerateArray().ToArray();
        Assert.Contains(ranges, range => range.GetProperty("figure").GetString() == "tpot_mean");
        var table = ResultTable.Open(csv);
        Assert.Equal("kernels", table.Texts("tier")[0][0]);
        foreach (var range in ranges)
        {
            var figure = range.GetProperty("figure").GetString()!;
            double Of(string name) => range.GetProperty(name).GetDouble();
            var name = figure.Split('_')[0];
            Assert.Equal(Of("seconds"), table.Numbers(figure)[0][0], 1e-12);
            Assert.Equal(
                Of("nine_of_ten_low_seconds"),
                table.Numbers($"{name}_mean_nine_of_ten_low")[0][0],
                1e-12
            );
            Assert.True(Of("nine_of_ten_low_seconds") <= Of("half_low_seconds"));
            Assert.True(Of("half_low_seconds") <= Of("half_high_seconds"));
            Assert.True(Of("half_high_seconds") <= Of("nine_of_ten_high_seconds"));
        }

        var pictures = Directory.GetFiles(_folder.File("plots"));
        Assert.NotEmpty(pictures);
        Assert.All(
            pictures,
            path =>
                Assert.Contains(
                    "tier kernels, measured to be off by TPOT",
                    File.ReadAllText(path),
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void Without_kernels_the_next_tier_is_taken_with_a_notice()
    {
        string[] run =
        [
            "run",
            "--request_count",
            "20",
            "--model",
            "meta-llama/Llama-3.1-8B",
            "--lambda_arrival",
            "0.2",
        ];
        var cluster = _folder.Write("cluster.json", """[{"hardware": "NVIDIA_V100", "tp_size": 4}]""");
        string[] files = ["--prefill_config", cluster, "--decode_config", cluster];

        var text = CliRun.Of([.. run, .. files]);
        var quiet = CliRun.Of([.. run, .. files, "--quiet"]);
        var bound = CliRun.Of([.. run, .. files, "--performance", "roofline"]);
        var kernels = CliRun.Of([.. run, .. files, "--performance", "kernels"]);

        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Contains("Performance roofline, a bound", text.Out, StringComparison.Ordinal);
        Assert.Contains("Notice      NVIDIA_V100: bare roofline", text.Out, StringComparison.Ordinal);
        Assert.Contains("llmsim: note: NVIDIA_V100: bare roofline", quiet.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Notice", bound.Out, StringComparison.Ordinal);
        Assert.Equal(Latencies(bound.Out), Latencies(text.Out));
        Assert.Equal((1, ""), (kernels.ExitCode, kernels.Out));
        Assert.Contains("they were on AMD_MI355X, NVIDIA_A100_80G", kernels.Error, StringComparison.Ordinal);

        static string Latencies(string output) =>
            output[output.IndexOf("Latency", StringComparison.Ordinal)..];
    }

    [Fact]
    public void The_reference_semantics_keep_the_roofline()
    {
        using var implied = JsonDocument.Parse(Json("--semantics", "reference"));
        using var given = JsonDocument.Parse(Json("--semantics", "reference", "--performance", "roofline"));

        Assert.Equal(
            "roofline",
            implied.RootElement.GetProperty("configuration").GetProperty("performance").GetString()
        );
        Assert.Equal(
            given.RootElement.GetProperty("summary").GetRawText(),
            implied.RootElement.GetProperty("summary").GetRawText()
        );

        static string Json(params string[] options) =>
            CliRun.Of(["run", "--request_count", "20", "--json", "-", .. options]).Out;
    }

    [Fact]
    public void A_sweep_has_the_tier_of_each_point_and_a_comparison_says_where_tiers_differ()
    {
        var csv = _folder.File("sweep.csv");
        string[] sweep = ["run", "--request_count", "30", "--seed", "1", "2", "--csv_output", csv];

        var run = CliRun.Of([
            .. sweep,
            "--performance",
            "kernels",
            "roofline",
            "--plots",
            _folder.File("plots"),
            "--plots_format",
            "svg",
        ]);
        var comparison = CliRun.Of("compare", csv, "--by", "performance", "--baseline", "roofline");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            ["kernels", "kernels", "roofline", "roofline"],
            ResultTable.Open(csv).Texts("tier")[0].Order()
        );
        Assert.Contains("Tier kernels: TTFT off by", run.Out, StringComparison.Ordinal);
        Assert.Contains("Rows of different tiers", run.Out, StringComparison.Ordinal);
        Assert.Contains("Tiers differ, roofline and kernels", comparison.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("error_median", comparison.Out, StringComparison.Ordinal);
        Assert.All(
            Directory.GetFiles(_folder.File("plots")),
            path =>
                Assert.Contains(
                    "rows differ in what their times rest on",
                    File.ReadAllText(path),
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void Options_that_only_the_roofline_reads_are_told_to_have_no_effect_beside_kernels()
    {
        string[] run = ["run", "--request_count", "20", "--quiet"];

        Assert.Equal("", CliRun.Of([.. run, "--attention_mask", "full"]).Error);
        Assert.Contains(
            "--attention_mask has no effect here",
            CliRun.Of([.. run, "--attention_mask", "full", "--performance", "auto"]).Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_profile_says_that_it_is_a_bound()
    {
        var run = CliRun.Of("profile");
        using var json = JsonDocument.Parse(CliRun.Of("profile", "--format", "json").Out);

        Assert.Contains("Times: bare roofline, a bound\n", run.Out, StringComparison.Ordinal);
        Assert.Equal("roofline", json.RootElement.GetProperty("tier").GetString());
    }

    [Fact]
    public void A_precision_that_no_measured_configuration_had_is_warned_of()
    {
        var run = CliRun.Of("run", "--request_count", "20", "--precision", "int8", "--json", "-");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(
            "llmsim: warning: beyond what the errors are of",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("precision", run.Error, StringComparison.Ordinal);
    }
}
