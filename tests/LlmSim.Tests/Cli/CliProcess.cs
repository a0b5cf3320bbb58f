using System.Diagnostics;
using LlmSim.Tests.Experiments;

namespace LlmSim.Tests.Cli;

/// <summary>The command as a process of its own, in a folder.</summary>
internal static class CliProcess
{
    public static CliRun Run(TemporaryFolder folder, params string[] args) => Run(folder, [], args);

    /// <summary>The same, with variables of its own.</summary>
    public static CliRun Run(
        TemporaryFolder folder,
        (string Name, string Value)[] variables,
        params string[] args
    )
    {
        using var process = Start(folder, variables, args);
        return End(process);
    }

    public static Process Start(TemporaryFolder folder, params string[] args) => Start(folder, [], args);

    private static Process Start(
        TemporaryFolder folder,
        (string Name, string Value)[] variables,
        string[] args
    )
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "LlmSim.Cli.dll"), .. args]
        )
        {
            WorkingDirectory = folder.File(""),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>What a process has given, once it has ended.</summary>
    public static CliRun End(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliRun(process.ExitCode, output, error.Result);
    }
}
