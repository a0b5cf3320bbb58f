namespace LlmSim.Experiments.Plots;

/// <summary>A result file, CSV or Parquet by extension, read by columns.</summary>
internal abstract class ResultTable
{
    protected ResultTable(string path, IReadOnlyList<string> columns)
    {
        Path = path;
        Columns = columns;
        if (columns.GroupBy(name => name).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
        {
            throw new UserErrorException(
                $"{path}: has several columns '{twice.Key}'; allowed: one of a name"
            );
        }
    }

    public string Path { get; }

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static ResultTable Open(string path)
    {
        InputFile.RequireFile(path);
        try
        {
            return System.IO.Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".csv" => new CsvTable(path),
                ".parquet" => new ParquetTable(path),
                var other => throw new UserErrorException(
                    $"{path}: the extension '{other}' says no format that can be read; allowed: .csv, .parquet."
                ),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserErrorException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether all these columns are there.</summary>
    public bool Has(params string[] names) => names.All(name => Columns.Contains(name));

    /// <summary>The cells of columns as text, empty where undefined.</summary>
    /// <exception cref="UserErrorException">A column is missing.</exception>
    public string[][] Texts(params string[] names) => ReadTexts([.. names.Select(IndexOf)]);

    /// <summary>The cells of columns as numbers, NaN where undefined.</summary>
    /// <exception cref="UserErrorException">A column is missing, or a cell is no number.</exception>
    public double[][] Numbers(params string[] names) => ReadNumbers([.. names.Select(IndexOf)]);

    protected abstract string[][] ReadTexts(int[] positions);

    protected abstract double[][] ReadNumbers(int[] positions);

    private int IndexOf(string name)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i] == name)
            {
                return i;
            }
        }

        throw new UserErrorException($"{Path}: there is no column '{name}'.{Suggestion.For(name, Columns)}");
    }
}
