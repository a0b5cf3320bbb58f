using LlmSim.Experiments.Validation;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Validation;

public sealed class RunValidationTests
{
    /// <summary>Errors of the means of TTFT, TPOT and latency in per cent: at most those of LLMServingSim, which recorded the runs.</summary>
    [Theory]
    [InlineData("RTXPRO6000-Llama-3.1-8B", 36_578, 1, 4.0, 1.0, 1.8)]
    [InlineData("RTXPRO6000-Qwen3-30B-A3B-Instruct-2507", 38_590, 2, 13.6, 1.7, 2.2)]
    public void Recorded_runs_are_predicted(
        string name,
        int kvBlocks,
        int instances,
        double ttftPercent,
        double tpotPercent,
        double latencyPercent
    )
    {
        var folder = Path.GetDirectoryName(SharedFiles.Require($"measured/runs/{name}/meta.json"))!;
        var validation = RunValidation.Of(
            folder,
            new RecordedRunOptions(),
            TestContext.Current.CancellationToken
        );

        Assert.Equal(Enumerable.Repeat(kvBlocks, instances), validation.KvBlocks);
        Assert.Equal(300, validation.Summary.Finished);
        double[] limits = [ttftPercent, tpotPercent, latencyPercent];
        Assert.All(
            validation.Metrics.Zip(limits),
            pair => Assert.InRange(pair.First.Mean.ErrorPercent, -pair.Second, pair.Second)
        );
    }

    /// <summary>What the engine does beside its kernels helps on both runs, though it was seen in either.</summary>
    [Theory]
    [InlineData("RTXPRO6000-Llama-3.1-8B")]
    [InlineData("RTXPRO6000-Qwen3-30B-A3B-Instruct-2507")]
    public void What_the_engine_does_beside_its_kernels_brings_the_prediction_nearer(string name)
    {
        var folder = Path.GetDirectoryName(SharedFiles.Require($"measured/runs/{name}/meta.json"))!;
        var with = Errors(new RecordedRunOptions());
        var without = Errors(new RecordedRunOptions { AsyncScheduling = false, PrefillIterationSeconds = 0 });

        Assert.All(with.Zip(without), pair => Assert.True(pair.First < pair.Second, $"{pair}"));

        double[] Errors(RecordedRunOptions options) =>
            [
                .. RunValidation
                    .Of(folder, options, TestContext.Current.CancellationToken)
                    .Metrics.Select(metric => Math.Abs(metric.Mean.ErrorPercent)),
            ];
    }

    [Fact]
    public void A_run_that_the_model_describes_exactly_is_predicted_exactly()
    {
        using var folder = new RunFolder();

        var validation = RunValidation.Of(
            folder.Path,
            new RecordedRunOptions(),
            TestContext.Current.CancellationToken
        );

        Assert.Null(validation.WorkloadPath);
        Assert.All(
            validation.Metrics,
            metric =>
            {
                Assert.Equal(0, metric.Mean.ErrorPercent, 1e-4);
                Assert.Equal(0, metric.Percentile(99).ErrorPercent, 1e-4);
                Assert.Equal(0, metric.MeanAbsoluteErrorPercent, 1e-4);
            }
        );
        Assert.Equal(RunFolder.IterationSeconds, validation.Metrics[1].Mean.Predicted, 1e-9);
        Assert.Equal(0, validation.MakespanSeconds.ErrorPercent, 1e-4);
        Assert.Equal(0, validation.OutputTokensPerSecond.ErrorPercent, 1e-4);
    }

    [Fact]
    public void The_command_prints_the_comparison_and_draws_it()
    {
        using var folder = new RunFolder();
        folder.Write("timeseries.csv", "t,running,waiting\n1,1,0\n2,0,0\n");

        var run = CliRun.Of("validate", folder.Path, "--plots", Path.Combine(folder.Path, "pictures"));

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"TPOT +mean s +0\.00688 +0\.00688 +[+-]?0\.00 +0\.00", run.Out);
        Assert.Equal(
            ["latency_cdf.png", "running.png", "tpot_cdf.png", "ttft_cdf.png", "waiting.png"],
            Directory.GetFiles(Path.Combine(folder.Path, "pictures")).Select(Path.GetFileName).Order()
        );
    }

    [Theory]
    [InlineData("requests.jsonl", "", "requests.jsonl: is empty; allowed: at least one request")]
    [InlineData("requests.jsonl", "{}", "requests.jsonl:1: ")]
    [InlineData("meta.json", "{ \"model\": 7 }", "meta.json:1: ")]
    [InlineData(
        "deployment.json",
        "{ \"link_bw\": 16, \"link_latency\": 1, \"nodes\": [] }",
        "deployment.json: nodes: no instances"
    )]
    [InlineData("timeseries.csv", "t,running\n1,2\n", "timeseries.csv:1: has no column waiting")]
    public void A_wrong_file_is_named(string file, string content, string expected)
    {
        using var folder = new RunFolder();
        folder.Write(file, content);

        var run = CliRun.Of("validate", folder.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public void A_profile_that_is_not_there_is_asked_for()
    {
        using var folder = new RunFolder();
        folder.Write(
            "deployment.json",
            """
            { "link_bw": 16, "link_latency": 1, "nodes": [{ "instances": [{ "hardware": "OTHER", "tp_size": 1,
              "npu_mem": { "mem_size": 96, "mem_bw": 1, "mem_util": 0.9 } }] }] }
            """
        );

        var run = CliRun.Of("validate", folder.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("say with --profile where the measurements are", run.Error, StringComparison.Ordinal);
    }
}
