namespace LlmSim.Input;

/// <summary>Finds what somebody may have meant by a name that does not exist.</summary>
internal static class Suggestion
{
    /// <summary>
    /// " Did you mean 'x'?" for the nearest candidate when it is near enough, else nothing. Distance: insertions,
    /// deletions, substitutions and swaps of neighbours, ignoring case; a candidate that contains the name is near.
    /// </summary>
    public static string For(string name, IEnumerable<string> candidates)
    {
        var best = candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(name, candidate)))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Candidate, StringComparer.Ordinal)
            .FirstOrDefault();
        return best.Candidate is not null && best.Distance <= Math.Max(2, name.Length / 3)
            ? $" Did you mean '{best.Candidate}'?"
            : "";
    }

    private static int Distance(string name, string candidate)
    {
        var a = name.ToUpperInvariant();
        var b = candidate.ToUpperInvariant();
        if (a.Length >= 3 && b.Contains(a, StringComparison.Ordinal))
        {
            return 1;
        }

        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                rows[i, j] = Cell(rows, a, b, i, j);
            }
        }

        return rows[a.Length, b.Length];
    }

    private static int Cell(int[,] rows, string a, string b, int i, int j)
    {
        if (i == 0 || j == 0)
        {
            return i + j;
        }

        var substitution = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
        var least = Math.Min(substitution, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
        var swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(least, rows[i - 2, j - 2] + 1) : least;
    }
}
