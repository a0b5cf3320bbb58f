using System.CommandLine;

namespace LlmSim.Cli.Commands;

/// <summary>Something that may be asked for, and the options that are read only then.</summary>
/// <param name="Name">What is asked for, as a message names it after "with".</param>
/// <param name="IsIn">Whether it is.</param>
/// <param name="Options">What it reads.</param>
internal sealed record ConditionalOptions(string Name, bool IsIn, params Option[] Options)
{
    /// <summary>A message for each of its options that is given although nothing reads it.</summary>
    public IEnumerable<string> Unread(ParseResult parse) =>
        IsIn
            ? []
            : Options
                .Where(option => parse.GetResult(option) is { Implicit: false })
                .Select(option => $"{option.Name} has no effect here: it is read with {Name}");
}
