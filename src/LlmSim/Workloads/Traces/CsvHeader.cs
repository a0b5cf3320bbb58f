using System.Globalization;

namespace LlmSim.Workloads.Traces;

/// <summary>The names of a table's columns and what stands between them.</summary>
internal sealed class CsvHeader
{
    private readonly LineReader _lines;
    private readonly string[] _columns;

    /// <summary>Reads the header, which is the current record.</summary>
    /// <param name="lines">The file.</param>
    /// <param name="separator">What separates columns; null for what the header has most of.</param>
    /// <exception cref="UserErrorException">Two columns have one name, or the header is no line of a table.</exception>
    public CsvHeader(LineReader lines, char? separator = null)
    {
        _lines = lines;
        lines.RequireUtf8();
        var line = lines.RawLine.TrimEnd((byte)'\r');
        Separator = separator is { } given ? (byte)given : Frequent(line);
        _columns = [.. ReadColumns(line)];
        Names = new FieldNames(_columns, StringComparer.OrdinalIgnoreCase);
        if (
            _columns
                .Where(name => name.Length > 0)
                .GroupBy(name => name)
                .FirstOrDefault(same => same.Skip(1).Any()) is
            { } twice
        )
        {
            throw Twice(twice.Key, twice.Count());
        }
    }

    public byte Separator { get; }

    public FieldNames Names { get; }

    public IReadOnlyList<string> Columns => _columns;

    /// <summary>The place of a column, whatever the case of its letters; −1 when it is not there.</summary>
    /// <exception cref="UserErrorException">There are several.</exception>
    public int Find(string name)
    {
        var (found, count) = (-1, 0);
        for (var i = _columns.Length - 1; i >= 0; i--)
        {
            if (name.Length > 0 && _columns[i].Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                (found, count) = (i, count + 1);
            }
        }

        return count < 2 ? found : throw Twice(name, count);
    }

    private UserErrorException Twice(string name, int count) =>
        _lines.Error(
            name,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the header has this column {count} times; allowed: once"
            )
        );

    private static byte Frequent(ReadOnlySpan<byte> line)
    {
        var frequent = (byte)',';
        foreach (var separator in ",;\t|"u8)
        {
            frequent = line.Count(separator) > line.Count(frequent) ? separator : frequent;
        }

        return frequent;
    }

    private List<string> ReadColumns(ReadOnlySpan<byte> line)
    {
        var columns = new List<string>();
        for (var start = 0; start <= line.Length; )
        {
            var cell = line.Slice(start, CsvCells.Length(line[start..], Separator, out var isBroken));
            if (isBroken)
            {
                throw _lines.Error("", cell, $"in the header {CsvCells.AllowedAfterQuote}");
            }

            columns.Add(CsvCells.Unquoted(cell.Trim((byte)' ')).Trim());
            start += cell.Length + 1;
        }

        return columns;
    }
}
