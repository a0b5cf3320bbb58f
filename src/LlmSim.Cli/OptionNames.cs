using System.CommandLine;
using LlmSim.Cli.Commands;

namespace LlmSim.Cli;

/// <summary>Names of options: written with <c>_</c> or <c>-</c>, checked before anything else.</summary>
internal static class OptionNames
{
    /// <summary>Turns <c>--ttft-slo</c> and <c>--ttft-slo=5</c> into the names with underscores; values stay as they are.</summary>
    public static string[] Normalize(IEnumerable<string> args)
    {
        var isOption = true;
        return
        [
            .. args.Select(arg =>
            {
                isOption &= arg != "--";
                return isOption && arg.StartsWith("--", StringComparison.Ordinal) ? Normalize(arg) : arg;
            }),
        ];
    }

    /// <summary>Fails at an option or word that the command does not have, and says what may have been meant.</summary>
    /// <exception cref="UserErrorException">There is one.</exception>
    public static void RequireKnown(ParseResult parse, IEnumerable<string> args)
    {
        var command = parse.CommandResult.Command;
        var help = $"See {HelpWriter.PathOf(command)} --help.";
        var options = command
            .Options.Concat(parse.RootCommandResult.Command.Options.Where(option => option.Recursive))
            .SelectMany(option => option.Aliases.Append(option.Name))
            .ToArray();
        foreach (var arg in args.TakeWhile(arg => arg != "--"))
        {
            var name = NameOf(arg);
            if (name.StartsWith("--", StringComparison.Ordinal) && !options.Contains(name))
            {
                throw new UserErrorException(
                    (command as CliCommand)?.WhyNot(name)
                        ?? $"unknown option '{name}'.{Suggestion.For(name, options)} {help}"
                );
            }
        }

        if (parse.UnmatchedTokens is [var word, ..])
        {
            var words = command.Subcommands.Select(sub => sub.Name).Concat(options);
            throw new UserErrorException($"'{word}' is not understood.{Suggestion.For(word, words)} {help}");
        }
    }

    private static string Normalize(string arg)
    {
        var name = NameOf(arg);
        return "--" + name[2..].Replace('-', '_') + arg[name.Length..];
    }

    private static string NameOf(string arg) => arg.Split('=', 2)[0];
}
