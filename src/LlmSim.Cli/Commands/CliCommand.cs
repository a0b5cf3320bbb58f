using System.CommandLine;

namespace LlmSim.Cli.Commands;

/// <summary>Options that help shows under one title.</summary>
internal sealed record OptionGroup(string Title, IReadOnlyList<Option> Options);

/// <summary>A command with its options in groups and examples for its help.</summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(string name, string description, CliConsole console)
        : base(name, description) => Console = console;

    /// <summary>The options as help shows them.</summary>
    public IReadOnlyList<OptionGroup> Groups { get; private set; } = [];

    /// <summary>Command lines that work.</summary>
    public IReadOnlyList<string> Examples { get; protected init; } = [];

    protected CliConsole Console { get; }

    protected void AddGroups(params OptionGroup[] groups)
    {
        Groups = groups;
        foreach (var option in groups.SelectMany(group => group.Options))
        {
            Add(option);
        }
    }
}
