using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

/// <summary>What docs/experiments.md shows is run as it stands there.</summary>
public sealed class ExperimentsDocumentationTests
{
    private static readonly string s_page = File.ReadAllText(
        Path.Combine(Repository.Root, "docs/experiments.md")
    );

    [Fact]
    public void The_examples_work()
    {
        using var folder = new TemporaryFolder();
        folder.Write("sweep.yaml", Blocks("yaml").Single());
        var commands = Blocks("sh").SelectMany(block => block.Trim().Split('\n')).ToArray();

        var runs = commands.Select(command => CliRun.Of(Arguments(folder, command))).ToArray();

        Assert.Equal(7, runs.Length);
        Assert.All(runs, run => Assert.Equal((0, ""), (run.ExitCode, run.Error)));
        Assert.Equal(13, runs[0].Out.TrimEnd().Split('\n').Length);
        Assert.Contains("Means over 3 seeds", runs[1].Out, StringComparison.Ordinal);
        Assert.Equal(5, File.ReadAllLines(folder.File("means.csv")).Length);
        Assert.Equal(runs[1].Out, runs[2].Out);
        Assert.Contains("prefill_local: fcfs → shortest", runs[5].Out, StringComparison.Ordinal);
        Assert.Contains("prefill_local fcfs\n", runs[6].Out, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Blocks(string language) =>
        s_page
            .Split("```" + language + "\n")
            .Skip(1)
            .Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);

    private static string[] Arguments(TemporaryFolder folder, string command) =>
        [.. command.Split(' ').Skip(1).Select(word => word.Contains('.') ? folder.File(word) : word)];
}
