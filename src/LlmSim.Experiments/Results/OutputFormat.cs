namespace LlmSim.Experiments.Results;

/// <summary>The two formats that tables are written in.</summary>
internal static class OutputFormat
{
    /// <summary>Whether a file is Parquet or CSV, by its extension.</summary>
    /// <param name="option">The command-line option that gave the path, for messages.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="UserErrorException">It is neither.</exception>
    public static bool IsParquet(string option, string path) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".csv" => false,
            ".parquet" => true,
            var other => throw new UserErrorException(
                $"{option} {path}: the extension '{other}' says no format that can be written; allowed: .csv, .parquet."
            ),
        };
}
