namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Chooses cases by their labels: <c>system=h100_sxm|h200_sxm,engine=vllm</c>.</summary>
internal static class CaseFilter
{
    /// <summary>The cases that have one of the values of every label.</summary>
    /// <exception cref="UserErrorException">The text is wrong, no case has such a label, or none is left.</exception>
    public static IReadOnlyList<MeasuredCase> Apply(IReadOnlyList<MeasuredCase> cases, string? filter)
    {
        if (filter is null)
        {
            return cases;
        }

        IEnumerable<MeasuredCase> chosen = cases;
        foreach (var part in filter.Split(','))
        {
            if (part.Split('=', 2) is not [var name, var values])
            {
                throw new UserErrorException(
                    $"--filter: found '{part}'; allowed: LABEL=VALUE, several values with | between them"
                );
            }

            RequireLabel("--filter", cases, name);
            var allowed = values.Split('|');
            chosen = chosen.Where(one => allowed.Contains(one.Labels.GetValueOrDefault(name)));
        }

        MeasuredCase[] left = [.. chosen];
        return left.Length > 0 ? left : throw new UserErrorException($"--filter: no case is {filter}");
    }

    /// <summary>So many cases, spread evenly over the list; all when there are fewer.</summary>
    public static IReadOnlyList<MeasuredCase> Limit(IReadOnlyList<MeasuredCase> cases, int? limit) =>
        limit is not { } count || count >= cases.Count
            ? cases
            : [.. Enumerable.Range(0, count).Select(i => cases[(int)((long)i * cases.Count / count)])];

    /// <summary>The labels of a list such as <c>system,precision</c>.</summary>
    /// <exception cref="UserErrorException">No case has such a label.</exception>
    public static IReadOnlyList<string> Labels(string option, IReadOnlyList<MeasuredCase> cases, string names)
    {
        var labels = names.Split(',', StringSplitOptions.RemoveEmptyEntries);
        foreach (var label in labels)
        {
            RequireLabel(option, cases, label);
        }

        return labels;
    }

    private static void RequireLabel(string option, IReadOnlyList<MeasuredCase> cases, string name)
    {
        var labels = cases.SelectMany(one => one.Labels.Keys).Distinct().ToArray();
        if (!labels.Contains(name))
        {
            throw new UserErrorException(
                $"{option}: found '{name}'; allowed: {string.Join(", ", labels)}.{Suggestion.For(name, labels)}"
            );
        }
    }
}
