using LlmSim.Metrics;
using nietras.SeparatedValues;

namespace LlmSim.Experiments.Results;

/// <summary>Per-request results as CSV: UTF-8, a header, numbers that read back exactly, nothing where undefined.</summary>
internal sealed class RequestsCsvWriter : RequestsWriter
{
    private readonly IReadOnlyList<RequestColumn> _columns;
    private readonly SepWriter _writer;

    public RequestsCsvWriter(Stream stream, IReadOnlyList<RequestColumn> columns)
    {
        _columns = columns;
        _writer = Csv.Writer(stream);
        _writer.Header.Add(columns.Select(column => column.Name).ToArray());
        // A workload without requests has a header all the same.
        _writer.Header.Write();
    }

    protected override void Write(in RequestRecord record)
    {
        using var row = _writer.NewRow();
        for (var i = 0; i < _columns.Count; i++)
        {
            WriteCell(row[i], _columns[i], record);
        }
    }

    protected override void Finish() => _writer.Dispose();

    private static void WriteCell(SepWriter.Col cell, RequestColumn column, in RequestRecord record)
    {
        switch (column)
        {
            case IntegerColumn c when c.Value(record) is { } value:
                cell.Format(value);
                break;
            case SecondsColumn c when c.Value(record) is { } value:
                cell.Format(value);
                break;
            case FlagColumn c when c.Value(record) is { } value:
                cell.Set(value ? "true" : "false");
                break;
            case TextColumn c:
                cell.Set(c.Value(record));
                break;
            default:
                cell.Set("");
                break;
        }
    }
}
