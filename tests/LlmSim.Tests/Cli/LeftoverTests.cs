using System.Diagnostics;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Paths that are none and standard streams that cannot be written: a clear error, and nothing half-written.</summary>
public sealed class LeftoverTests
{
    [Theory]
    [InlineData("run --json")]
    [InlineData("run --csv_output")]
    [InlineData("run --requests_output")]
    [InlineData("run --replications_output")]
    [InlineData("run --checkpoint_path")]
    [InlineData("run --plots")]
    [InlineData("run --trace_path")]
    [InlineData("run --cluster")]
    [InlineData("run --prefill_config")]
    [InlineData("run --model")]
    [InlineData("run --policies")]
    [InlineData("run --models")]
    [InlineData("run --hardware_dir")]
    [InlineData("run --performance")]
    [InlineData("run --sample_queue_states --queue_states_output")]
    [InlineData("run --sample_memory_usage --memory_usage_output")]
    [InlineData("profile --output")]
    [InlineData("plot x.csv --output")]
    [InlineData("calibrate x --output")]
    [InlineData("validate x --json")]
    [InlineData("validate x --plots")]
    [InlineData("validate --rows")]
    [InlineData("validate --experiments")]
    [InlineData("validate --bench")]
    [InlineData("new policy my_policy --output")]
    [InlineData("new performance my_model --output")]
    [InlineData("workload generate --output")]
    [InlineData("workload convert")]
    [InlineData("workload convert x.jsonl")]
    [InlineData("workload stats")]
    [InlineData("sweep")]
    [InlineData("compare")]
    [InlineData("plot")]
    [InlineData("validate")]
    [InlineData("calibrate")]
    [InlineData("kernels import x --output_dir")]
    public void An_empty_name_is_an_error_of_the_user(string command)
    {
        var run = CliRun.Of([.. command.Split(' '), ""]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("llmsim: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_full_disk_leaves_none_of_the_files()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full here");
        using var folder = new TemporaryFolder();

        var run = CliRun.Of([
            .. "run --request_count 6 --csv_output /dev/full --json".Split(' '),
            folder.File("o.json"),
            "--requests_output",
            folder.File("r.parquet"),
            "--plots",
            folder.File("p"),
        ]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("/dev/full", run.Error, StringComparison.Ordinal);
        Assert.Equal(["p"], folder.Names);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.File("p")));
    }

    [Theory]
    [InlineData("run --request_count 6", ">&-")]
    [InlineData("run --request_count 6 --json -", ">&-")]
    [InlineData("run --request_count 6", ">/dev/full")]
    [InlineData("--help", ">/dev/full")]
    public void Results_that_cannot_be_shown_are_an_error(string command, string stream)
    {
        var run = Shell($"{command} {stream}");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("llmsim: standard output: cannot be written", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("run --bogus 2>&-", 1)]
    [InlineData("run --bogus 2>/dev/full", 1)]
    [InlineData("run --request_count 6 2>/dev/full", 0)]
    public void Messages_that_cannot_be_shown_change_nothing(string command, int exitCode) =>
        Assert.Equal(exitCode, Shell(command).ExitCode);

    [Fact]
    public void A_reader_that_stops_is_no_error()
    {
        var run = Shell("run --request_count 6 | head -n 1; echo ${PIPESTATUS[0]}");

        Assert.Equal(("0", ""), (run.Out.TrimEnd().Split('\n')[^1], run.Error));
    }

    private static CliRun Shell(string command)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                "bash",
                ["-c", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "LlmSim.Cli.dll")}' {command}"]
            )
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        return CliProcess.End(process);
    }
}
