using System.Globalization;

namespace LlmSim.Input;

/// <summary>A name with figures, as a user writes it: <c>name</c> or <c>name:key=value,key=value</c>.</summary>
internal sealed class NamedFigures
{
    private readonly string _option;
    private readonly string _text;
    private readonly string _allowed;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private NamedFigures(string option, string text, string allowed, bool hasName)
    {
        (_option, _text, _allowed) = (option, text, allowed);
        var colon = hasName ? text.IndexOf(':', StringComparison.Ordinal) : -1;
        Name =
            !hasName ? ""
            : colon < 0 ? text
            : text[..colon];
        foreach (var setting in hasName && colon < 0 ? [] : text[(colon + 1)..].Split(','))
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !_values.TryAdd(setting[..equals].Trim(), setting[(equals + 1)..].Trim()))
            {
                throw Wrong();
            }
        }
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Reads a text.</summary>
    /// <param name="option">The option, for messages.</param>
    /// <param name="text">What it says.</param>
    /// <param name="allowed">What it may say, for messages.</param>
    /// <exception cref="UserErrorException">It has another form.</exception>
    public static NamedFigures Read(string option, string text, string allowed) =>
        new(option, text, allowed, hasName: true);

    /// <summary>Reads figures without a name: <c>key=value,key=value</c>.</summary>
    /// <param name="option">The option, for messages.</param>
    /// <param name="text">What it says.</param>
    /// <param name="allowed">What it may say, for messages.</param>
    /// <exception cref="UserErrorException">It has another form.</exception>
    public static NamedFigures ReadUnnamed(string option, string text, string allowed) =>
        new(option, text, allowed, hasName: false);

    /// <summary>The error that it is none of what is allowed.</summary>
    public UserErrorException Wrong() => new($"{_option}: found '{_text}'; allowed: {_allowed}");

    /// <summary>A figure that has to be there.</summary>
    public double Take(string key, FigureRange? range = null) => TryTake(key, range) ?? throw Lacks(key);

    /// <summary>A count that has to be there.</summary>
    public int TakeCount(string key, FigureRange range) => TryTakeCount(key, range) ?? throw Lacks(key);

    /// <summary>A figure; null when it is not there.</summary>
    /// <exception cref="UserErrorException">It is no number, or out of range.</exception>
    public double? TryTake(string key, FigureRange? range = null)
    {
        if (!_values.Remove(key, out var text))
        {
            return null;
        }

        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
        return isNumber && double.IsFinite(value) && range?.Contains(value) != false
            ? value
            : throw new UserErrorException(
                $"{_option}: {key}: found '{text}'; allowed: a number{(range is null ? "" : $" {range}")}"
            );
    }

    /// <summary>A count; null when it is not there.</summary>
    /// <exception cref="UserErrorException">It is no whole number, or out of range.</exception>
    public int? TryTakeCount(string key, FigureRange range)
    {
        var text = _values.GetValueOrDefault(key);
        var value = TryTake(key, range);
        return value is { } given && !double.IsInteger(given)
            ? throw new UserErrorException(
                $"{_option}: {key}: found '{text}'; allowed: a whole number {range}"
            )
            : (int?)value;
    }

    /// <summary>A word; null when it is not there.</summary>
    public string? TryTakeText(string key) => _values.Remove(key, out var text) ? text : null;

    private UserErrorException Lacks(string key) =>
        new($"{_option}: '{_text}' lacks {key}; allowed: {_allowed}");

    /// <summary>Fails at what nobody has read.</summary>
    public void RequireAllTaken()
    {
        if (_values.Count > 0)
        {
            throw new UserErrorException(
                $"{_option}: '{_text}' has no figure '{_values.Keys.First()}'; allowed: {_allowed}"
            );
        }
    }
}
