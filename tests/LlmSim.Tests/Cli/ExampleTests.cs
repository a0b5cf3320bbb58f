using System.Text.RegularExpressions;
using LlmSim.Cli;
using LlmSim.Cli.Commands;
using LlmSim.Tests.Architecture;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>The commands that README.md shows run in a fresh clone; those of the other pages and of --help have options that there are.</summary>
[Collection(WorkingFolderTests.Name)]
public sealed partial class ExampleTests
{
    public static TheoryData<string> Pages =>
        [
            "README.md",
            "CONTRIBUTING.md",
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
                .Select(path => Path.GetRelativePath(Repository.Root, path))
                .Order(StringComparer.Ordinal),
        ];

    [Fact]
    public void The_examples_of_the_readme_run_in_a_fresh_clone_in_their_order()
    {
        using var folder = new WorkingFolder();
        foreach (var name in new[] { "configs", "traces", "samples/scenarios" })
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, name)))
            {
                var copy = folder.Files.File($"{name}/{Path.GetFileName(file)}");
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        var commands = Commands("README.md").ToArray();

        Assert.True(commands.Length >= 12, "the README shows what the command can do");
        Assert.All(
            commands,
            command =>
            {
                var words = Words(command);
                var isSimulation =
                    words[0] is "run" or "sweep"
                    && !words.Contains("--print_plan")
                    && !words.Contains("--print_scenario");
                var run = CliRun.Of(isSimulation ? [.. words, "--verify"] : words);
                Assert.True(run.ExitCode == 0, $"{command}\n{run.Error}");
                // A plan weighs accelerators that no measured configuration had, and says so.
                Assert.True(
                    words[0] == "plan" || !run.Error.Contains("warning", StringComparison.Ordinal),
                    run.Error
                );
                Assert.Equal(isSimulation, run.Error.Contains("verified", StringComparison.Ordinal));
            }
        );
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_commands_of_a_page_are_understood(string page) =>
        Assert.All(Commands(page), RequireUnderstood);

    [Fact]
    public void The_examples_of_help_are_understood()
    {
        var examples = AllCommands(Root())
            .OfType<CliCommand>()
            .SelectMany(command => command.Examples)
            .ToArray();

        Assert.NotEmpty(examples);
        Assert.All(examples, RequireUnderstood);
    }

    private static IEnumerable<System.CommandLine.Command> AllCommands(System.CommandLine.Command command) =>
        command.Subcommands.SelectMany(AllCommands).Prepend(command);

    private static void RequireUnderstood(string command)
    {
        var parse = Root().Parse(Words(command));
        OptionNames.RequireKnown(parse, Words(command));
        Assert.True(
            parse.Errors.Count == 0,
            $"{command}: {string.Join(' ', parse.Errors.Select(error => error.Message))}"
        );
    }

    private static LlmSimCommand Root() => new(new CliConsole(TextWriter.Null, TextWriter.Null));

    /// <summary>The words of a command behind its name.</summary>
    internal static string[] Words(string command) =>
        OptionNames.Normalize(
            Word()
                .Matches(command)
                .Select(match => match.Value.Trim('"', '\''))
                .Skip(1)
                .Where(word => word != "…")
        );

    /// <summary>What a shell takes as one word.</summary>
    [GeneratedRegex(
        "\"[^\"]*\"|'[^']*'|\\S+",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex Word();

    /// <summary>Lines of code that begin with the command, without their comments.</summary>
    internal static IEnumerable<string> Commands(string page) =>
        from line in File.ReadLines(Path.Combine(Repository.Root, page))
        from part in line.Split(" #")[0].Split(" && ")
        let command = part.Trim()
        where
            IsCode(line)
            && (
                command.StartsWith("llmsim ", StringComparison.Ordinal)
                || command.StartsWith("./llmsim ", StringComparison.Ordinal)
            )
        select command;

    /// <summary>Code is indented, or is a line of a block of sh, which begins with the command; prose has backquotes.</summary>
    private static bool IsCode(string line) =>
        line.StartsWith("    ", StringComparison.Ordinal)
        || line.StartsWith("llmsim ", StringComparison.Ordinal)
        || line.StartsWith("./llmsim ", StringComparison.Ordinal);
}
