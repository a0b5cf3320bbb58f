using System.Globalization;
using System.IO.Compression;

namespace LlmSim.Tests;

/// <summary>A small CSV table of recorded outputs, gzipped or not, read by column name.</summary>
internal static class Table
{
    public static IReadOnlyList<Row> Read(string path)
    {
        using var file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using var reader = new StreamReader(stream);
        var columns = reader
            .ReadLine()!
            .Split(',')
            .Select((name, index) => (name, index))
            .ToDictionary(pair => pair.name, pair => pair.index, StringComparer.Ordinal);
        var rows = new List<Row>();
        while (reader.ReadLine() is { } line)
        {
            rows.Add(new Row(columns, line.Split(',')));
        }

        return rows;
    }

    internal sealed class Row(Dictionary<string, int> columns, string[] cells)
    {
        public string this[string column] => cells[columns[column]];

        public bool Has(string column) => columns.ContainsKey(column);

        public long Long(string column) => long.Parse(this[column], CultureInfo.InvariantCulture);

        public double Double(string column) => double.Parse(this[column], CultureInfo.InvariantCulture);
    }
}
