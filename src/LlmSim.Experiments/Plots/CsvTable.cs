using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Plots;

/// <summary>A result file in CSV.</summary>
internal sealed class CsvTable(string path) : ResultTable(path, Header(path))
{
    protected override string[][] ReadTexts(int[] positions) =>
        Read(positions, (file, column) => file.Text(column));

    protected override double[][] ReadNumbers(int[] positions) =>
        Read(positions, (file, column) => file.Number(column));

    private static IReadOnlyList<string> Header(string path)
    {
        using var file = CsvFile.Open(path);
        return file.Columns;
    }

    private T[][] Read<T>(int[] positions, Func<CsvFile, int, T> value)
    {
        var columns = positions.Select(_ => new List<T>()).ToArray();
        using var file = CsvFile.Open(Path);
        while (file.MoveNext())
        {
            for (var i = 0; i < positions.Length; i++)
            {
                columns[i].Add(value(file, positions[i]));
            }
        }

        return [.. columns.Select(column => column.ToArray())];
    }
}
