using System.Globalization;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Reports;

/// <summary>The report of a sweep: what was best, figures against what varied, and every point.</summary>
internal static class SweepPage
{
    private const string TableId = "points";
    private const string Goodput = "goodput_requests_per_second";

    /// <summary>What a horizontal axis is best made of, before any other number.</summary>
    private static readonly string[] s_loads = ["lambda_arrival", "concurrency"];

    /// <summary>The report.</summary>
    /// <param name="plan">What was run.</param>
    /// <param name="results">A result for each of its points.</param>
    /// <param name="command">The command that did it.</param>
    public static Report Of(SweepPlan plan, IReadOnlyList<RunResult> results, string command)
    {
        var groups = Replications.Of(plan, results);
        string[] options = [.. plan.Options.Where(option => option != SweepPlan.SeedOption)];
        return new Report(
            "Sweep",
            options.Length == 0
                ? results[0].Configuration.Model
                : $"{results[0].Configuration.Model}: {string.Join(", ", options)}",
            $"{RunWords.Cluster(results[0])} · {Figures.Count(results.Count)} simulations",
            [
                Verdict(groups, results),
                new SectionBlock(
                    "Figures",
                    plan.HasReplications ? "Means over seeds with their 95 % intervals by Student's t." : ""
                ),
                .. Charts(groups, options),
                TradeOff(groups),
                new SectionBlock("Points"),
                Points(groups, options),
                .. ProvenanceBlocks.Of(results, command),
            ]
        );
    }

    private static VerdictBlock Verdict(IReadOnlyList<Replications> groups, IReadOnlyList<RunResult> results)
    {
        var best = groups.MaxBy(group => group.Estimate(SummaryFigure.Named(Goodput)).Mean)!;
        var goodput = best.Estimate(SummaryFigure.Named(Goodput));
        var attainment = best.Estimate(SummaryFigure.Named("both_slo_attainment_pct"));
        var overloaded = results.Count(result => result.Summary.QueueGrows);
        var tiers = results.Select(result => result.Prediction.Tier).Distinct().ToArray();
        return new VerdictBlock(
            $"Of {Figures.Count(groups.Count)} points, {Name(best)} has the highest goodput: {Text(goodput, 1)} requests/s that meet both SLOs, "
                + $"{Figures.Number(attainment.Mean)} % of its requests."
        )
        {
            Headlines =
            [
                new("Highest goodput", Figures.Number(goodput.Mean), "requests/s", Name(best)),
                new("Points", Figures.Count(groups.Count), "", $"{Figures.Count(results.Count)} simulations"),
                new(
                    "Overloaded",
                    Figures.Count(overloaded),
                    "",
                    "simulations whose queues grow",
                    overloaded > 0 ? Tone.Warning : Tone.Plain
                ),
                new(
                    "Prediction",
                    tiers is [_]
                        ? ProvenanceBlocks.TierWords(results[0].Prediction)
                        : $"{tiers.Length} tiers",
                    "",
                    tiers is [_]
                        ? ProvenanceBlocks.ErrorWords(results[0].Prediction)
                        : string.Join(", ", tiers)
                ),
            ],
            Warnings =
                tiers.Length > 1
                    ? ["Points of different tiers differ by their tiers too; give one --performance to all."]
                    : [],
        };
    }

    private static IEnumerable<ReportBlock> Charts(IReadOnlyList<Replications> groups, string[] options)
    {
        if (groups.Count < 2)
        {
            return [];
        }

        var numbers = options.Where(option => groups.All(group => Number(group, option) is not null));
        var x = s_loads.Concat(numbers).FirstOrDefault(numbers.Contains);
        return DrawnFigure.All.Select<DrawnFigure, ReportBlock>(figure =>
            x is null ? Bars(groups, figure) : Lines(groups, figure, x)
        );
    }

    private static XyChart Lines(IReadOnlyList<Replications> groups, DrawnFigure figure, string x)
    {
        var rate = x == s_loads[0];
        return new XyChart(
            $"{figure.Title} against {(rate ? "arrival rate" : x)}",
            new ChartAxis(rate ? "arrival rate" : x, rate ? "requests/s" : ""),
            new ChartAxis(figure.Title, figure.Unit, figure.Axis),
            [
                .. groups
                    .Index()
                    .GroupBy(group => Name(group.Item, except: x))
                    .Select(line =>
                        Line(line.Key, [.. line.OrderBy(group => Number(group.Item, x))], figure, x)
                    ),
            ]
        )
        {
            TableId = TableId,
            Lines = [.. Slos(groups, figure)],
        };
    }

    private static ChartSeries Line(
        string name,
        (int Index, Replications Group)[] points,
        DrawnFigure figure,
        string x
    )
    {
        var estimates = Array.ConvertAll(
            points,
            point => point.Group.Estimate(SummaryFigure.Named(figure.Column))
        );
        var hasIntervals = Array.Exists(estimates, estimate => estimate.Count > 1);
        return new ChartSeries(
            name.Length == 0 ? figure.Title : name,
            SeriesStyle.MarkedLine,
            [.. points.Select(point => Number(point.Group, x)!.Value)],
            [.. estimates.Select(estimate => figure.Scale * estimate.Mean)]
        )
        {
            Rows = [.. points.Select(point => point.Index)],
            Low = hasIntervals
                ? [.. estimates.Select(one => figure.Scale * (one.Count > 1 ? one.Low : one.Mean))]
                : null,
            High = hasIntervals
                ? [.. estimates.Select(one => figure.Scale * (one.Count > 1 ? one.High : one.Mean))]
                : null,
        };
    }

    private static IEnumerable<ReferenceLine> Slos(IReadOnlyList<Replications> groups, DrawnFigure figure)
    {
        var slos = groups
            .Select(group => group.Results[0].Configuration)
            .Select(c =>
                figure.Column[..4] switch
                {
                    "ttft" => c.TtftSloSeconds,
                    "tpot" => c.TpotSloSeconds,
                    _ => double.NaN,
                }
            )
            .Distinct()
            .ToArray();
        // Where it varies no line is that of all points.
        return slos is [var slo] && double.IsFinite(slo)
            ? [new ReferenceLine("SLO", figure.Scale * slo)]
            : [];
    }

    private static BarChart Bars(IReadOnlyList<Replications> groups, DrawnFigure figure) =>
        new(
            figure.Title,
            new ChartAxis(figure.Title, figure.Unit),
            [
                .. groups
                    .Take(40)
                    .Select(group => new ChartBar(
                        Name(group),
                        0,
                        figure.Scale * group.Estimate(SummaryFigure.Named(figure.Column)).Mean
                    )),
            ]
        )
        {
            Note = groups.Count > 40 ? "the first 40 points" : "",
        };

    /// <summary>What the operator gets of an accelerator against what a user gets.</summary>
    private static XyChart TradeOff(IReadOnlyList<Replications> groups)
    {
        var names = groups.Select(group => Name(group)).ToArray();
        return new XyChart(
            "Output of an accelerator against speed for a user",
            new ChartAxis("speed for a user: 1 / mean TPOT", "tokens/s", AxisKind.Around),
            new ChartAxis("output", "tokens/s per accelerator", AxisKind.Around),
            [
                new ChartSeries(
                    "point",
                    SeriesStyle.Points,
                    [.. groups.Select(group => 1 / group.Estimate(SummaryFigure.Named("tpot_mean")).Mean)],
                    [
                        .. groups.Select(group =>
                            group.Estimate(SummaryFigure.Named("output_tokens_per_second")).Mean
                            / Accelerators(group)
                        ),
                    ]
                )
                {
                    Labels = names,
                    Rows = [.. Enumerable.Range(0, groups.Count)],
                },
            ]
        )
        {
            TableId = TableId,
            IsWide = true,
            Note = "Right and up is better. Point at a dot for its settings, click it for its row.",
        };
    }

    private static int Accelerators(Replications group) =>
        group.Results[0].Summary.Instances.Sum(instance => instance.Accelerators);

    private static TableBlock Points(IReadOnlyList<Replications> groups, string[] options) =>
        new(
            "All points",
            [
                .. options.Select(option => new TableColumn(
                    option,
                    "",
                    groups.All(group => Number(group, option) is not null)
                )),
                .. DrawnFigure.All.Select(figure => TableColumn.Number(figure.Title, figure.Unit)),
                TableColumn.Number("accelerators"),
                new TableColumn("tier"),
                new TableColumn("state"),
            ],
            [
                .. groups.Select(group =>
                    (TableCell[])
                        [
                            .. options.Select(option => new TableCell(
                                Value(group, option),
                                Number(group, option) ?? double.NaN
                            )),
                            .. DrawnFigure.All.Select(figure => Cell(group, figure.Column, figure.Scale)),
                            TableCell.Count(Accelerators(group)),
                            group.Results[0].Prediction.Tier,
                            group.Results.Any(result => result.Summary.QueueGrows)
                                ? new TableCell("overloaded", Tone: Tone.Bad)
                                : new TableCell("steady"),
                        ]
                ),
            ]
        )
        {
            Id = TableId,
        };

    private static TableCell Cell(Replications group, string column, double scale)
    {
        var estimate = group.Estimate(SummaryFigure.Named(column));
        return new TableCell(Text(estimate, scale), scale * estimate.Mean);
    }

    private static string Text(in MeanEstimate estimate, double scale) =>
        estimate.Count > 1
            ? $"{Figures.Number(scale * estimate.Mean)} ± {Figures.Number(scale * estimate.HalfWidth)}"
            : Figures.Number(scale * estimate.Mean);

    private static string Name(Replications group, string except = "") =>
        string.Join(
            ", ",
            group
                .Settings.Where(setting => setting.Option != except)
                .Select(setting => $"{setting.Option} {setting.Value}")
        );

    private static string Value(Replications group, string option) =>
        group.Settings.FirstOrDefault(setting => setting.Option == option).Value ?? "";

    private static double? Number(Replications group, string option) =>
        double.TryParse(Value(group, option), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
