using System.Globalization;
using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments.Plots;

/// <summary>What pictures say of the tier of the times that they show.</summary>
internal static class TierNote
{
    private const string Tier = "tier";

    /// <summary>The figures that a note has the errors of.</summary>
    private static readonly string[] s_figures = ["tpot", "ttft"];

    /// <summary>Of a run.</summary>
    public static string Of(Prediction prediction) =>
        Of(
            prediction.Tier,
            [
                .. s_figures.Select(name =>
                {
                    var errors = prediction.Figures.FirstOrDefault(figure => figure.Metric == $"{name}_mean");
                    return (Percent(errors?.MedianErrorPercent), Percent(errors?.P90ErrorPercent));
                }),
            ]
        );

    /// <summary>Of the rows of summaries; null where they do not say.</summary>
    /// <param name="tables">Tables of results of runs.</param>
    public static string? Of(IEnumerable<ResultTable> tables)
    {
        var notes = tables.Where(table => table.Has(Tier)).SelectMany(OfRows).Distinct().ToArray();
        return notes.Length switch
        {
            0 => null,
            1 => notes[0],
            _ => $"rows differ in what their times rest on: {string.Join("; ", notes)}",
        };
    }

    private static IEnumerable<string> OfRows(ResultTable table)
    {
        string[] columns =
        [
            Tier,
            .. s_figures.SelectMany(name => new[] { $"{name}_error_median_pct", $"{name}_error_p90_pct" }),
        ];
        var texts = table.Texts(columns);
        return Enumerable
            .Range(0, texts[0].Length)
            .Select(row =>
                Of(
                    texts[0][row],
                    [.. s_figures.Select((_, i) => (texts[1 + (2 * i)][row], texts[2 + (2 * i)][row]))]
                )
            );
    }

    private static string Of(string tier, (string Median, string P90)[] errors)
    {
        var known = s_figures
            .Zip(errors)
            .Where(figure => figure.Second.Median.Length > 0)
            .Select(figure =>
                $"{figure.First.ToUpperInvariant()} {figure.Second.Median} % in the median, {figure.Second.P90} % in nine of ten"
            )
            .ToArray();
        return known.Length == 0
            ? $"tier {tier}, error not known"
            : $"tier {tier}, measured to be off by {string.Join("; ", known)}";
    }

    private static string Percent(double? value) =>
        value?.ToString("0.#", CultureInfo.InvariantCulture) ?? "";
}
