using System.Globalization;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>The cells of a row by their columns; one that is not there is empty.</summary>
/// <param name="where">File and line, for messages.</param>
/// <param name="cells">The cells.</param>
internal sealed class RowCells(string where, IReadOnlyDictionary<string, string> cells)
{
    /// <summary>Of tokens, requests and ranks: what is more was never measured.</summary>
    private const double Most = 1e7;

    /// <summary>Of times and rates.</summary>
    private static readonly FigureRange s_figure = new(0, 1e12, IsAboveLeast: true);

    public string Text(string column) => cells.GetValueOrDefault(column, "").Trim();

    /// <summary>Text that may not be empty.</summary>
    public string Name(string column) =>
        Text(column) is { Length: > 0 } text ? text : throw Wrong(column, "a name");

    /// <summary>A whole number of at least the least; the given one where the cell is empty.</summary>
    public int Whole(string column, int? empty = null, int least = 1)
    {
        var text = Text(column);
        return text.Length == 0 && empty is { } value ? value
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && new FigureRange(least, Most).Contains(number)
                ? number
            : throw Wrong(column, $"a whole number {new FigureRange(least, Most)}");
    }

    /// <summary>A whole number of at least 1; null where the cell is empty.</summary>
    public int? OptionalWhole(string column) => Text(column).Length == 0 ? null : Whole(column);

    /// <summary>A number above 0, times a factor; null where the cell is empty.</summary>
    public double? Positive(string column, double factor = 1)
    {
        var text = Text(column);
        return text.Length == 0 ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && s_figure.Contains(number)
                ? number * factor
            : throw Wrong(column, $"a number {s_figure}");
    }

    public bool Flag(string column) =>
        Text(column) switch
        {
            "True" or "true" => true,
            "False" or "false" or "" => false,
            _ => throw Wrong(column, "True, False"),
        };

    /// <summary>One of a few words.</summary>
    public string Choice(string column, params IReadOnlyList<string> allowed) =>
        allowed.Contains(Text(column))
            ? Text(column)
            : throw Wrong(column, string.Join(", ", allowed.Where(word => word.Length > 0)));

    private UserErrorException Wrong(string column, string allowed) =>
        new($"{where}: {column}: found '{Text(column)}'; allowed: {allowed}");
}
