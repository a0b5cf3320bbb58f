using System.Text.Json;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

public sealed class PerformanceCommandTests
{
    private const string Cluster = """[{"hardware": "NVIDIA_RTX_PRO_6000", "tp_size": 1}]""";

    [Fact]
    public void A_run_on_a_profile_says_how_often_it_was_left()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write("cluster.json", Cluster);
        string[] run =
        [
            .. Run(cluster, "meta-llama/Llama-3.1-8B"),
            "--performance",
            $"measured:{Profile("meta-llama/Llama-3.1-8B")}",
        ];

        var text = CliRun.Of(run);
        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Contains("lie beyond what was measured", text.Out, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(CliRun.Of([.. run, "--json", "-"]).Out);
        var range = json.RootElement.GetProperty("summary").GetProperty("performance_range");
        Assert.InRange(
            range.GetProperty("iterations_out_of_range").GetInt64(),
            1,
            range.GetProperty("iterations").GetInt64() - 1
        );
    }

    [Fact]
    public void A_calibrated_run_is_slower_than_the_roofline()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write("cluster.json", Cluster);

        Assert.True(MeanTtftSeconds("calibrated") > MeanTtftSeconds("roofline"));

        double MeanTtftSeconds(string performance)
        {
            string[] run = [.. Run(cluster, "Qwen/Qwen3-8B"), "--performance", performance, "--json", "-"];
            using var json = JsonDocument.Parse(CliRun.Of(run).Out);
            return json
                .RootElement.GetProperty("summary")
                .GetProperty("ttft_seconds")
                .GetProperty("mean")
                .GetDouble();
        }
    }

    [Theory]
    [InlineData("calbrated", "performance: 'calbrated' is unknown. Did you mean 'calibrated'?")]
    [InlineData("calibrated", "performance: NVIDIA_H100_SXM has no calibration")]
    [InlineData("measured:nowhere", "nowhere: no such folder")]
    public void A_source_of_times_that_is_not_there_is_an_error(string performance, string message)
    {
        var run = CliRun.Of("run", "--request_count", "5", "--performance", performance);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Calibrate_writes_a_table_and_the_block_of_a_hardware_file()
    {
        using var folder = new TemporaryFolder();
        var profile = Profile("meta-llama/Llama-3.1-8B");
        var output = folder.File("calibration.json");

        var run = CliRun.Of("calibrate", profile, "--output", output);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("prefill_attention", run.Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(output));
        Assert.InRange(json.RootElement.GetProperty("dense").GetProperty("memory").GetDouble(), 0.5, 1);
        // A dense model says nothing of experts.
        Assert.False(json.RootElement.TryGetProperty("experts", out _));
    }

    private static string[] Run(string cluster, string model) =>
        [
            "run",
            "--request_count",
            "30",
            "--lambda_arrival",
            "0.5",
            "--model",
            model,
            "--prefill_config",
            cluster,
            "--decode_config",
            cluster,
        ];

    private static string Profile(string id) =>
        Path.GetDirectoryName(SharedFiles.Require($"measured/profiles/RTXPRO6000/{id}/bf16/meta.yaml"))!;
}
