using LlmSim.Experiments.Validation;

namespace LlmSim.Experiments.Reports;

/// <summary>The report of a recorded run beside its simulation.</summary>
internal static class ValidationPage
{
    private static readonly int[] s_percents = [50, 95, 99];

    public static Report Of(RunValidation validation, string command)
    {
        var run = validation.Run;
        return new Report(
            "Validation of a recorded run",
            run.Name,
            $"{run.ModelId} on vLLM {run.Engine.Version}, {Figures.Count(run.Requests.Count)} requests",
            [
                new VerdictBlock(
                    $"Predicted means are off by {string.Join(", ", validation.Metrics.Select(metric => $"{Figures.Signed(metric.Mean.ErrorPercent)} % in {metric.Name}"))}, "
                        + $"and throughput by {Figures.Signed(validation.RequestsPerSecond.ErrorPercent)} %."
                )
                {
                    Headlines =
                    [
                        .. validation.Metrics.Select(metric => new Headline(
                            $"{metric.Name}, mean",
                            Figures.Signed(metric.Mean.ErrorPercent),
                            "%",
                            $"{Figures.Duration(metric.Mean.Predicted)} for {Figures.Duration(metric.Mean.Measured)}"
                        )),
                        new(
                            "Throughput",
                            Figures.Signed(validation.RequestsPerSecond.ErrorPercent),
                            "%",
                            $"{Figures.Number(validation.RequestsPerSecond.Predicted)} for {Figures.Number(validation.RequestsPerSecond.Measured)} requests/s"
                        ),
                    ],
                },
                new SectionBlock(
                    "Latency",
                    "What was measured beside what was predicted, request by request."
                ),
                .. validation.Metrics.Select(metric =>
                    LatencyBlocks.Cumulative(
                        metric.Name,
                        metric.Name,
                        [("measured", metric.MeasuredSeconds), ("predicted", metric.PredictedSeconds)],
                        []
                    )
                ),
                Percentiles(validation),
                new SectionBlock("Over time"),
                Counts("Requests in the batch", validation, tick => tick.RunningRequests),
                Counts("Requests waiting", validation, tick => tick.WaitingRequests),
                new SectionBlock("Provenance"),
                new FactsBlock(
                    "Recorded",
                    [
                        ("Run", run.Name),
                        ("Model", run.ModelId),
                        ("Engine", $"vLLM {run.Engine.Version}"),
                        ("Profile", validation.ProfileName),
                        (
                            "Workload",
                            validation.WorkloadPath ?? "lengths of the run alone: no prefix caching"
                        ),
                        (
                            "KV blocks",
                            string.Join(" + ", validation.KvBlocks.Select(blocks => Figures.Count(blocks)))
                        ),
                    ]
                ),
                new CommandBlock("Command", command),
            ]
        );
    }

    private static XyChart Counts(string title, RunValidation validation, Func<RecordedTick, int> count)
    {
        return new XyChart(
            title,
            new ChartAxis("time", "s", AxisKind.Tight),
            new ChartAxis("requests"),
            [Series("measured", validation.Run.Ticks), Series("predicted", validation.PredictedTicks)]
        )
        {
            ZoomGroup = "time",
            IsWide = true,
        };

        ChartSeries Series(string name, IReadOnlyList<RecordedTick> ticks) =>
            new(
                name,
                SeriesStyle.Line,
                [.. ticks.Select(tick => tick.Seconds)],
                [.. ticks.Select(tick => (double)count(tick))]
            );
    }

    private static TableBlock Percentiles(RunValidation validation) =>
        new(
            "Figures",
            [
                new TableColumn("Figure"),
                new TableColumn("of"),
                TableColumn.Number("measured", "s"),
                TableColumn.Number("predicted", "s"),
                TableColumn.Number("error", "%"),
            ],
            [
                .. validation.Metrics.SelectMany(metric =>
                    new[] { ("mean", metric.Mean) }
                        .Concat(s_percents.Select(percent => ($"P{percent}", metric.Percentile(percent))))
                        .Select(row =>
                            (TableCell[])
                                [
                                    metric.Name,
                                    row.Item1,
                                    TableCell.Of(row.Item2.Measured),
                                    TableCell.Of(row.Item2.Predicted),
                                    TableCell.Signed(row.Item2.ErrorPercent),
                                ]
                        )
                ),
            ]
        );
}
