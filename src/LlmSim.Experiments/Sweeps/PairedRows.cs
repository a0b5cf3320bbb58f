namespace LlmSim.Experiments.Sweeps;

/// <summary>Rows of two tables that agree in their seed and in some columns.</summary>
internal sealed class PairedRows
{
    private readonly SummaryTable _a;
    private readonly SummaryTable _b;
    private readonly IReadOnlyList<string> _keys;

    private PairedRows(SummaryTable a, SummaryTable b, IReadOnlyList<string> keys)
    {
        (_a, _b, _keys) = (a, b, keys);
        var (rowsA, rowsB) = (ByPlace(a), ByPlace(b));
        Pairs =
        [
            .. rowsA
                .Where(entry => rowsB.ContainsKey(entry.Key))
                .Select(entry => (entry.Value, rowsB[entry.Key])),
        ];
    }

    public IReadOnlyList<(SummaryRow A, SummaryRow B)> Pairs { get; }

    public int UnpairedB => _b.Rows.Count - Pairs.Count;

    public int Unpaired => _a.Rows.Count - Pairs.Count + UnpairedB;

    /// <summary>Pairs the rows of two tables by seed and by the given columns.</summary>
    /// <exception cref="UserErrorException">Two rows of a table are in the same place.</exception>
    public static PairedRows Of(SummaryTable a, SummaryTable b, IReadOnlyList<string> keys) =>
        new(a, b, keys);

    /// <summary>The differences over the seeds of each place.</summary>
    /// <param name="settings">What precedes the place in the names.</param>
    /// <param name="columns">The figures.</param>
    public IEnumerable<PairedDifference> Differences(
        IReadOnlyList<Setting> settings,
        IReadOnlyList<string> columns
    ) =>
        Pairs
            .GroupBy(pair => Place(pair.A), StringComparer.Ordinal)
            .SelectMany(pairs =>
                columns.Select(column =>
                    PairedDifference.Of(
                        [.. settings, .. _keys.Select(key => new Setting(key, pairs.First().A[key]))],
                        column,
                        [.. pairs.Select(pair => _a.Value(pair.A, column))],
                        [.. pairs.Select(pair => _b.Value(pair.B, column))]
                    )
                )
            );

    private Dictionary<string, SummaryRow> ByPlace(SummaryTable table)
    {
        var rows = new Dictionary<string, SummaryRow>(StringComparer.Ordinal);
        foreach (var row in table.Rows)
        {
            var place = Place(row) + row[SweepPlan.SeedOption];
            if (!rows.TryAdd(place, row))
            {
                throw new UserErrorException(
                    $"{table.Path}:{row.Line}: has the same configuration and seed as line {rows[place].Line}"
                );
            }
        }

        return rows;
    }

    private string Place(SummaryRow row) => string.Concat(_keys.Select(key => row[key] + "\n"));
}
