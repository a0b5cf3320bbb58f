using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Reports;

/// <summary>The latencies of a run: distributions, and what they depend on.</summary>
internal static class LatencyBlocks
{
    /// <summary>More points say no more, and make a page heavy.</summary>
    private const int MaxPoints = 20_000;

    private static readonly string[] s_statistics = ["mean", "std", "P50", "P90", "P95", "P99"];

    /// <summary>An SLO further from the values than this would take the chart for itself.</summary>
    private const double FarRatio = 2;

    public static IEnumerable<ReportBlock> Of(RunResult result, IReadOnlyList<RequestPoint> requests)
    {
        var c = result.Configuration;
        return
        [
            new SectionBlock("Latency"),
            Distribution(
                "Time to first token",
                "TTFT",
                requests.Select(r => r.TtftSeconds),
                c.TtftSloSeconds
            ),
            Distribution(
                "Time per output token",
                "TPOT",
                requests.Select(r => r.TpotSeconds),
                c.TpotSloSeconds
            ),
            Scatter(
                "TTFT against prompt length",
                "prompt",
                "TTFT",
                requests,
                r => r.InputTokens,
                r => r.TtftSeconds,
                c.TtftSloSeconds
            ),
            Scatter(
                "TPOT against output length",
                "output",
                "TPOT",
                requests,
                r => r.OutputTokens,
                r => r.TpotSeconds,
                c.TpotSloSeconds
            ),
            Table(result.Summary),
        ];
    }

    /// <summary>The share of requests that are at most as slow as a time, one curve a series.</summary>
    public static XyChart Cumulative(
        string title,
        string quantity,
        IEnumerable<(string Name, IEnumerable<double> Seconds)> series,
        IReadOnlyList<ReferenceLine> lines
    ) =>
        new(
            title,
            new ChartAxis(quantity, "s", AxisKind.Automatic),
            new ChartAxis("share of requests", "%", AxisKind.Linear) { Within = [100] },
            [.. series.Select(one => CumulativeCurve.Of(one.Name, one.Seconds))]
        )
        {
            Lines = lines,
        };

    private static XyChart Distribution(
        string title,
        string quantity,
        IEnumerable<double> seconds,
        double sloSeconds
    )
    {
        double[] values = [.. seconds.Where(double.IsFinite)];
        var (lines, note) = Slo(values, sloSeconds, isVertical: true);
        return Cumulative(title, quantity, [(quantity, values)], lines) with { Note = note };
    }

    /// <summary>The line of an SLO; a note in its place where it lies so far from all values that they would be small beside it.</summary>
    private static (ReferenceLine[] Lines, string Note) Slo(double[] values, double seconds, bool isVertical)
    {
        var isNear =
            values.Length == 0 || (seconds <= FarRatio * values.Max() && seconds >= values.Min() / FarRatio);
        var side = values.Length > 0 && seconds > values.Max() ? "above" : "below";
        return isNear
            ? ([new ReferenceLine("SLO", seconds, isVertical)], "")
            : ([], $"the SLO of {Figures.Duration(seconds)} lies far {side} all values");
    }

    private static XyChart Scatter(
        string title,
        string length,
        string quantity,
        IReadOnlyList<RequestPoint> requests,
        Func<RequestPoint, double> tokens,
        Func<RequestPoint, double> seconds,
        double sloSeconds
    )
    {
        var points = requests.Where(request => double.IsFinite(seconds(request))).ToArray();
        var step = Math.Max(1, (points.Length + MaxPoints - 1) / MaxPoints);
        RequestPoint[] shown = [.. points.Where((_, i) => i % step == 0)];
        var (lines, note) = Slo([.. points.Select(seconds)], sloSeconds, isVertical: false);
        var thinned =
            step == 1
                ? ""
                : $"one request in {step} is drawn: {Figures.Count(shown.Length)} of {Figures.Count(points.Length)}";
        return new XyChart(
            title,
            new ChartAxis(length, "tokens", AxisKind.Automatic),
            new ChartAxis(quantity, "s", AxisKind.Automatic),
            [
                new ChartSeries(
                    "request",
                    SeriesStyle.Points,
                    [.. shown.Select(tokens)],
                    [.. shown.Select(seconds)]
                ),
            ]
        )
        {
            Lines = lines,
            Note = string.Join("; ", new[] { thinned, note }.Where(text => text.Length > 0)),
        };
    }

    private static TableBlock Table(RunSummary s) =>
        new(
            "Latencies",
            [
                new TableColumn("Latency"),
                .. s_statistics.Select(name => TableColumn.Number(name, "s")),
                TableColumn.Number("values"),
            ],
            [
                Row("Time to first token", s.TtftSeconds),
                Row("Time per output token", s.TpotSeconds),
                Row("Inter-token latency", s.ItlSeconds),
                Row("End to end", s.EndToEndSeconds),
                Row("Wait for prefill", s.PrefillQueueSeconds),
                Row("KV transfer", s.TransferSeconds),
                Row("Wait for decode", s.DecodeQueueSeconds),
            ]
        );

    private static TableCell[] Row(string name, in Distribution d) =>
        [
            name,
            TableCell.Of(d.Mean),
            TableCell.Of(d.Std),
            TableCell.Of(d.P50),
            TableCell.Of(d.P90),
            TableCell.Of(d.P95),
            TableCell.Of(d.P99),
            TableCell.Count(d.Count),
        ];
}
