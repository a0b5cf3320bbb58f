using System.Globalization;
using nietras.SeparatedValues;

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
        using var stream = InputFile.Open(path);
        try
        {
            using var reader = Sep.New(',').Reader().From(stream);
            var indices = Array.ConvertAll(columns, column => Index(path, reader.Header, column));
            var values = new List<T>();
            var points = new HashSet<string>(StringComparer.Ordinal);
            foreach (var row in reader)
            {
                var line = new ProfileLine(path, columns, indices, row);
                values.Add(read(line));
                if (!points.Add(line.Point))
                {
                    throw new UserErrorException(
                        $"{path}:{row.LineNumberFrom}: a second line for {line.Point}"
                    );
                }
            }

            return values.Count > 0 ? values : throw new UserErrorException($"{path}:2: has no rows");
        }
        catch (InvalidDataException error)
        {
            throw new UserErrorException($"{path}: is not a table: {error.Message}", error);
        }
    }

    private static int Index(string path, SepReaderHeader header, string column) =>
        header.TryIndexOf(column, out var index)
            ? index
            : throw new UserErrorException(
                $"{path}:1: has no column {column}.{Suggestion.For(column, header.ColNames)} "
                    + $"Found are {string.Join(", ", header.ColNames)}."
            );
}

/// <summary>One line of a table, by the columns that were asked for.</summary>
internal readonly ref struct ProfileLine(string path, string[] columns, int[] indices, SepReader.Row row)
{
    private readonly SepReader.Row _row = row;

    /// <summary>What is in all columns but the last.</summary>
    public string Point => _row[indices.AsSpan(0, indices.Length - 1)].JoinToString(", ");

    public string Text(int column) => _row[indices[column]].ToString();

    /// <summary>A whole number from 0.</summary>
    public int Count(int column) =>
        int.TryParse(
            _row[indices[column]].Span,
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var value
        )
            ? value
            : throw Error(column, "a whole number from 0");

    /// <summary>A finite number, from 0 unless another limit is given.</summary>
    public double Number(int column, double min = 0, double max = double.MaxValue) =>
        double.TryParse(
            _row[indices[column]].Span,
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out var value
        )
        && double.IsFinite(value)
        && value >= min
        && value <= max
            ? value
            : throw Error(
                column,
                min < 0 ? "a number"
                    : max < double.MaxValue
                        ? string.Create(CultureInfo.InvariantCulture, $"a number from 0 to {max}")
                    : "a number from 0"
            );

    public UserErrorException Error(int column, string allowed) =>
        new($"{path}:{_row.LineNumberFrom}:{columns[column]}: found '{Text(column)}'; allowed: {allowed}");
}
