using System.Text.Json;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Slos;

/// <summary><c>--require</c>: what is said, the exit code, and that results are written all the same.</summary>
public sealed class RequireCommandTests
{
    private static readonly string[] s_run = ["run", "--request_count", "40", "--performance", "roofline"];

    [Fact]
    public void A_run_that_keeps_its_limits_ends_well_and_says_so()
    {
        var run = CliRun.Of([.. s_run, "--require", "ttft_p99<1000s, e2e_mean>1us"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"(?m)^Required +ttft_p99<1000s: .* m?s, met$", run.Out);
        Assert.Matches(@"(?m)^ +e2e_mean>1us: .* s, met$", run.Out);
    }

    [Fact]
    public void A_limit_that_is_not_met_is_exit_code_3_and_the_results_are_written()
    {
        using var folder = new TemporaryFolder();
        var (csv, json) = (folder.File("summary.csv"), folder.File("summary.json"));
        string[] outputs = ["--csv_output", csv, "--json", json];

        var run = CliRun.Of([
            .. s_run,
            "--require",
            "ttft_p99<1us",
            "--require",
            "attainment>=0%",
            .. outputs,
        ]);

        Assert.Equal(3, run.ExitCode);
        Assert.Matches("^llmsim: not met: ttft_p99<1us: .* m?s\n$", run.Error);
        Assert.Contains("NOT MET", run.Out, StringComparison.Ordinal);
        Assert.Equal(2, File.ReadLines(csv).Count());
        var requirements = JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("requirements");
        Assert.Equal(
            [("ttft_p99<1us", "ttft_p99", 1e-6, false), ("attainment>=0%", "attainment", 0, true)],
            requirements
                .EnumerateArray()
                .Select(one =>
                    (
                        one.GetProperty("term").GetString()!,
                        one.GetProperty("figure").GetString()!,
                        one.GetProperty("limit").GetDouble(),
                        one.GetProperty("is_met").GetBoolean()
                    )
                )
        );
        Assert.True(requirements[0].GetProperty("value").GetDouble() > 1e-6);
    }

    [Fact]
    public void A_sweep_fails_when_one_of_its_points_does_and_names_it()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.File("sweep.csv");
        string[] sweep = [.. s_run, "--lambda_arrival", "1", "1000", "--quiet", "--csv_output", csv];

        var run = CliRun.Of([.. sweep, "--require", "prefill_queue_mean<20ms"]);

        Assert.Equal((3, ""), (run.ExitCode, run.Out));
        Assert.Matches("^llmsim: lambda_arrival=1000: not met: prefill_queue_mean<20ms: .* s\n$", run.Error);
        Assert.Equal(3, File.ReadLines(csv).Count());
        var again = CliRun.Of([.. sweep, "--resume", "--require", "prefill_queue_mean<1000s"]);
        Assert.Equal((0, ""), (again.ExitCode, again.Error));
    }

    [Theory]
    [InlineData(
        "ttft_p99<0",
        "--require 'ttft_p99<0': at 1: found 'ttft_p99<0'; allowed: what a run can meet"
    )]
    [InlineData("tpto_p99<1s", "Did you mean 'tpot_p99'?")]
    public void What_is_wrong_is_said_before_anything_runs(string text, string message)
    {
        var run = CliRun.Of([.. s_run, "--require", text]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Beside_a_plan_it_is_said_to_have_no_effect()
    {
        var run = CliRun.Of([.. s_run, "--seed", "1", "2", "--print_plan", "--require", "ttft_p99<1s"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("--require has no effect here", run.Error, StringComparison.Ordinal);
    }
}
