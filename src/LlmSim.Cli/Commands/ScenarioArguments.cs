using System.CommandLine;
using System.Globalization;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>A scenario file in the place of options, and the file that options would make.</summary>
internal sealed class ScenarioArguments
{
    private readonly Argument<string?> _file = new("scenario")
    {
        HelpName = "SCENARIO",
        Description =
            "a YAML file with any of the options below, in sections; options given beside it go before those of the file",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _print = CliOption.Flag(
        "print_scenario",
        "write the scenario file that the command line means, and run nothing"
    );

    public Argument Argument => _file;

    public OptionGroup Group => new("Scenario", [_print]);

    public bool AsksToPrint(ParseResult parse) => parse.GetValue(_print);

    /// <summary>The same command line with the options of its file; the line itself where it names none.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="command">Whose options these are.</param>
    /// <param name="check">Fails at a setting whose value is wrong.</param>
    /// <exception cref="UserErrorException">The file is wrong; the message has file and line.</exception>
    public ParseResult Expand(ParseResult parse, CliCommand command, Action<Setting> check)
    {
        if (parse.GetValue(_file) is not { } path)
        {
            return parse;
        }

        var options = command.Options.Where(option => option != _print).ToArray();
        var settings = ScenarioFile.Read(
            path,
            [.. options.Select(Name)],
            [.. options.Where(option => OptionValue.Of(option) is OptionValue.Path).Select(Name)]
        );
        var given = options.Where(option => parse.GetResult(option) is { Implicit: false }).ToArray();
        var fromLine = given.SelectMany(option => Tokens(option, Values(parse, option)));
        var fromFile = settings
            .Where(setting => !Array.Exists(given, option => Name(option) == setting.Option))
            .ToArray();
        foreach (var setting in fromFile)
        {
            Check(command, setting, check);
        }

        return command.Parse([
            .. fromLine,
            .. fromFile.SelectMany(setting =>
                Tokens(command.Options.First(option => Name(option) == setting.Option), setting.Values)
            ),
        ]);
    }

    /// <summary>Writes the file that a command line means.</summary>
    public string Write(
        ParseResult parse,
        CliCommand command,
        IEnumerable<(string Section, OptionGroup Group)> groups
    ) =>
        ScenarioFile.Write(
            groups
                .GroupBy(entry => entry.Section, entry => entry.Group)
                .Select(section =>
                    (
                        section.Key,
                        section
                            .SelectMany(group => group.Options)
                            .Select(option => (Name(option), Default(option), option.Description ?? ""))
                    )
                ),
            command
                .Options.Where(option => option != _print && parse.GetResult(option) is { Implicit: false })
                .ToDictionary(Name, option => Values(parse, option), StringComparer.Ordinal)
        );

    private static void Check(CliCommand command, ScenarioSetting setting, Action<Setting> check)
    {
        var option = command.Options.First(option => Name(option) == setting.Option);
        if (command.Parse([.. Tokens(option, setting.Values)]).Errors is [var error, ..])
        {
            throw new UserErrorException($"{setting.Where}: {error.Message}");
        }

        try
        {
            foreach (var value in setting.Values)
            {
                check(new Setting(setting.Option, value));
            }
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{setting.Where}: {e.Message}", e);
        }
    }

    private static IEnumerable<string> Tokens(Option option, IEnumerable<string> values) =>
        values.Select(value => $"{option.Name}={value}");

    private static IReadOnlyList<string> Values(ParseResult parse, Option option) =>
        parse.GetResult(option)!.Tokens is { Count: > 0 } tokens
            ? [.. tokens.Select(token => token.Value)]
            : ["true"];

    private static string? Default(Option option) =>
        !option.HasDefaultValue ? null
        : option.GetDefaultValue() is bool flag ? (flag ? "true" : "false")
        : Convert.ToString(option.GetDefaultValue(), CultureInfo.InvariantCulture);

    private static string Name(Option option) => option.Name.TrimStart('-');
}
