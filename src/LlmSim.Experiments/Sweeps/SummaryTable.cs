using System.Globalization;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A row of a summary CSV.</summary>
/// <param name="Line">Its line in the file, for messages.</param>
/// <param name="Cells">Text by column.</param>
internal sealed record SummaryRow(int Line, IReadOnlyDictionary<string, string> Cells)
{
    public string this[string column] => Cells[column];
}

/// <summary>A summary CSV, read back.</summary>
internal sealed class SummaryTable
{
    private SummaryTable(string path, IReadOnlyList<string> columns, IReadOnlyList<SummaryRow> rows)
    {
        Path = path;
        Columns = columns;
        Rows = rows;
    }

    public string Path { get; }

    public IReadOnlyList<string> Columns { get; }

    public IReadOnlyList<SummaryRow> Rows { get; }

    /// <summary>Reads a file that has at least the columns of a seed and one more row.</summary>
    /// <exception cref="UserErrorException">It is no summary CSV.</exception>
    public static SummaryTable Read(string path)
    {
        using var file = CsvFile.Open(path);
        var rows = new List<SummaryRow>();
        while (file.MoveNext())
        {
            rows.Add(new SummaryRow(file.Line, file.Texts()));
        }

        return file.Columns.Contains(SweepPlan.SeedOption) && rows.Count > 0
            ? new SummaryTable(path, file.Columns, rows)
            : throw new UserErrorException(
                $"{path}: is no summary CSV of llmsim (--csv_output): it has no column 'seed' or no rows"
            );
    }

    /// <summary>The columns that say what was simulated, the seed left out.</summary>
    public IEnumerable<string> Settings => SummaryCsv.SettingColumns.Where(Columns.Contains);

    /// <summary>The rows with a value in a column.</summary>
    public SummaryTable Where(string column, string value) =>
        new(Path, Columns, [.. Rows.Where(row => row[column] == value)]);

    /// <summary>A figure of a row; NaN where it is not defined.</summary>
    public double Value(SummaryRow row, string column) =>
        !Columns.Contains(column)
            ? throw new UserErrorException(
                $"{Path}: there is no column '{column}'.{Suggestion.For(column, Columns)}"
            )
        : row[column] is { Length: > 0 } text
            ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
                : throw new UserErrorException(
                    $"{Path}:{row.Line}: {column}: found '{text}'; allowed: a number"
                )
        : double.NaN;
}
