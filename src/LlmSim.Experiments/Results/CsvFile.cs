using System.Globalization;
using System.Text;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Results;

/// <summary>
/// A table in CSV that the user names, read row by row: a header of names that differ, and rows with as many cells. Every error has
/// file, line and column.
/// </summary>
internal sealed class CsvFile : IDisposable
{
    private readonly Stream _stream;
    private readonly LineReader _lines;
    private readonly CsvHeader _header;
    private readonly CsvCells _cells;

    private CsvFile(string path)
    {
        var limits = InputLimits.Current;
        _stream = InputFile.OpenRows(path);
        _lines = new LineReader(_stream, path, limits)
        {
            Shape = RecordShape.QuotedLines,
            Separators = [(byte)','],
        };
        try
        {
            _header = _lines.MoveNext()
                ? new CsvHeader(_lines, ',')
                : throw _lines.FileError("is empty; allowed: a table in CSV with a header");
            _cells = new CsvCells(_lines, _header);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The names of the header.</summary>
    public IReadOnlyList<string> Columns => _header.Columns;

    /// <summary>The line of the current row.</summary>
    public int Line => (int)Math.Min(_lines.LineNumber, int.MaxValue);

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or is no table.</exception>
    public static CsvFile Open(string path) => new(path);

    /// <summary>Goes to the next row; false at the end.</summary>
    /// <exception cref="UserErrorException">It has other columns than the header, or is not text.</exception>
    public bool MoveNext()
    {
        if (!_lines.MoveNext())
        {
            return false;
        }

        _cells.Split();
        return true;
    }

    /// <summary>The place of a column.</summary>
    /// <exception cref="UserErrorException">It is not there.</exception>
    public int Require(string column)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i] == column)
            {
                return i;
            }
        }

        throw _lines.Error(
            "",
            $"has no column {column}.{Suggestion.For(column, Columns)} Found are {_header.Names}."
        );
    }

    /// <summary>A cell of the current row as text.</summary>
    public string Text(int column) => CsvCells.Unquoted(Cell(column));

    /// <summary>All cells of the current row by column.</summary>
    public Dictionary<string, string> Texts()
    {
        var texts = new Dictionary<string, string>(Columns.Count, StringComparer.Ordinal);
        for (var i = 0; i < Columns.Count; i++)
        {
            texts[Columns[i]] = Text(i);
        }

        return texts;
    }

    /// <summary>A cell of the current row that is a number; NaN where it is empty.</summary>
    /// <exception cref="UserErrorException">It is something else.</exception>
    public double Number(int column)
    {
        var cell = Cell(column);
        cell = cell is [(byte)'"', .. var within, (byte)'"'] ? within : cell;
        return cell.IsEmpty ? double.NaN
            : double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
            : throw Error(column, "a number");
    }

    /// <summary>What is wrong with a cell of the current row.</summary>
    public UserErrorException Error(int column, string allowed) =>
        _lines.Error(
            Columns[column],
            $"found '{LineReader.Excerpt(Encoding.UTF8.GetBytes(Text(column)))}'; allowed: {allowed}"
        );

    /// <summary>What is wrong with the current row.</summary>
    public UserErrorException Error(string message) => _lines.Error("", message);

    public void Dispose()
    {
        _lines.Dispose();
        _stream.Dispose();
    }

    private ReadOnlySpan<byte> Cell(int column) => _cells[column].Trim(" \t"u8);
}
