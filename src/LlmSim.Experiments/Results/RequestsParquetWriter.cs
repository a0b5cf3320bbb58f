using System.IO.Compression;
using LlmSim.Metrics;
using Parquet;
using Parquet.Schema;

namespace LlmSim.Experiments.Results;

/// <summary>Per-request results as Parquet, a row group at a time.</summary>
internal sealed class RequestsParquetWriter : RequestsWriter
{
    private const int RowsPerGroup = 65_536;

    private readonly IReadOnlyList<RequestColumn> _columns;
    private readonly ParquetSchema _schema;
    private readonly ParquetWriter _writer;
    private readonly List<RequestRecord> _rows = [];

    public RequestsParquetWriter(Stream stream, IReadOnlyList<RequestColumn> columns)
    {
        _columns = columns;
        _schema = new ParquetSchema(columns.Select(Field).ToArray());
        // The default level of Zstd is its slowest.
        var options = new ParquetOptions
        {
            CompressionMethod = CompressionMethod.Zstd,
            CompressionLevel = CompressionLevel.Optimal,
        };
        _writer = ParquetWriter.CreateAsync(_schema, stream, options).GetAwaiter().GetResult();
    }

    protected override void Write(in RequestRecord record)
    {
        _rows.Add(record);
        if (_rows.Count == RowsPerGroup)
        {
            WriteGroup();
        }
    }

    protected override void Finish()
    {
        if (_rows.Count > 0)
        {
            WriteGroup();
        }

        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static DataField Field(RequestColumn column) =>
        column switch
        {
            IntegerColumn => new DataField<long?>(column.Name),
            SecondsColumn => new DataField<double?>(column.Name),
            FlagColumn => new DataField<bool?>(column.Name),
            _ => new DataField<string>(column.Name),
        };

    private void WriteGroup()
    {
        using var group = _writer.CreateRowGroup();
        foreach (var (field, column) in _schema.DataFields.Zip(_columns))
        {
            WriteColumn(group, field, column).GetAwaiter().GetResult();
        }

        group.CompleteValidate();
        _rows.Clear();
    }

    private Task WriteColumn(ParquetRowGroupWriter group, DataField field, RequestColumn column) =>
        column switch
        {
            IntegerColumn c => group.WriteAsync<long>(field, Values(c.Value)),
            SecondsColumn c => group.WriteAsync<double>(field, Values(c.Value)),
            FlagColumn c => group.WriteAsync<bool>(field, Values(c.Value)),
            TextColumn c => group.WriteAsync(field, _rows.ConvertAll(row => c.Value(row)!)),
            _ => throw new NotSupportedException(column.GetType().Name),
        };

    private ReadOnlyMemory<T?> Values<T>(Func<RequestRecord, T?> value)
        where T : struct => _rows.ConvertAll(row => value(row)).ToArray();
}
