using System.Globalization;
using System.Text;
using LlmSim.Engine;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// Rows of a table with a header (RFC 4180): separated by commas, semicolons, tabs or bars, whichever the header has most of.
/// </summary>
internal sealed class CsvRows : ITraceRows
{
    private readonly LineReader _lines;
    private readonly byte _separator;
    private readonly string _input;
    private readonly string _output;

    /// <summary>For each column up to the last one that is read, its place in <see cref="_fields" />, or −1.</summary>
    private readonly int[] _places;
    private readonly (int Start, int Length)[] _fields = new (int, int)[3];

    public CsvRows(LineReader lines, CsvHeader header, TraceFields fields, TraceClock clock)
    {
        (_lines, _separator, Clock) = (lines, header.Separator, clock);
        (_input, _output) = (fields.Input, fields.Output);
        ArrivalField = fields.Arrival is { } arrival && header.Names.Contains(arrival) ? arrival : "";
        var columns = new[] { header.Find(ArrivalField), header.Find(_input), header.Find(_output) };
        _places =
        [
            .. Enumerable.Range(0, columns.Max() + 1).Select(column => Array.IndexOf(columns, column)),
        ];
    }

    public TraceClock Clock { get; }

    public string ArrivalField { get; }

    public bool MoveNext() => _lines.MoveNext();

    public UserErrorException Error(string field, string message) => _lines.Error(field, message);

    public TraceRow Read()
    {
        FindFields();
        return new TraceRow(
            ArrivalField.Length > 0 ? ReadTime() : null,
            ReadLength(1, _input),
            ReadLength(2, _output)
        );
    }

    private void FindFields()
    {
        Array.Clear(_fields);
        var line = _lines.RawLine.TrimEnd((byte)'\r');
        var start = 0;
        foreach (var place in _places)
        {
            if (start > line.Length)
            {
                return;
            }

            var length = FieldLength(line[start..], _separator);
            if (place >= 0)
            {
                _fields[place] = (start, length);
            }

            start += length + 1;
        }
    }

    /// <summary>Bytes of the field at the beginning of a text, its quotes included.</summary>
    internal static int FieldLength(ReadOnlySpan<byte> text, byte separator)
    {
        var quoted = 0;
        var rest = text.TrimStart((byte)' ');
        if (rest.StartsWith("\""u8))
        {
            // Doubled quotes open the field again at once.
            quoted = text.Length - rest.Length;
            while (quoted < text.Length && text[quoted] == '"')
            {
                var closing = text[(quoted + 1)..].IndexOf((byte)'"');
                quoted = closing < 0 ? text.Length : quoted + closing + 2;
            }
        }

        var end = text[quoted..].IndexOf(separator);
        return end < 0 ? text.Length : quoted + end;
    }

    private ReadOnlySpan<byte> Field(int place)
    {
        var (start, length) = _fields[place];
        var field = _lines.RawLine.Slice(start, length).Trim(" \t"u8);
        return field is [(byte)'"', .. var within, (byte)'"'] ? within.Trim(" \t"u8) : field;
    }

    private SimTime? ReadTime()
    {
        var field = Field(0);
        return IsAbsent(field) ? null
            : Clock.TryRead(field, out var time) ? time
            : throw _lines.Error(ArrivalField, field, Clock.Allowed);
    }

    private int ReadLength(int place, string name)
    {
        var field = Field(place);
        return
            int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens > 0
            || (
                decimal.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && TraceRow.TryLength(number, out tokens)
            )
            ? tokens
            : throw _lines.Error(name, field, TraceRow.AllowedLength);
    }

    private static bool IsAbsent(ReadOnlySpan<byte> field) =>
        field.IsEmpty
        || Ascii.EqualsIgnoreCase(field, "null"u8)
        || Ascii.EqualsIgnoreCase(field, "nan"u8)
        || Ascii.EqualsIgnoreCase(field, "nat"u8);
}

/// <summary>The names of a table's columns and what stands between them.</summary>
internal sealed class CsvHeader
{
    private readonly string[] _columns;

    /// <summary>Reads the header.</summary>
    public CsvHeader(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        Separator = (byte)',';
        foreach (var separator in ",;\t|"u8)
        {
            Separator = line.Count(separator) > line.Count(Separator) ? separator : Separator;
        }

        _columns = [.. Columns(line, Separator)];
        Names = new FieldNames(_columns, StringComparer.OrdinalIgnoreCase);
    }

    public byte Separator { get; }

    public FieldNames Names { get; }

    /// <summary>The place of a column; −1 when it is not there.</summary>
    public int Find(string name) =>
        Array.FindIndex(_columns, column => column.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static List<string> Columns(ReadOnlySpan<byte> line, byte separator)
    {
        var columns = new List<string>();
        for (var start = 0; start <= line.Length; )
        {
            var length = CsvRows.FieldLength(line[start..], separator);
            var name = Encoding.UTF8.GetString(line.Slice(start, length)).Trim();
            columns.Add(
                name is ['"', .. var within, '"']
                    ? within.Replace("\"\"", "\"", StringComparison.Ordinal).Trim()
                    : name
            );
            start += length + 1;
        }

        return columns;
    }
}
