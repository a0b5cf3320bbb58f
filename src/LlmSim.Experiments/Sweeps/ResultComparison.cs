using System.Globalization;

namespace LlmSim.Experiments.Sweeps;

/// <summary>
/// Compares results in pairs that agree in seed and settings but for what the comparison is about: runs of one seed share their
/// arrivals and lengths (common random numbers), so the difference varies less than either figure.
/// </summary>
internal sealed class ResultComparison
{
    private ResultComparison(
        string a,
        string b,
        IReadOnlyList<string> treatments,
        IReadOnlyList<PairedDifference> differences,
        int unpairedRows
    ) => (A, B, Treatments, Differences, UnpairedRows) = (a, b, treatments, differences, unpairedRows);

    /// <summary>What is compared with.</summary>
    public string A { get; }

    /// <summary>What is compared.</summary>
    public string B { get; }

    /// <summary>In what all of the first set differs from all of the second, as "prefill_local: fcfs → shortest".</summary>
    public IReadOnlyList<string> Treatments { get; }

    /// <summary>Rows without a partner.</summary>
    public int UnpairedRows { get; }

    /// <summary>What both sides' times rest on where they differ in that; null where they do not, or do not say.</summary>
    internal string? TierNotice { get; private init; }

    /// <summary>One entry for each place and figure.</summary>
    public IReadOnlyList<PairedDifference> Differences { get; }

    /// <summary>Compares two summary CSVs.</summary>
    /// <param name="pathA">The first.</param>
    /// <param name="pathB">The second.</param>
    /// <param name="columns">The figures.</param>
    /// <exception cref="UserErrorException">A file is none, or nothing in them can be paired.</exception>
    public static ResultComparison Of(string pathA, string pathB, IReadOnlyList<string> columns)
    {
        var (a, b) = (SummaryTable.Read(pathA), SummaryTable.Read(pathB));
        var (keys, treatments) = (new List<string>(), new List<string>());
        foreach (var column in a.Settings.Intersect(b.Settings))
        {
            Classify(column, a, b, keys, treatments);
        }

        var pairs = PairedRows.Of(a, b, keys);
        if (pairs.Pairs.Count == 0)
        {
            throw new UserErrorException(
                $"{pathA} and {pathB} have no row with the same seed{string.Concat(keys.Select(key => ", " + key))} in "
                    + "both; run both sweeps with the same seeds."
            );
        }

        return new ResultComparison(
            pathA,
            pathB,
            treatments,
            [.. pairs.Differences([], columns)],
            pairs.Unpaired
        )
        {
            TierNotice = TiersOf(pairs.Pairs),
        };
    }

    /// <summary>Compares the rows of one summary CSV with those that have one value of an option.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option.</param>
    /// <param name="baseline">Its value in the rows that all others are compared with.</param>
    /// <param name="columns">The figures.</param>
    /// <exception cref="UserErrorException">The file is none, has no such option or value, or nothing in it can be paired.</exception>
    public static ResultComparison Within(
        string path,
        string option,
        string? baseline,
        IReadOnlyList<string> columns
    )
    {
        var table = SummaryTable.Read(path);
        RequireOption(table, option);
        var values = table.Rows.Select(row => row[option]).Distinct().ToArray();
        var former = Baseline(path, option, baseline, values);
        var a = table.Where(option, former);
        var keys = table.Settings.Where(column => column != option && Varies(table, column)).ToArray();
        var sets = values
            .Where(value => value != former)
            .Select(value => (Value: value, Rows: PairedRows.Of(a, table.Where(option, value), keys)))
            .ToArray();
        if (sets.All(set => set.Rows.Pairs.Count == 0))
        {
            throw new UserErrorException(
                $"{path}: no row with another {option} agrees with one of {option} {Shown(former)} in "
                    + $"{string.Join(", ", keys.Prepend(SweepPlan.SeedOption))}; a comparison wants both at the same settings."
            );
        }

        return new ResultComparison(
            $"{path}, {option} {Shown(former)}",
            $"{path}, {option} as shown",
            [],
            [
                .. sets.SelectMany(set =>
                    set.Rows.Differences([new Setting(option, Shown(set.Value))], columns)
                ),
            ],
            a.Rows.Count(row => sets.All(set => !set.Rows.Pairs.Any(pair => pair.A == row)))
                + sets.Sum(set => set.Rows.UnpairedB)
        )
        {
            TierNotice = TiersOf(sets.SelectMany(set => set.Rows.Pairs)),
        };
    }

    private static string? TiersOf(IEnumerable<(SummaryRow A, SummaryRow B)> pairs)
    {
        const string Tier = "tier";
        var different = pairs
            .Where(pair => pair.A.Cells.ContainsKey(Tier) && pair.B.Cells.ContainsKey(Tier))
            .Select(pair => (A: pair.A[Tier], B: pair.B[Tier]))
            .Where(pair => pair.A != pair.B)
            .Distinct()
            .Select(pair => $"{pair.A} and {pair.B}")
            .ToArray();
        return different.Length == 0
            ? null
            : $"Tiers differ, {string.Join(", ", different)}: a part of the differences is that of how times are predicted";
    }

    /// <summary>A column is the same throughout, or a key of the grid, or what the comparison is about.</summary>
    private static void Classify(
        string column,
        SummaryTable tableA,
        SummaryTable tableB,
        List<string> keys,
        List<string> treatments
    )
    {
        var a = tableA.Rows.Select(row => row[column]).Distinct().ToArray();
        var b = tableB.Rows.Select(row => row[column]).Distinct().ToArray();
        if (a.Intersect(b).Any())
        {
            if (a.Length > 1 || b.Length > 1)
            {
                keys.Add(column);
            }
        }
        else if (a is [var former] && b is [var latter])
        {
            treatments.Add($"{column}: {Shown(former)} → {Shown(latter)}");
        }
        else
        {
            throw new UserErrorException(
                $"{column}: {tableA.Path} has {string.Join(", ", a)} and {tableB.Path} has {string.Join(", ", b)}: no value is in "
                    + "both, and there is more than one, so their rows cannot be paired."
            );
        }
    }

    private static void RequireOption(SummaryTable table, string option)
    {
        var options = table.Settings.ToArray();
        if (!options.Contains(option))
        {
            var varying = options.Where(column => Varies(table, column)).ToArray();
            var reason =
                option == SweepPlan.SeedOption ? "runs are paired by their seed"
                : table.Columns.Contains(option) ? $"'{option}' is a figure"
                : $"there is no option '{option}'";
            throw new UserErrorException(
                $"{table.Path}: --by {option}: {reason}; allowed: {Listed(varying)}.{Suggestion.For(option, options)}"
            );
        }
    }

    private static string Baseline(string path, string option, string? baseline, string[] values)
    {
        if (values is [var only])
        {
            throw new UserErrorException(
                $"{path}: {option} is {Shown(only)} in all rows; there is nothing to compare"
            );
        }

        return Array.Find(values, value => baseline is not null && IsSame(Shown(value), baseline))
            ?? throw new UserErrorException(
                $"{path}: --baseline: found {(baseline is null ? "nothing" : $"'{baseline}'")}; allowed: "
                    + $"{Listed(values.Select(Shown))}.{Suggestion.For(baseline ?? "", values)}"
            );
    }

    /// <summary>As text, or as numbers: 2 and 2.0 are the same rate.</summary>
    private static bool IsSame(string value, string text) =>
        value == text
        || (
            double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var a)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var b)
            && a.Equals(b)
        );

    private static bool Varies(SummaryTable table, string column) =>
        table.Rows.Select(row => row[column]).Distinct().Skip(1).Any();

    private static string Listed(IEnumerable<string> values) =>
        values
            .DefaultIfEmpty("none, because no option varies")
            .Aggregate((list, value) => $"{list}, {value}");

    private static string Shown(string value) => value.Length == 0 ? "none" : value;
}
