using System.Globalization;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Plots;

/// <summary>A result file in CSV.</summary>
internal sealed class CsvTable(string path) : ResultTable(path, Header(path))
{
    protected override string[][] ReadTexts(int[] positions) =>
        Read(positions, (cell, _, _) => cell.ToString());

    protected override double[][] ReadNumbers(int[] positions) => Read(positions, Number);

    private static string[] Header(string path)
    {
        using var reader = Csv.Reader(path);
        return [.. reader.Header.ColNames];
    }

    private T[][] Read<T>(int[] positions, Func<ReadOnlySpan<char>, string, int, T> value)
    {
        var columns = positions.Select(_ => new List<T>()).ToArray();
        try
        {
            using var reader = Csv.Reader(Path);
            foreach (var row in reader)
            {
                for (var i = 0; i < positions.Length; i++)
                {
                    columns[i].Add(value(row[positions[i]].Span, Columns[positions[i]], row.LineNumberFrom));
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException($"{Path}: is not a table in CSV: {e.Message}", e);
        }

        return [.. columns.Select(column => column.ToArray())];
    }

    private double Number(ReadOnlySpan<char> cell, string column, int line) =>
        cell.IsEmpty ? double.NaN
        : double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : throw new UserErrorException($"{Path}:{line}: column {column}: found '{cell}'; allowed: a number");
}
