using LlmSim.Experiments;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Output;

/// <summary>A comparison as a table, with what can be said and what cannot.</summary>
internal static class ComparisonReport
{
    public static void Write(ResultComparison comparison, CliConsole console)
    {
        console.Out.WriteLine($"A  {TerminalText.Escape(comparison.A)}");
        console.Out.WriteLine($"B  {TerminalText.Escape(comparison.B)}");
        foreach (var treatment in comparison.Treatments)
        {
            console.Out.WriteLine($"   {TerminalText.Escape(treatment)}");
        }

        console.Out.WriteLine();
        TextTable.Write(Table(comparison.Differences), console);
        console.Out.WriteLine();
        console.Out.WriteLine(
            "Differences are B - A, seed by seed, with 95 % intervals (Student's t). Each row is judged for itself: of 20 rows "
                + "without any difference, one is called significant by chance."
        );
        if (comparison.TierNotice is { } tiers)
        {
            console.Out.WriteLine($"{tiers}.");
        }

        if (comparison.UnpairedRows > 0)
        {
            console.Out.WriteLine(
                $"{Figures.Count(comparison.UnpairedRows)} rows have no partner with the same settings and seed and were left out."
            );
        }
    }

    private static Spectre.Console.Table Table(IReadOnlyList<PairedDifference> differences)
    {
        var table = TextTable.Create([
            .. differences[0].Settings.Select(setting => setting.Option),
            "figure",
            ">seeds",
            ">A",
            ">B",
            ">B - A",
            ">95 % interval",
            "verdict",
        ]);
        foreach (var d in differences)
        {
            table.Add([
                .. d.Settings.Select(setting => setting.Value),
                d.Column,
                Figures.Count(d.Difference.Count),
                Figures.Significant(d.MeanA),
                Figures.Significant(d.MeanB),
                Figures.Significant(d.Difference.Mean),
                d.Difference.Count > 1
                    ? $"{Figures.Significant(d.Difference.Low)} … {Figures.Significant(d.Difference.High)}"
                    : "–",
                d.Verdict,
            ]);
        }

        return table;
    }
}
