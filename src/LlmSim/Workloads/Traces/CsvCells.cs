using System.Globalization;
using System.Text;

namespace LlmSim.Workloads.Traces;

/// <summary>The cells of the current row of a table; a row has as many as the header.</summary>
internal sealed class CsvCells(LineReader lines, CsvHeader header)
{
    /// <summary>What may follow a quoted text.</summary>
    public const string AllowedAfterQuote = "a separator behind the closing quote";

    private readonly (int Start, int Length)[] _cells = new (int, int)[header.Columns.Count];

    /// <summary>A cell with its quotes.</summary>
    public ReadOnlySpan<byte> this[int column] =>
        lines.RawLine.Slice(_cells[column].Start, _cells[column].Length);

    /// <summary>Finds the cells of the current row.</summary>
    /// <exception cref="UserErrorException">It has more or fewer than the header, or is no row of a table.</exception>
    public void Split()
    {
        lines.RequireUtf8();
        var line = lines.RawLine.TrimEnd((byte)'\r');
        var hasQuotes = line.Contains((byte)'"');
        var (start, count) = (0, 0);
        for (; start <= line.Length && count < _cells.Length; count++)
        {
            var rest = line[start..];
            var length = hasQuotes ? QuotedLength(rest, count) : PlainLength(rest, header.Separator);
            _cells[count] = (start, length);
            start += length + 1;
        }

        if (count < _cells.Length || start <= line.Length)
        {
            throw OtherCount(line, count, start);
        }
    }

    /// <summary>Bytes of the cell at the beginning of a text, its quotes included.</summary>
    /// <param name="text">The rest of a row.</param>
    /// <param name="separator">What ends it.</param>
    /// <param name="isBroken">Whether more than spaces follows its closing quote, or that is missing.</param>
    public static int Length(ReadOnlySpan<byte> text, byte separator, out bool isBroken)
    {
        var spaces = text.Length - text.TrimStart((byte)' ').Length;
        isBroken = false;
        if (spaces == text.Length || text[spaces] != '"')
        {
            return PlainLength(text, separator);
        }

        // Doubled quotes open the cell again at once.
        var quoted = spaces;
        while (quoted < text.Length && text[quoted] == '"')
        {
            var closing = text[(quoted + 1)..].IndexOf((byte)'"');
            isBroken = closing < 0;
            quoted = closing < 0 ? text.Length : quoted + closing + 2;
        }

        var length = quoted + PlainLength(text[quoted..], separator);
        isBroken |= text[quoted..length].ContainsAnyExcept((byte)' ', (byte)'\t');
        return length;
    }

    /// <summary>The text of a cell, without the quotes around it.</summary>
    public static string Unquoted(ReadOnlySpan<byte> cell) =>
        cell is [(byte)'"', .. var within, (byte)'"']
            ? Encoding.UTF8.GetString(within).Replace("\"\"", "\"", StringComparison.Ordinal)
            : Encoding.UTF8.GetString(cell);

    private static int PlainLength(ReadOnlySpan<byte> text, byte separator)
    {
        var end = text.IndexOf(separator);
        return end < 0 ? text.Length : end;
    }

    private int QuotedLength(ReadOnlySpan<byte> rest, int column)
    {
        var length = Length(rest, header.Separator, out var isBroken);
        return isBroken
            ? throw lines.Error(header.Columns[column], rest[..length], AllowedAfterQuote)
            : length;
    }

    private UserErrorException OtherCount(ReadOnlySpan<byte> line, int count, int start) =>
        count < _cells.Length
            ? lines.Error(
                header.Columns[count],
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the row ends before it; allowed: {_cells.Length} cells, as in the header"
                )
            )
            : lines.Error(
                header.Columns[^1],
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{LineReader.Excerpt(line[start..])}' follows it; allowed: {_cells.Length} cells, as in the header (one with a separator in it needs quotes)"
                )
            );
}
