using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using LlmSim.Cli.Commands;

namespace LlmSim.Cli;

/// <summary>Help of a command: usage, subcommands or grouped options with their defaults, examples; 80 columns wide.</summary>
internal sealed class HelpWriter : SynchronousCommandLineAction
{
    private const int Width = 80;
    private const int MaxNameWidth = 30;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCode.Success;
    }

    /// <summary>Writes the help of a command.</summary>
    public static void Write(Command command, TextWriter writer)
    {
        writer.WriteLine(string.Join('\n', Wrapped(command.Description!, Width)));
        writer.WriteLine();
        writer.WriteLine($"Usage: {Usage(command)}");
        WriteSection(writer, "Commands", command.Subcommands.Select(sub => (sub.Name, sub.Description)));
        WriteSection(
            writer,
            "Arguments",
            command.Arguments.Select(a => (a.HelpName ?? a.Name, a.Description))
        );
        foreach (var group in (command as CliCommand)?.Groups ?? [])
        {
            WriteSection(writer, group.Title, group.Options.Select(option => (Name(option), Text(option))));
        }

        WriteExamples(writer, (command as CliCommand)?.Examples ?? []);
        if (command is RootCommand)
        {
            WriteSection(
                writer,
                "Exit codes",
                ExitCode.All.Select(code =>
                    (code.Code.ToString(CultureInfo.InvariantCulture), (string?)code.Meaning)
                )
            );
        }
    }

    private static string Usage(Command command)
    {
        var path = PathOf(command);
        var arguments = command.Arguments.Select(argument =>
            argument.Arity.MinimumNumberOfValues == 0
                ? $" [{argument.HelpName ?? argument.Name}]"
                : $" {argument.HelpName ?? argument.Name}"
        );
        var rest =
            command.Subcommands.Count == 0 ? ""
            : command.Action is null ? " COMMAND"
            : " [COMMAND]";
        return path + rest + string.Concat(arguments) + " [options]";
    }

    /// <summary>What is typed to reach a command, such as <c>llmsim kernels import</c>.</summary>
    public static string PathOf(Command command) =>
        string.Join(' ', Lineage(command).Reverse().Skip(1).Select(symbol => symbol.Name).Prepend("llmsim"));

    private static IEnumerable<Symbol> Lineage(Symbol? symbol)
    {
        for (; symbol is not null; symbol = symbol.Parents.FirstOrDefault())
        {
            yield return symbol;
        }
    }

    private static void WriteSection(
        TextWriter writer,
        string title,
        IEnumerable<(string Name, string? Text)> entries
    )
    {
        var lines = entries.ToArray();
        if (lines.Length == 0)
        {
            return;
        }

        writer.WriteLine();
        writer.WriteLine(title);
        var width = Math.Min(MaxNameWidth, lines.Max(line => line.Name.Length));
        foreach (var (name, text) in lines)
        {
            // A name that is too wide has its text below it.
            var label = name.Length <= width ? name.PadRight(width) : name + "\n  " + new string(' ', width);
            var indented = string.Join(
                "\n" + new string(' ', width + 4),
                Wrapped(text ?? "", Width - width - 4)
            );
            writer.WriteLine($"  {label}  {indented}");
        }
    }

    private static void WriteExamples(TextWriter writer, IReadOnlyList<string> examples)
    {
        if (examples.Count > 0)
        {
            writer.WriteLine();
            writer.WriteLine("Examples");
            foreach (var example in examples)
            {
                writer.WriteLine($"  {example}");
            }
        }
    }

    /// <summary>An option with its other names and what its value is called.</summary>
    public static string Name(Option option) =>
        string.Join(", ", option.Aliases.Prepend(option.Name))
        + (option.ValueType == typeof(bool) ? "" : $" {option.HelpName}");

    /// <summary>What an option is for, with its default.</summary>
    public static string? Text(Option option) =>
        option.HasDefaultValue && option.ValueType != typeof(bool)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{option.Description} [{option.GetDefaultValue()}]"
            )
            : option.Description;

    /// <summary>Text in lines of a width.</summary>
    public static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length == 0 ? word : " " + word;
        }

        yield return line;
    }
}
