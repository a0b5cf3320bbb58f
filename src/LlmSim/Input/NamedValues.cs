using System.Globalization;

namespace LlmSim.Input;

/// <summary>
/// Values by their names behind the name of what takes them, as in <c>diurnal:mean=2,peak=5,period=24h</c>. Each may be there once; what
/// is not there has its default.
/// </summary>
internal sealed class NamedValues
{
    /// <summary>Endings of durations and what they stand for in seconds; a number alone is in seconds.</summary>
    private static readonly (string Ending, double Seconds)[] s_units =
    [
        ("ms", 1e-3),
        ("us", 1e-6),
        ("s", 1),
        ("m", 60),
        ("h", 3600),
        ("d", 86_400),
    ];

    private readonly string _place;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private NamedValues(string place) => _place = place;

    /// <summary>Reads what stands behind the colon.</summary>
    /// <param name="option">The option that the text is given to.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="names">The values that there are.</param>
    /// <exception cref="UserErrorException">A value has no name, an unknown one, or one that is there twice.</exception>
    public static NamedValues Parse(string option, string text, IReadOnlyCollection<string> names)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var values = new NamedValues($"{option}: {(colon < 0 ? text : text[..colon])}");
        values.Add(
            colon < 0 ? [] : text[(colon + 1)..].Split(','),
            names,
            $"NAME=VALUE, separated by commas, with the names {string.Join(", ", names)}"
        );
        return values;
    }

    /// <summary>Reads values behind no name: <c>mtbf=86400,repair=600</c>.</summary>
    /// <param name="option">The option that the text is given to.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="names">The values that there are.</param>
    /// <param name="allowed">What the text may be, for messages.</param>
    /// <exception cref="UserErrorException">A value has no name, an unknown one, or one that is there twice.</exception>
    public static NamedValues ParseAll(
        string option,
        string text,
        IReadOnlyCollection<string> names,
        string allowed
    )
    {
        var values = new NamedValues(option);
        values.Add(text.Split(','), names, allowed);
        return values;
    }

    /// <summary>Whether a value is given.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A number; without a default it must be given.</summary>
    public double Number(string name, FigureRange range, double? otherwise = null) =>
        Value(name, range, otherwise, TryNumber, "a number");

    /// <summary>A whole number; without a default it must be given.</summary>
    public int Whole(string name, FigureRange range, int? otherwise = null) =>
        (int)Value(name, range, otherwise, TryWhole, "a whole number");

    /// <summary>A number; null when it is not given.</summary>
    public double? NumberOrNull(string name, FigureRange range) => Has(name) ? Number(name, range) : null;

    /// <summary>A whole number; null when it is not given.</summary>
    public int? WholeOrNull(string name, FigureRange range) => Has(name) ? Whole(name, range) : null;

    /// <summary>A duration in seconds, which may be written with a unit; without a default it must be given.</summary>
    public double Seconds(string name, FigureRange range, double? otherwise = null) =>
        Value(
            name,
            range,
            otherwise,
            TrySeconds,
            $"a number of seconds, or one with {string.Join(", ", s_units.Select(unit => unit.Ending))} behind it,"
        );

    /// <summary>One of some words.</summary>
    public string Word(string name, IReadOnlyCollection<string> words, string otherwise)
    {
        var word = _values.GetValueOrDefault(name, otherwise);
        return words.Contains(word)
            ? word
            : throw Error(
                name,
                $"found '{word}'; allowed: {string.Join(", ", words)}.{Suggestion.For(word, words)}"
            );
    }

    /// <summary>What is wrong with a value.</summary>
    public UserErrorException Error(string name, string message) => new($"{_place}: {name}: {message}");

    private void Add(string[] pairs, IReadOnlyCollection<string> names, string allowed)
    {
        foreach (var pair in pairs)
        {
            var parts = pair.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is not [var name, { Length: > 0 } value])
            {
                throw new UserErrorException($"{_place}: found '{pair}'; allowed: {allowed}");
            }

            if (!names.Contains(name))
            {
                throw new UserErrorException(
                    $"{_place}: found '{name}'; allowed: {string.Join(", ", names)}.{Suggestion.For(name, names)}"
                );
            }

            if (!_values.TryAdd(name, value))
            {
                throw new UserErrorException($"{_place}: {name}: is there twice; allowed: once");
            }
        }
    }

    private double Value(string name, FigureRange range, double? otherwise, TryRead read, string kind)
    {
        if (!_values.TryGetValue(name, out var text))
        {
            return otherwise ?? throw Error(name, $"missing; allowed: {kind} {range}");
        }

        return read(text, out var value) && range.Contains(value)
            ? value
            : throw Error(name, $"found '{text}'; allowed: {kind} {range}");
    }

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static bool TryWhole(string text, out double value) =>
        TryNumber(text, out value) && double.IsInteger(value);

    private static bool TrySeconds(string text, out double seconds)
    {
        foreach (var (ending, unit) in s_units)
        {
            if (
                text.EndsWith(ending, StringComparison.Ordinal)
                && TryNumber(text[..^ending.Length].TrimEnd(), out seconds)
            )
            {
                seconds *= unit;
                return true;
            }
        }

        return TryNumber(text, out seconds);
    }

    private delegate bool TryRead(string text, out double value);
}
