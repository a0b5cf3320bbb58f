using System.Diagnostics;
using LlmSim.Tests.Experiments;

namespace LlmSim.Tests.Cli;

/// <summary>The command as a process of its own, in a folder.</summary>
internal static class CliProcess
{
    public static CliRun Run(TemporaryFolder folder, params string[] args)
    {
        using var process = Start(folder, args);
        return End(process);
    }

    public static Process Start(TemporaryFolder folder, params string[] args) =>
        Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [Path.Combine(AppContext.BaseDirectory, "LlmSim.Cli.dll"), .. args]
            )
            {
                WorkingDirectory = folder.File(""),
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    /// <summary>What a process has given, once it has ended.</summary>
    public static CliRun End(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliRun(process.ExitCode, output, error.Result);
    }
}
