using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace LlmSim.Cli;

/// <summary>Options whose help has their range and default, and whose errors have what was found and what is allowed.</summary>
internal static class CliOption
{
    /// <summary>A number in a range.</summary>
    public static Option<double> Number(
        string name,
        string description,
        double defaultValue,
        FigureRange range
    ) =>
        Create(
            name,
            $"{description}; {range}",
            "NUMBER",
            text => ParseNumber(name, text, range),
            () => defaultValue,
            new OptionValue.Number(range)
        );

    /// <summary>A number that need not be given.</summary>
    public static Option<double?> OptionalNumber(string name, string description, FigureRange range) =>
        Create<double?>(
            name,
            $"{description}; {range}",
            "NUMBER",
            text => ParseNumber(name, text, range),
            defaultValue: null,
            new OptionValue.Number(range)
        );

    /// <summary>A whole number from <paramref name="min" /> to <paramref name="max" />.</summary>
    public static Option<long?> Integer(
        string name,
        string description,
        long? defaultValue,
        long min = long.MinValue,
        long max = long.MaxValue
    )
    {
        var range =
            min == long.MinValue ? "any whole number"
            : max is long.MaxValue or int.MaxValue
                ? string.Create(CultureInfo.InvariantCulture, $"from {min}")
            : string.Create(CultureInfo.InvariantCulture, $"from {min} to {max}");
        return Create<long?>(
            name,
            $"{description}; {range}",
            "N",
            text =>
                long.TryParse(
                    text,
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out var value
                )
                && value >= min
                && value <= max
                    ? value
                    : throw NotAllowed(name, text, $"a whole number, {range}"),
            defaultValue is null ? null : () => defaultValue,
            new OptionValue.Whole(min, max)
        );
    }

    /// <summary>How many simulations run at the same time.</summary>
    public static Option<long?> Jobs() =>
        Integer(
            "n_jobs",
            "simulations at the same time [the cores of the machine]",
            defaultValue: null,
            min: 1,
            max: 1024
        );

    /// <summary>How many measured configurations of a file are simulated.</summary>
    public static Option<long?> Limit() =>
        Integer(
            "limit",
            "so many configurations, spread evenly over the file [all]",
            defaultValue: null,
            min: 1,
            max: int.MaxValue
        );

    /// <summary>What <see cref="Jobs" /> was given, or the cores of the machine.</summary>
    public static int JobsOf(ParseResult parse, Option<long?> jobs) =>
        (int?)parse.GetValue(jobs) ?? Environment.ProcessorCount;

    /// <summary>
    /// A number of tokens as vLLM reads it: with k, m or g thousands, with K, M or G powers of 1024, whole ones only.
    /// </summary>
    public static Option<int?> Tokens(string name, string description) =>
        Create<int?>(
            name,
            $"{description}; such as 32768, 32K or 32.8k",
            "TOKENS",
            text =>
                ParseTokens(text)
                ?? throw NotAllowed(
                    name,
                    text,
                    "a whole number from 1, with k (1000) or K (1024), m or M, g or G"
                ),
            defaultValue: null,
            new OptionValue.Tokens()
        );

    /// <summary>One of a few words.</summary>
    public static Option<string> Choice(
        string name,
        string description,
        string? defaultValue,
        IReadOnlyList<string> allowed
    )
    {
        var list = string.Join(", ", allowed);
        return Create(
            name,
            $"{description}: {list}",
            "VALUE",
            text =>
                allowed.Contains(text)
                    ? text
                    : throw NotAllowed(name, text, $"{list}.{Suggestion.For(text, allowed)}"),
            defaultValue is null ? null : () => defaultValue,
            new OptionValue.Words(allowed)
        );
    }

    /// <summary>Text that is checked where it is used.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="defaultValue">What holds without it.</param>
    /// <param name="valueName">What help calls its value.</param>
    /// <param name="value">What it takes, where that is known here; any text otherwise.</param>
    public static Option<string> Text(
        string name,
        string description,
        string? defaultValue = null,
        string valueName = "TEXT",
        OptionValue? value = null
    ) =>
        Create(
            name,
            description,
            valueName,
            text => text,
            defaultValue is null ? null : () => defaultValue,
            value ?? new OptionValue.Text(() => [])
        );

    /// <summary>Path of a file.</summary>
    public static Option<string> File(string name, string description, string? defaultValue = null) =>
        PathOf(name, description, defaultValue, "FILE", "a file");

    /// <summary>Path of a folder.</summary>
    public static Option<string> Folder(
        string name,
        string description,
        string? defaultValue = null,
        string valueName = "DIR"
    ) => PathOf(name, description, defaultValue, valueName, "a folder");

    private static Option<string> PathOf(
        string name,
        string description,
        string? defaultValue,
        string valueName,
        string kind
    ) =>
        Create(
            name,
            description,
            valueName,
            text =>
                text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal)
                    ? text
                    : throw NotAllowed(name, text, $"the name of {kind}"),
            defaultValue is null ? null : () => defaultValue,
            new OptionValue.Path()
        );

    /// <summary>A switch.</summary>
    public static Option<bool> Flag(string name, string description) =>
        new CliOption<bool>(name, new OptionValue.Flag()) { Description = description };

    private static Option<T> Create<T>(
        string name,
        string description,
        string valueName,
        Func<string, T> parse,
        Func<T>? defaultValue,
        OptionValue value
    ) =>
        new CliOption<T>(name, value)
        {
            Description = description,
            HelpName = valueName,
            // Several values are taken: they make a sweep, or an error that says that one is meant.
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => Parse(result, parse),
            DefaultValueFactory = defaultValue is null ? null : _ => defaultValue(),
        };

    private static int? ParseTokens(string text)
    {
        const string Suffixes = "kmgKMG";
        var suffix = text.Length == 0 ? -1 : Suffixes.IndexOf(text[^1], StringComparison.Ordinal);
        var isBinary = suffix >= 3;
        var factor = suffix < 0 ? 1 : (decimal)Math.Pow(isBinary ? 1024 : 1000, (suffix % 3) + 1);
        var style = suffix < 0 || isBinary ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
        return
            decimal.TryParse(
                suffix < 0 ? text : text[..^1],
                style,
                CultureInfo.InvariantCulture,
                out var number
            )
            && number <= int.MaxValue
            && number * factor is >= 1 and <= int.MaxValue
            ? (int)(number * factor)
            : null;
    }

    private static double ParseNumber(string name, string text, FigureRange range) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && range.Contains(value)
            ? value
            : throw NotAllowed(name, text, $"a number, {range}");

    /// <summary>
    /// Checks all values, and gives the first: commands that allow several read them singly. Errors are collected, because the first
    /// one to tell may be another: an unknown option among the values.
    /// </summary>
    private static T? Parse<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            var values = result.Tokens.Select(token => parse(token.Value)).ToArray();
            return values[0];
        }
        catch (UserErrorException e)
        {
            result.AddError(e.Message);
            return default;
        }
    }

    private static UserErrorException NotAllowed(string name, string found, string allowed) =>
        new($"--{name}: found '{found}'; allowed: {allowed}");
}
