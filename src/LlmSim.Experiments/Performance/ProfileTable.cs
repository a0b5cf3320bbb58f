using System.Globalization;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Performance;

/// <summary>A CSV file with a header whose values are read by column; every error names file, line and column.</summary>
internal static class ProfileTable
{
    /// <summary>Reads one value a line; empty files and lines for the same point are errors, further columns are not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Columns that it must have: those that say which point a line is of, and the last, its value.</param>
    /// <param name="read">Makes a value of a line.</param>
    public static List<T> Read<T>(string path, string[] columns, Func<ProfileLine, T> read)
    {
        using var file = CsvFile.Open(path);
        var indices = Array.ConvertAll(columns, file.Require);
        var values = new List<T>();
        var points = new HashSet<string>(StringComparer.Ordinal);
        while (file.MoveNext())
        {
            var line = new ProfileLine(file, indices);
            values.Add(read(line));
            if (!points.Add(line.Point))
            {
                throw file.Error($"a second line for {line.Point}");
            }
        }

        return values.Count > 0 ? values : throw new UserErrorException($"{path}:2: has no rows");
    }
}

/// <summary>One line of a table, by the columns that were asked for.</summary>
internal readonly struct ProfileLine(CsvFile file, int[] indices)
{
    /// <summary>What is in all columns but the last.</summary>
    public string Point => string.Join(", ", indices.SkipLast(1).Select(file.Text));

    public string Text(int column) => file.Text(indices[column]);

    /// <summary>A whole number from 0.</summary>
    public int Count(int column) =>
        int.TryParse(Text(column), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Error(column, "a whole number from 0");

    /// <summary>A number in its range.</summary>
    public double Number(int column, FigureRange range)
    {
        var value = file.Number(indices[column]);
        return range.Contains(value) ? value : throw Error(column, $"a number {range}");
    }

    public UserErrorException Error(int column, string allowed) => file.Error(indices[column], allowed);
}
