namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Ids of cases that a fit has seen: one a line, or the first column of a CSV whose header begins with "id".</summary>
internal static class FittedIds
{
    /// <summary>Reads a file of ids.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cases">What they are ids of.</param>
    /// <exception cref="UserErrorException">It cannot be read, or none of its ids is that of a case.</exception>
    public static IReadOnlySet<string> Read(string path, IReadOnlyList<MeasuredCase> cases)
    {
        using var reader = new StreamReader(InputFile.Open(path));
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            ids.Add(line.Split(',')[0].Trim().Trim('"'));
        }

        return cases.Any(one => ids.Contains(one.Id))
            ? ids
            : throw new UserErrorException(
                $"--fitted {path}: none of its {ids.Count} lines begins with an id of the measured configurations, such as '{cases[0].Id}'"
            );
    }
}
