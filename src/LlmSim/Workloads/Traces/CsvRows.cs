using System.Globalization;
using System.Text;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// Rows of a table with a header (RFC 4180): separated by commas, semicolons, tabs or bars, whichever the header has most of.
/// </summary>
internal sealed class CsvRows : ITraceRows
{
    private readonly LineReader _lines;
    private readonly CsvCells _cells;
    private readonly string _input;
    private readonly string _output;

    /// <summary>The columns of the time, or −1, and of the lengths.</summary>
    private readonly (int Arrival, int Input, int Output) _columns;

    public CsvRows(LineReader lines, CsvHeader header, TraceFields fields, TraceClock clock)
    {
        (_lines, Clock) = (lines, clock);
        _cells = new CsvCells(lines, header);
        (_input, _output) = (fields.Input, fields.Output);
        ArrivalField = fields.Arrival is { } arrival && header.Names.Contains(arrival) ? arrival : "";
        _columns = (header.Find(ArrivalField), header.Find(_input), header.Find(_output));
        if (fields.Origin is { } origin)
        {
            _origin = new OriginReader(lines, origin);
            _originColumns =
            [
                .. new[]
                {
                    (JsonSlot.Class, origin.Class),
                    (JsonSlot.Tenant, origin.Tenant),
                    (JsonSlot.Model, origin.Model),
                    (JsonSlot.Priority, origin.Priority),
                    (JsonSlot.Deadline, origin.Deadline),
                    (JsonSlot.Adapter, origin.Adapter),
                    (JsonSlot.Schema, origin.Schema),
                    (JsonSlot.Thinking, origin.Thinking),
                    (JsonSlot.Images, origin.Images),
                    (JsonSlot.Videos, origin.Videos),
                    (JsonSlot.Audio, origin.Audio),
                }
                    .Where(column => column.Item2 is not null)
                    .Select(column => (column.Item1, header.Find(column.Item2!))),
            ];
        }
    }

    /// <summary>Reads who sends a request; null when no column says it.</summary>
    private readonly OriginReader? _origin;

    /// <summary>What it reads and where.</summary>
    private readonly (JsonSlot Slot, int Column)[] _originColumns = [];

    public TraceClock Clock { get; }

    public string ArrivalField { get; }

    public bool MoveNext() => _lines.MoveNext();

    public UserErrorException Error(string field, string message) => _lines.Error(field, message);

    public TraceRow Read()
    {
        _cells.Split();
        return new TraceRow(
            ArrivalField.Length > 0 ? ReadTime() : null,
            ReadLength(_columns.Input, _input),
            ReadLength(_columns.Output, _output)
        )
        {
            More = _origin is null ? null : ReadOrigin(_origin),
        };
    }

    private TraceRowMore? ReadOrigin(OriginReader origin)
    {
        origin.Clear();
        foreach (var (slot, column) in _originColumns)
        {
            origin.Set(slot, CsvCells.Unquoted(_cells[column].Trim(" \t"u8)).Trim());
        }

        return origin.More();
    }

    private ReadOnlySpan<byte> Field(int column)
    {
        var field = _cells[column].Trim(" \t"u8);
        return field is [(byte)'"', .. var within, (byte)'"'] ? within.Trim(" \t"u8) : field;
    }

    private SimTime? ReadTime()
    {
        var field = Field(_columns.Arrival);
        return IsAbsent(field) ? null
            : Clock.TryRead(field, out var time) ? time
            : throw _lines.Error(ArrivalField, field, Clock.Allowed);
    }

    private int ReadLength(int column, string name)
    {
        var field = Field(column);
        return
            int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens > 0
            || (
                !MayBeThousands(field)
                && decimal.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && TraceRow.TryLength(number, out tokens)
            )
            ? tokens
            : throw _lines.Error(name, field, TraceRow.AllowedLength);
    }

    /// <summary>Where a point separates thousands, 1.000 is a thousand and not one.</summary>
    private static bool MayBeThousands(ReadOnlySpan<byte> field) =>
        field.LastIndexOf((byte)'.') is >= 0 and var point && field.Length - point == 4;

    private static bool IsAbsent(ReadOnlySpan<byte> field) =>
        field.IsEmpty
        || Ascii.EqualsIgnoreCase(field, "null"u8)
        || Ascii.EqualsIgnoreCase(field, "nan"u8)
        || Ascii.EqualsIgnoreCase(field, "nat"u8);
}
