using System.Diagnostics;
using System.Globalization;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>A signal ends the command wherever it is, and nothing half-written stays.</summary>
public sealed class InterruptTests
{
    /// <summary>A pipe that nobody writes to stands for whatever cannot be told to stop.</summary>
    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    [InlineData("-HUP")]
    public void What_does_not_look_at_the_signal_is_ended_with_its_files_deleted(string signal)
    {
        using var folder = new TemporaryFolder();
        Call("mkfifo", folder.File("pipe"));
        using var process = CliProcess.Start(
            folder,
            "workload",
            "generate",
            "--trace_path",
            "pipe",
            "--request_source",
            "mooncake",
            "--output",
            "out.jsonl"
        );
        while (!process.HasExited && folder.Names.Count() < 2)
        {
            Thread.Sleep(5);
        }

        Call("kill", signal, process.Id.ToString(CultureInfo.InvariantCulture));
        var run = CliProcess.End(process);

        Assert.Equal(130, run.ExitCode);
        Assert.StartsWith("llmsim: interrupted", run.Error, StringComparison.Ordinal);
        Assert.Equal(["pipe"], folder.Names);
    }

    [Fact]
    public void The_second_signal_leaves_nothing_either()
    {
        using var folder = new TemporaryFolder();
        Call("mkfifo", folder.File("pipe"));
        using var process = CliProcess.Start(
            folder,
            [.. "workload generate --trace_path pipe --request_source mooncake --output out.jsonl".Split(' ')]
        );
        while (!process.HasExited && folder.Names.Count() < 2)
        {
            Thread.Sleep(5);
        }

        for (var signals = 0; signals < 100 && !process.HasExited; signals++)
        {
            using var kill = Process.Start(
                "kill",
                ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]
            );
            kill.WaitForExit();
        }

        Assert.NotEqual(0, CliProcess.End(process).ExitCode);
        Assert.Equal(["pipe"], folder.Names);
    }

    /// <summary>Without the cancellation the run would end at its limit of rows, with another exit code.</summary>
    [Fact]
    public void Samples_between_two_requests_far_apart_are_interrupted()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write(
            "trace.jsonl",
            """
            {"timestamp": 0, "input_length": 521, "output_length": 3}
            {"timestamp": 1700000000000, "input_length": 521, "output_length": 3}
            """
        );
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        var run = CliRun.Of(
            cancellation.Token,
            [
                .. "run --arrivals trace --sample_queue_states --sample_interval 1 --trace_path".Split(' '),
                trace,
                "--queue_states_output",
                folder.File("q.csv"),
            ]
        );

        Assert.Equal(130, run.ExitCode);
        Assert.Equal(["trace.jsonl"], folder.Names);
    }

    private static void Call(string command, params string[] args)
    {
        using var process = Process.Start(command, args);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
