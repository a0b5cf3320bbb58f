using System.Diagnostics;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Architecture;

/// <summary>The command from a clone, in whatever folder it is called.</summary>
public sealed class StartScriptTests
{
    /// <summary>Notes where it is called and makes what a build makes.</summary>
    private const string Dotnet = """
        #!/usr/bin/env bash
        echo "${1##*/} $PWD" >> "$CALLS"
        while [[ $# -gt 0 ]]; do
          if [[ $1 == --output ]]; then
            mkdir -p "$2" && touch "$2/LlmSim.Cli.dll"
          fi
          shift
        done
        """;

    [Fact]
    public void It_builds_in_its_own_folder_and_runs_in_the_callers()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("a script of bash");
            return;
        }

        using var folder = new TemporaryFolder();
        var clone = folder.File("clone");
        Directory.CreateDirectory(clone);
        File.Copy(Path.Combine(Repository.Root, "llmsim"), Path.Combine(clone, "llmsim"));
        folder.Write("clone/src/a.cs", "");
        folder.Write("clone/catalog/a.json", "");
        folder.Write("clone/configs/a.json", "");
        folder.Write("clone/Directory.Build.props", "");
        folder.Write("clone/global.json", "");
        folder.Write("here/global.json", """{"sdk":{"version":"10.0.999","paths":["./fake"]}}""");
        File.SetUnixFileMode(
            folder.Write("bin/dotnet", Dotnet),
            UnixFileMode.UserRead | UnixFileMode.UserExecute
        );

        var start = new ProcessStartInfo("bash", [Path.Combine(clone, "llmsim"), "semantics"])
        {
            WorkingDirectory = folder.File("here"),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["PATH"] = $"{folder.File("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
                ["CALLS"] = folder.File("calls"),
            },
        };
        using var process = Process.Start(start)!;

        Assert.Equal(new CliRun(0, "", ""), CliProcess.End(process));
        Assert.Equal(
            [$"publish {clone}", $"LlmSim.Cli.dll {folder.File("here")}"],
            File.ReadAllLines(folder.File("calls"))
        );
    }
}
