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

    private readonly HashSet<Option> _severalValues = [];

    /// <summary>Why it lacks an option that one may look for; null for one that nobody does.</summary>
    public virtual string? WhyNot(string option) => null;

    /// <summary>Fails at an option with several values that takes one, and at an argument that is empty.</summary>
    /// <exception cref="UserErrorException">There is one.</exception>
    public void RequireValues(ParseResult parse)
    {
        foreach (var argument in Arguments)
        {
            if (parse.GetResult(argument)?.Tokens.Any(token => token.Value.Length == 0) == true)
            {
                throw new UserErrorException(
                    $"{argument.HelpName ?? argument.Name}: found ''; allowed: a name."
                );
            }
        }

        foreach (var option in Options.Where(option => !_severalValues.Contains(option)))
        {
            if (parse.GetResult(option) is { Tokens: [_, _, ..] tokens })
            {
                var values = string.Join(' ', tokens.Select(token => token.Value));
                throw new UserErrorException($"{option.Name}: found {values}; it takes one value.");
            }
        }
    }

    protected void AllowSeveralValues(IEnumerable<OptionGroup> groups) =>
        _severalValues.UnionWith(groups.SelectMany(group => group.Options));

    protected void AddGroups(params OptionGroup[] groups)
    {
        Groups = groups;
        foreach (var option in groups.SelectMany(group => group.Options))
        {
            Add(option);
        }
    }
}
