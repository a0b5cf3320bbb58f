using System.Globalization;
using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Validation.Bench;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Cli.Output;

/// <summary>Errors by class, and what is not among them.</summary>
internal static class ServingReport
{
    /// <summary>Metrics of the table, the first three that the file has; the others are in JSON and CSV.</summary>
    private static readonly string[] s_metrics = ["ttft_mean", "tpot_mean", "itl_mean", "e2e_mean"];

    private const int MostMetrics = 3;

    public static void Write(ServingValidation validation, bool isVerbose, CliConsole console)
    {
        var writer = console.Out;
        writer.WriteLine($"Measured    {TerminalText.Escape(validation.Source)}");
        writer.WriteLine($"Performance {TerminalText.Escape(validation.Performance)}");
        writer.WriteLine(
            $"Compared    {Figures.Count(validation.Compared)} of {Figures.Count(validation.Outcomes.Count)} configurations"
        );
        if (validation.Tiers.Count > 0)
        {
            var tiers = validation.Tiers.Select(tier => $"{tier.Tier.Words()} {Figures.Count(tier.Count)}");
            writer.WriteLine($"Tiers       {string.Join("; ", tiers)}");
        }

        foreach (var (doubt, count) in validation.LeftOut)
        {
            writer.WriteLine($"  left out  {Figures.Count(count)}: {TerminalText.Escape(doubt)}");
        }

        foreach (var reason in validation.NotExpressible)
        {
            writer.WriteLine(
                $"  not expr. {Figures.Count(reason.Count())}: {TerminalText.Escape(reason.Key)}"
            );
        }

        WriteNotices(validation, writer);
        BenchReport.Write(validation, console);
        writer.WriteLine();
        WriteTable(validation, console);
        if (isVerbose)
        {
            WriteNotExpressible(validation, writer);
        }
    }

    /// <summary>What is said of rows; load tests have theirs each beside its figures.</summary>
    private static void WriteNotices(ServingValidation validation, TextWriter writer)
    {
        var notices = validation
            .Outcomes.Where(outcome => outcome.Case is not BenchRun && outcome.Figures.Count > 0)
            .SelectMany(outcome => outcome.Case.Notices)
            .CountBy(notice => notice);
        foreach (var (notice, count) in notices)
        {
            writer.WriteLine($"  note      {Figures.Count(count)}: {TerminalText.Escape(notice)}");
        }
    }

    private static void WriteTable(ServingValidation validation, CliConsole console)
    {
        var classes = validation.Classes;
        var metrics = s_metrics
            .Where(metric => classes.Any(one => one.Errors.ContainsKey(metric)))
            .Take(MostMetrics)
            .ToArray();
        if (metrics.Length == 0)
        {
            console.Out.WriteLine("No configuration was compared.");
            return;
        }

        var table = TextTable.Create([
            string.Join(' ', validation.Labels),
            ">n",
            .. metrics.SelectMany(metric => new[] { $">{Name(metric)} |e|", ">p90", ">signed" }),
        ]);
        foreach (var one in classes)
        {
            table.Add([
                one.Name,
                Figures.Count(one.Errors.Values.Max(errors => errors.Count)),
                .. metrics.SelectMany(metric => Cells(one.Errors.GetValueOrDefault(metric))),
            ]);
        }

        TextTable.Write(table, console);
        console.Out.WriteLine(
            "Per cent of what was measured: median of |error|, nine in ten, signed median."
        );
    }

    private static void WriteNotExpressible(ServingValidation validation, TextWriter writer)
    {
        foreach (var reason in validation.NotExpressible)
        {
            writer.WriteLine();
            writer.WriteLine($"{TerminalText.Escape(reason.Key)}:");
            foreach (var outcome in reason)
            {
                writer.WriteLine(
                    $"  {TerminalText.Escape(outcome.Case.Id)}: {TerminalText.Escape(outcome.Detail ?? "")}"
                );
            }
        }
    }

    private static string Name(string metric) => metric.Split('_')[0].ToUpperInvariant();

    private static string[] Cells(ErrorSpread errors) =>
        errors.Count == 0
            ? ["", "", ""]
            :
            [
                errors.Median.ToString("0.0", CultureInfo.InvariantCulture),
                errors.P90.ToString("0.0", CultureInfo.InvariantCulture),
                errors.SignedMedian.ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture),
            ];
}
