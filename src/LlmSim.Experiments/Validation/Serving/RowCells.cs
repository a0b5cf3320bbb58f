using System.Globalization;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>The cells of a row by their columns; one that is not there is empty.</summary>
/// <param name="where">File and line, for messages.</param>
/// <param name="cells">The cells.</param>
internal sealed class RowCells(string where, IReadOnlyDictionary<string, string> cells)
{
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
            && number >= least
                ? number
            : throw Wrong(
                column,
                string.Create(CultureInfo.InvariantCulture, $"a whole number from {least}")
            );
    }

    /// <summary>A whole number of at least 1; null where the cell is empty.</summary>
    public int? OptionalWhole(string column) => Text(column).Length == 0 ? null : Whole(column);

    /// <summary>A number above 0, times a factor; null where the cell is empty.</summary>
    public double? Positive(string column, double factor = 1)
    {
        var text = Text(column);
        return text.Length == 0 ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number > 0
            && double.IsFinite(number)
                ? number * factor
            : throw Wrong(column, "a number above 0");
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
