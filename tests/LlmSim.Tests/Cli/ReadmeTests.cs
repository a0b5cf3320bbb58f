using LlmSim.Tests.Architecture;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>What the README shows is what the program prints.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_output_shown_is_that_of_the_main_job()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

        var run = CliRun.Of("run");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"```text\n{run.Out}```", readme, StringComparison.Ordinal);
    }
}
