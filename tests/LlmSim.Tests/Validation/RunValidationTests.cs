using System.Globalization;
using LlmSim.Experiments.Validation;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Validation;

public sealed class RunValidationTests
{
    /// <summary>What both hosts of the runs take for an iteration that is not replayed from a graph.</summary>
    private const double HostSeconds = 4.9e-3;

    /// <summary>Errors of the means of TTFT, TPOT and latency, and of the latency of a request in the mean, in per cent.</summary>
    [Theory]
    [InlineData("RTXPRO6000-Llama-3.1-8B", 36_578, 1, 2.5, 1.0, 1.2, 1.3)]
    [InlineData("RTXPRO6000-Qwen3-30B-A3B-Instruct-2507", 38_590, 2, 2.5, 1.0, 1.0, 1.0)]
    public void Recorded_runs_are_predicted(
        string name,
        int kvBlocks,
        int instances,
        double ttftPercent,
        double tpotPercent,
        double latencyPercent,
        double requestPercent
    )
    {
        var validation = Validate(name, new() { PrefillIterationSeconds = HostSeconds });

        Assert.Equal(Enumerable.Repeat(kvBlocks, instances), validation.KvBlocks);
        Assert.Equal(300, validation.Summary.Finished);
        double[] limits = [ttftPercent, tpotPercent, latencyPercent];
        Assert.All(
            validation.Metrics.Zip(limits),
            pair => Assert.InRange(pair.First.Mean.ErrorPercent, -pair.Second, pair.Second)
        );
        Assert.InRange(validation.Metrics[2].MeanAbsoluteErrorPercent, 0, requestPercent);
    }

    /// <summary>What the engine and its host do beside the kernels helps on both runs.</summary>
    [Theory]
    [InlineData("RTXPRO6000-Llama-3.1-8B")]
    [InlineData("RTXPRO6000-Qwen3-30B-A3B-Instruct-2507")]
    public void What_the_engine_does_beside_its_kernels_brings_the_prediction_nearer(string name)
    {
        var with = Errors(new() { PrefillIterationSeconds = HostSeconds });
        var without = Errors(new() { AsyncScheduling = false });

        Assert.All(with.Zip(without), pair => Assert.True(pair.First < pair.Second, $"{pair}"));

        double[] Errors(RecordedRunOptions options) =>
            [.. Validate(name, options).Metrics.Select(metric => Math.Abs(metric.Mean.ErrorPercent))];
    }

    private static RunValidation Validate(string name, RecordedRunOptions options) =>
        RunValidation.Of(
            Path.GetDirectoryName(SharedFiles.Require($"measured/runs/{name}/meta.json"))!,
            options,
            TestContext.Current.CancellationToken
        );

    [Fact]
    public void A_run_that_the_model_describes_exactly_is_predicted_exactly()
    {
        using var folder = new RunFolder();

        var validation = RunValidation.Of(
            folder.Path,
            RunFolder.Options,
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

    /// <summary>
    /// The second request comes 10 ms after the first, within the second iteration; the engine takes it in at its end, has planned
    /// the third by then, and computes it in the fourth.
    /// </summary>
    [Fact]
    public void Measured_and_predicted_count_from_the_boundary_at_which_a_request_was_taken_in()
    {
        using var folder = new RunFolder();
        const double Iteration = RunFolder.IterationSeconds;
        folder.Write(
            "requests.jsonl",
            Line(0, arrival: 0, queued: 0, first: Iteration, output: 9)
                + Line(1, arrival: 0.010, queued: 2 * Iteration, first: 4 * Iteration, output: 2)
        );

        var validation = RunValidation.Of(folder.Path, new(), TestContext.Current.CancellationToken);

        Assert.Equal(0.010, validation.Run.Requests[1].ArrivalSeconds, 1e-6);
        Assert.Equal(2 * Iteration, validation.Run.Requests[1].QueuedSeconds, 1e-6);
        Assert.All(validation.Metrics, metric => Assert.Equal(0, metric.MeanAbsoluteErrorPercent, 1e-2));

        static string Line(int number, double arrival, double queued, double first, int output) =>
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                {"request_id": "bench-{{number}}", "input_toks": 20, "output_toks": {{output}}, "arrival_time": {{arrival
                    + 5000}}, "queued_ts": {{queued + 1000}}, "first_token_ts": {{first
                    + 1000}}, "last_token_ts": {{first + ((output - 1) * Iteration) + 1000}}}

                """
            );
    }

    [Fact]
    public void What_an_iteration_takes_beside_its_kernels_is_the_users_to_say()
    {
        using var folder = new RunFolder();

        var run = CliRun.Of("validate", folder.Path, "--prefill_iteration_seconds", "0.0044");
        var without = CliRun.Of("validate", folder.Path);

        Assert.Matches(@"TTFT +mean s +0\.01128 +0\.01128 +[+-]?0\.00", run.Out);
        Assert.Matches(@"TTFT +mean s +0\.01128 +0\.00688 +-39\.01", without.Out);
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
    [InlineData("requests.jsonl", "{}", "requests.jsonl:1:request_id: missing.")]
    [InlineData("meta.json", "{ \"model\": 7 }", "meta.json:model: 7 where a string")]
    [InlineData(
        "deployment.json",
        "{ \"link_bw\": 16, \"link_latency\": 1, \"nodes\": [] }",
        "deployment.json:nodes: no instances"
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
