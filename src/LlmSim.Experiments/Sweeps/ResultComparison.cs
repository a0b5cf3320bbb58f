using LlmSim.Metrics;

namespace LlmSim.Experiments.Sweeps;

/// <summary>How a figure differs between two result sets at one place of their grid.</summary>
/// <param name="Settings">The place; empty when nothing varies but the seed.</param>
/// <param name="Column">The figure.</param>
/// <param name="MeanA">Its mean in the first set.</param>
/// <param name="MeanB">Its mean in the second set.</param>
/// <param name="Difference">Second less first, seed by seed.</param>
public sealed record PairedDifference(
    IReadOnlyList<Setting> Settings,
    string Column,
    double MeanA,
    double MeanB,
    MeanEstimate Difference
)
{
    /// <summary>What can be said at a level of 95 %.</summary>
    public string Verdict =>
        double.IsNaN(Difference.Mean) ? "not defined"
        : Difference is { Mean: 0, Std: 0 or double.NaN } ? "no difference"
        : Difference.Count < 2 ? "unknown: one seed"
        : Difference.Low > 0 || Difference.High < 0 ? "significant"
        : "not significant";
}

/// <summary>
/// Compares two result sets, paired by the place on their common grid and by seed: runs of one seed share their arrivals and
/// lengths (common random numbers), so the difference varies less than either figure.
/// </summary>
public sealed class ResultComparison
{
    /// <summary>Columns of the summary CSV that say what was simulated, the seed left out.</summary>
    private static readonly string[] s_configurationColumns =
    [
        "prefill_global",
        "prefill_local",
        "decode_global",
        "decode_local",
        "ttft_slo",
        "tpot_slo",
        "request_count",
        "lambda_arrival",
        "request_source",
        "prefill_config",
        "decode_config",
        "version",
        "semantics",
        "model",
        "w_bit",
        "a_bit",
        "kv_bit",
        "trace_path",
        "arrivals",
        "output_predictor",
        "zipf_s",
        "lognormal_mean",
        "input_mean",
        "output_mean",
        "output_sigma",
        "max_len",
        "concurrency",
        "input_len",
        "output_len",
        "range_ratio",
    ];

    private readonly SummaryTable _a;
    private readonly SummaryTable _b;
    private readonly List<string> _keys = [];
    private readonly List<string> _treatments = [];

    private ResultComparison(SummaryTable a, SummaryTable b)
    {
        (_a, _b) = (a, b);
        foreach (
            var column in s_configurationColumns.Where(c => a.Columns.Contains(c) && b.Columns.Contains(c))
        )
        {
            Classify(column);
        }
    }

    /// <summary>In what all of the first set differs from all of the second, as "prefill_local: fcfs → shortest".</summary>
    public IReadOnlyList<string> Treatments => _treatments;

    /// <summary>Rows of both files without a partner in the other.</summary>
    public int UnpairedRows { get; private set; }

    /// <summary>One entry for each place and figure.</summary>
    public IReadOnlyList<PairedDifference> Differences { get; private set; } = [];

    /// <summary>Compares two summary CSVs.</summary>
    /// <param name="pathA">The first.</param>
    /// <param name="pathB">The second.</param>
    /// <param name="columns">The figures.</param>
    /// <exception cref="UserErrorException">A file is none, or nothing in them can be paired.</exception>
    public static ResultComparison Of(string pathA, string pathB, IReadOnlyList<string> columns)
    {
        var comparison = new ResultComparison(SummaryTable.Read(pathA), SummaryTable.Read(pathB));
        comparison.Compare(columns);
        return comparison;
    }

    /// <summary>A column is the same throughout, or a key of the grid, or what the comparison is about.</summary>
    private void Classify(string column)
    {
        var a = _a.Rows.Select(row => row[column]).Distinct().ToArray();
        var b = _b.Rows.Select(row => row[column]).Distinct().ToArray();
        if (a.Intersect(b).Any())
        {
            if (a.Length > 1 || b.Length > 1)
            {
                _keys.Add(column);
            }
        }
        else if (a is [var former] && b is [var latter])
        {
            _treatments.Add($"{column}: {Shown(former)} → {Shown(latter)}");
        }
        else
        {
            throw new UserErrorException(
                $"{column}: {_a.Path} has {string.Join(", ", a)} and {_b.Path} has {string.Join(", ", b)}: no value is in both, and "
                    + "there is more than one, so their rows cannot be paired."
            );
        }
    }

    private void Compare(IReadOnlyList<string> columns)
    {
        var rowsA = ByPlace(_a);
        var rowsB = ByPlace(_b);
        var pairs = rowsA
            .Where(entry => rowsB.ContainsKey(entry.Key))
            .Select(entry => (A: entry.Value, B: rowsB[entry.Key]))
            .ToArray();
        if (pairs.Length == 0)
        {
            throw new UserErrorException(
                $"{_a.Path} and {_b.Path} have no row with the same seed{string.Concat(_keys.Select(key => ", " + key))} in "
                    + "both; run both sweeps with the same seeds."
            );
        }

        UnpairedRows = rowsA.Count + rowsB.Count - (2 * pairs.Length);
        Differences =
        [
            .. pairs
                .GroupBy(pair => Place(pair.A), StringComparer.Ordinal)
                .SelectMany(group => columns.Select(column => Difference([.. group], column))),
        ];
    }

    private PairedDifference Difference((SummaryRow A, SummaryRow B)[] pairs, string column)
    {
        var a = pairs.Select(pair => _a.Value(pair.A, column)).ToArray();
        var b = pairs.Select(pair => _b.Value(pair.B, column)).ToArray();
        return new PairedDifference(
            [.. _keys.Select(key => new Setting(key, pairs[0].A[key]))],
            column,
            a.Average(),
            b.Average(),
            MeanEstimate.Of([.. a.Zip(b, (x, y) => y - x)])
        );
    }

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

    private static string Shown(string value) => value.Length == 0 ? "none" : value;
}
