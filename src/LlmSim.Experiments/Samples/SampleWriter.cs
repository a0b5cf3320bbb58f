using System.IO.Compression;
using LlmSim.Experiments.Results;
using LlmSim.Metrics.Sampling;
using nietras.SeparatedValues;
using Parquet;
using Parquet.Schema;

namespace LlmSim.Experiments.Samples;

/// <summary>Writes samples as they are taken.</summary>
internal abstract class SampleWriter(IReadOnlyList<SampleColumn> columns)
{
    protected IReadOnlyList<SampleColumn> Columns { get; } = columns;

    /// <summary>The writer for a file, by its extension.</summary>
    /// <exception cref="UserErrorException">There is no writer for that extension, or the path cannot be written.</exception>
    public static SampleWriter Open(
        OutputSet files,
        string option,
        string path,
        IReadOnlyList<SampleColumn> columns
    ) =>
        OutputFormat.IsParquet(option, path)
            ? new ParquetSampleWriter(files.Add(option, path), columns)
            : new CsvSampleWriter(files.Add(option, path), columns);

    public abstract void Add(in InstanceSample sample);

    /// <summary>Writes what is left and ends the file.</summary>
    public abstract void Complete();

    private sealed class CsvSampleWriter : SampleWriter
    {
        private readonly SepWriter _writer;

        public CsvSampleWriter(Stream stream, IReadOnlyList<SampleColumn> columns)
            : base(columns)
        {
            _writer = Csv.Writer(stream);
            _writer.Header.Add(columns.Select(column => column.Name).ToArray());
            _writer.Header.Write();
        }

        public override void Add(in InstanceSample sample)
        {
            using var row = _writer.NewRow();
            for (var i = 0; i < Columns.Count; i++)
            {
                Columns[i].Set(row[i], sample);
            }
        }

        public override void Complete() => _writer.Dispose();
    }

    private sealed class ParquetSampleWriter : SampleWriter
    {
        private const int RowsPerGroup = 65_536;

        private readonly ParquetSchema _schema;
        private readonly ParquetWriter _writer;
        private readonly List<InstanceSample> _samples = [];

        public ParquetSampleWriter(Stream stream, IReadOnlyList<SampleColumn> columns)
            : base(columns)
        {
            _schema = new ParquetSchema(columns.Select(Field (column) => column.Field).ToArray());
            // The default level of Zstd is its slowest.
            var options = new ParquetOptions
            {
                CompressionMethod = CompressionMethod.Zstd,
                CompressionLevel = CompressionLevel.Optimal,
            };
            _writer = ParquetWriter.CreateAsync(_schema, stream, options).GetAwaiter().GetResult();
        }

        public override void Add(in InstanceSample sample)
        {
            _samples.Add(sample);
            if (_samples.Count == RowsPerGroup)
            {
                WriteGroup();
            }
        }

        public override void Complete()
        {
            if (_samples.Count > 0)
            {
                WriteGroup();
            }

            _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        private void WriteGroup()
        {
            using var group = _writer.CreateRowGroup();
            foreach (var (field, column) in _schema.DataFields.Zip(Columns))
            {
                column.Write(group, field, _samples).GetAwaiter().GetResult();
            }

            group.CompleteValidate();
            _samples.Clear();
        }
    }
}
