using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;
using Spectre.Console;

namespace LlmSim.Cli.Output;

/// <summary>A sweep as a table: a row a point, or a row for all seeds of one.</summary>
internal static class SweepReport
{
    private static readonly (string Header, string Column, double Scale)[] s_columns =
    [
        (">TTFT mean s", "ttft_mean", 1),
        (">TTFT p99 s", "ttft_p99", 1),
        (">TPOT mean ms", "tpot_mean", 1000),
        (">TPOT p99 ms", "tpot_p99", 1000),
        (">SLO met %", "both_slo_attainment_pct", 1),
        (">goodput /s", "goodput_requests_per_second", 1),
    ];

    /// <summary>The results; with several seeds means and the half width of their 95 % intervals.</summary>
    public static void Write(IReadOnlyList<Replications> groups, CliConsole console)
    {
        var seeds = groups.Max(group => group.Results.Count);
        var table = TextTable.Create([
            .. groups[0].Settings.Select(setting => setting.Option),
            .. s_columns.Select(column => column.Header),
            "tier",
            ">TPOT nine of ten ms",
        ]);
        foreach (var group in groups)
        {
            table.Add([
                .. group.Settings.Select(setting => setting.Value),
                .. s_columns.Select(c => Text(group.Estimate(SummaryFigure.Named(c.Column)), c.Scale)),
                group.Results[0].Prediction.Tier,
                TpotRange(group),
            ]);
        }

        TextTable.Write(table, console);
        WriteTiers([.. groups.Select(group => group.Results[0].Prediction)], console.Out);
        WriteOverload([.. groups.SelectMany(group => group.Results)], console.Out);
        if (seeds > 1)
        {
            console.Out.WriteLine();
            console.Out.WriteLine(
                $"Means over {seeds} seeds ± half the 95 % confidence interval (Student's t)."
            );
        }
    }

    /// <summary>Between what the mean over the seeds was measured in nine of ten such cases; empty where that is not known.</summary>
    private static string TpotRange(Replications group)
    {
        const string Tpot = "tpot_mean";
        var ratio = group.Results[0].Prediction.Figures.FirstOrDefault(figure => figure.Metric == Tpot);
        if (ratio is null)
        {
            return "";
        }

        var range = PredictedRange.Of(ratio, 1000 * group.Estimate(SummaryFigure.Named(Tpot)).Mean);
        return Figures.Range(range.NineOfTenLowSeconds, range.NineOfTenHighSeconds);
    }

    private static void WriteTiers(IReadOnlyList<Prediction> predictions, TextWriter writer)
    {
        var tiers = predictions.DistinctBy(prediction => (prediction.Tier, prediction.Error)).ToArray();
        foreach (var prediction in tiers)
        {
            writer.WriteLine($"Tier {prediction.Tier}: {prediction.Error}.");
        }

        if (tiers.DistinctBy(prediction => prediction.Tier).Skip(1).Any())
        {
            writer.WriteLine(
                "Rows of different tiers differ by their tiers too; give one --performance to all."
            );
        }
    }

    private static void WriteOverload(IReadOnlyList<RunResult> results, TextWriter writer)
    {
        var overloaded = results.Count(result => result.Summary.QueueGrows);
        if (overloaded > 0)
        {
            writer.WriteLine(
                $"No steady state in {Figures.Count(overloaded)} of {Figures.Count(results.Count)} runs (queue_grows): "
                    + "queues grow, and percentiles with the run's length."
            );
        }
    }

    /// <summary>The points in the order of their results.</summary>
    public static void WritePlan(SweepPlan plan, CliConsole console)
    {
        var table = TextTable.Create([">point", .. plan.Options]);
        foreach (var (index, point) in plan.Points.Index())
        {
            table.Add([Figures.Count(index + 1), .. point.Settings.Select(setting => setting.Value)]);
        }

        TextTable.Write(table, console);
    }

    private static string Text(in MeanEstimate estimate, double scale) =>
        estimate.Count > 1
            ? $"{Figures.Number(scale * estimate.Mean)} ± {Figures.Number(scale * estimate.HalfWidth)}"
            : Figures.Number(scale * estimate.Mean);
}
