using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Plots;

/// <summary>
/// Lines through the rows of a table. Rows that differ in their seed alone are one point; rows that differ in another setting
/// that the picture does not show are an error, because their mean would be of no system at all.
/// </summary>
/// <param name="table">The table.</param>
/// <param name="x">The column of horizontal values.</param>
/// <param name="by">Columns whose values tell lines apart.</param>
internal sealed class ColumnLines(ResultTable table, string x, IReadOnlyList<string> by)
{
    private readonly double[] _x = table.Numbers(x)[0];
    private readonly string[][] _by = table.Texts([.. by]);

    private readonly string[] _options =
    [
        .. SummaryCsv.SettingColumns.Where(column =>
            table.Has(column) && column != x && !by.Contains(column)
        ),
    ];

    private string[][] Settings => field ??= table.Texts(_options);

    /// <summary>Whether several rows of one point are those of seeds.</summary>
    public bool HasSeeds =>
        table.Has(SweepPlan.SeedOption) && SummaryCsv.SettingColumns.Any(column => table.Has(column));

    /// <summary>The lines of one column, one for each combination of values in the columns that tell them apart.</summary>
    /// <param name="y">The column.</param>
    /// <param name="prefix">What precedes that combination in the name.</param>
    /// <exception cref="UserErrorException">A setting varies within a line that the picture does not show.</exception>
    public IEnumerable<MeanLine> Of(string y, string prefix)
    {
        var vertical = table.Numbers(y)[0];
        return Enumerable
            .Range(0, _x.Length)
            .Where(row => double.IsFinite(_x[row]) && double.IsFinite(vertical[row]))
            .GroupBy(row => string.Join(", ", _by.Select(column => column[row])), StringComparer.Ordinal)
            .Select(line => new MeanLine(
                string.Join(": ", new[] { prefix, line.Key }.Where(part => part.Length > 0)),
                [.. Points([.. line], line.Key).Select(rows => Point(rows, vertical))]
            ));
    }

    /// <summary>The rows of each point: those at one x, or of one set of settings when x is itself a result.</summary>
    private int[][] Points(int[] line, string name)
    {
        var isOption = SummaryCsv.SettingColumns.Contains(x) || !HasSeeds;
        if (isOption)
        {
            var points = line.GroupBy(row => _x[row]).Select(point => point.ToArray()).ToArray();
            foreach (var point in points)
            {
                RequireNoneOf(Varying(point), $"{x} {_x[point[0]]:R}", name);
            }

            return points;
        }

        var varying = Varying(line);
        var places = line.GroupBy(
                row => string.Join('\n', varying.Select(i => Settings[i][row])),
                StringComparer.Ordinal
            )
            .Select(place => place.ToArray())
            .ToArray();
        // Along a line one option may vary, and others with it.
        if (
            !Array.Exists(
                varying,
                i => line.Select(row => Settings[i][row]).Distinct().Count() == places.Length
            )
        )
        {
            RequireNoneOf(varying, "the rows", name);
        }

        return places;
    }

    private MeanPoint Point(int[] rows, double[] vertical) =>
        new(rows.Average(row => _x[row]), [.. rows.Select(row => vertical[row])]);

    private int[] Varying(int[] rows) =>
        [
            .. Enumerable
                .Range(0, _options.Length)
                .Where(i => rows.Select(row => Settings[i][row]).Distinct().Skip(1).Any()),
        ];

    private void RequireNoneOf(int[] varying, string where, string line)
    {
        if (varying.Length > 0)
        {
            var names = varying.Select(i =>
                $"{_options[i]} ({string.Join(", ", Settings[i].Distinct().Take(4))})"
            );
            throw new UserErrorException(
                $"{table.Path}: {where}{(line.Length > 0 ? $" of {line}" : "")}: several rows differ in {string.Join(" and ", names)}, "
                    + $"which the picture does not show; add {string.Join(',', varying.Select(i => _options[i]))} to --by."
            );
        }
    }
}
