using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;
using Spectre.Console;

namespace LlmSim.Cli.Output;

/// <summary>A sweep as a table: a row a point, or a row for all seeds of one.</summary>
internal static class SweepReport
{
    /// <summary>Rows are not broken: a wide terminal, or a pager, shows them.</summary>
    private const int Width = 400;

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
        ]);
        foreach (var group in groups)
        {
            table.Add([
                .. group.Settings.Select(setting => setting.Value),
                .. s_columns.Select(c => Text(group.Estimate(SummaryFigure.Named(c.Column)), c.Scale)),
            ]);
        }

        console.Out.Write(TextTable.Render(table, console, Width));
        WriteOverload([.. groups.SelectMany(group => group.Results)], console.Out);
        if (seeds > 1)
        {
            console.Out.WriteLine();
            console.Out.WriteLine(
                $"Means over {seeds} seeds ± half the 95 % confidence interval (Student's t)."
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

        console.Out.Write(TextTable.Render(table, console, Width));
    }

    private static string Text(in MeanEstimate estimate, double scale) =>
        estimate.Count > 1
            ? $"{Figures.Number(scale * estimate.Mean)} ± {Figures.Number(scale * estimate.HalfWidth)}"
            : Figures.Number(scale * estimate.Mean);
}
