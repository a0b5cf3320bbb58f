using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Reports;

/// <summary>A run over simulated time: its requests on its instances, queues, batches and KV memory.</summary>
internal static class TimeBlocks
{
    private const string Group = "time";

    /// <summary>More lines than these cannot be told apart.</summary>
    private const int MaxLines = 8;

    /// <summary>More steps than these are finer than a chart of half the width.</summary>
    private const int MaxSteps = 300;

    private const int MaxStrips = 18;
    private const int MaxRequests = 100_000;

    public static IEnumerable<ReportBlock> Of(RunResult result, RunObservations observations)
    {
        var end = observations
            .Requests.Where(request => request.IsServed)
            .Select(request => request.FinishSeconds)
            .DefaultIfEmpty(1)
            .Max();
        return
        [
            new SectionBlock(
                "Over time",
                "Charts of this section zoom together: drag, hold Ctrl and turn the wheel, or double-click."
            ),
            Timeline(result, observations.Requests),
            .. Samples(observations, end),
            new SectionBlock("Instances"),
            Instances(result.Summary),
        ];
    }

    private static TimelineChart Timeline(RunResult result, IReadOnlyList<RequestPoint> requests)
    {
        var strips = result.Summary.Instances.Take(MaxStrips).ToArray();
        RequestPoint[] served = [.. requests.Where(request => request.IsServed)];
        var step = Math.Max(1, (requests.Count + MaxRequests - 1) / MaxRequests);
        RequestPoint[] shown = [.. requests.Where((_, i) => i % step == 0)];
        var notes = new List<string>();
        if (step > 1)
        {
            notes.Add($"one request in {step} is drawn");
        }

        if (strips.Length < result.Summary.Instances.Count)
        {
            notes.Add(
                $"the first {strips.Length} of {Figures.Count(result.Summary.Instances.Count)} instances"
            );
        }

        if (served.Length < requests.Count)
        {
            notes.Add($"{Figures.Count(requests.Count - served.Length)} rejected requests are left out");
        }

        return new TimelineChart(
            "Requests on the instances",
            [.. strips.Select(instance => $"{instance.Stage} {instance.Index}")],
            new TimelineRequests(
                step,
                [.. shown.Select(r => r.ArrivalSeconds)],
                [.. shown.Select(r => Row(strips, "prefill", r.PrefillInstance))],
                [.. shown.Select(r => Served(r, r.PrefillStartSeconds))],
                [.. shown.Select(r => Served(r, r.PrefillFinishSeconds))],
                [.. shown.Select(r => Decoded(r, r.TransferFinishSeconds))],
                [.. shown.Select(r => Row(strips, "decode", r.DecodeInstance))],
                [.. shown.Select(r => Decoded(r, r.FirstDecodeStartSeconds))],
                [.. shown.Select(r => Served(r, r.FinishSeconds))],
                [.. shown.Select(r => r.InputTokens)],
                [.. shown.Select(r => r.OutputTokens)]
            )
        )
        {
            ZoomGroup = Group,
            Note = string.Join("; ", notes),
        };
    }

    private static double Served(in RequestPoint request, double seconds) =>
        request.IsServed ? seconds : double.NaN;

    private static double Decoded(in RequestPoint request, double seconds) =>
        request.DecodeInstance < 0 ? double.NaN : seconds;

    /// <summary>An instance of the stage, or a mixed one, whose numbers no other instance has.</summary>
    private static int Row(InstanceUsage[] strips, string stage, int index) =>
        index < 0
            ? -1
            : Array.FindIndex(
                strips,
                strip => strip.Index == index && strip.Stage is var own && (own == stage || own == "mixed")
            );

    private static IEnumerable<ReportBlock> Samples(RunObservations observations, double endSeconds)
    {
        var lines = InstanceLine.Of(observations.Samples).ToArray();
        foreach (
            var chart in lines
                .GroupBy(line => (line.Quantity, line.Stage))
                .OrderBy(chart => chart.Key.Quantity)
        )
        {
            var (title, unit) = chart.Key.Quantity switch
            {
                SampledQuantity.Queue => ("Requests waiting", ""),
                SampledQuantity.Running => ("Batch size", ""),
                _ => ("KV cache in use", "%"),
            };
            var samples = chart
                .OrderBy(line => line.Instance)
                .Select(line => Smooth(line.Series, endSeconds))
                .ToArray();
            yield return new XyChart(
                $"{title}, {chart.Key.Stage} instances",
                new ChartAxis("simulated time", "s", AxisKind.Tight) { Within = [0, endSeconds] },
                new ChartAxis(title.ToLowerInvariant(), unit),
                Series(samples)
            )
            {
                ZoomGroup = Group,
                Note =
                    chart.First().Series.Points.Count > MaxSteps
                        ? $"means over {Figures.Duration(endSeconds / MaxSteps)}"
                        : "",
            };
        }
    }

    /// <summary>Means over equal spans of time, where there are more samples than a chart can show apart.</summary>
    private static NamedSeries Smooth(NamedSeries samples, double endSeconds)
    {
        if (samples.Points.Count <= MaxSteps)
        {
            return samples;
        }

        var means = StepLine.Of(samples).Binned(MaxSteps, 0, endSeconds);
        return new NamedSeries(samples.Name, means.EdgesSeconds[..^1], means.Values);
    }

    private static ChartSeries[] Series(NamedSeries[] lines)
    {
        if (lines.Length <= MaxLines)
        {
            return [.. lines.Select(line => new ChartSeries(line.Name, SeriesStyle.Step, line.X, line.Y))];
        }

        var instants = lines.Min(line => line.Y.Count);
        double[][] values =
        [
            .. Enumerable.Range(0, instants).Select(i => lines.Select(line => line.Y[i]).ToArray()),
        ];
        return
        [
            new ChartSeries(
                $"mean of {lines.Length} instances, and from the smallest to the largest",
                SeriesStyle.Line,
                [.. lines[0].X.Take(instants)],
                [.. values.Select(at => at.Average())]
            )
            {
                Low = [.. values.Select(at => at.Min())],
                High = [.. values.Select(at => at.Max())],
            },
        ];
    }

    private static TableBlock Instances(RunSummary summary) =>
        new(
            "What each instance did",
            [
                new TableColumn("Instance"),
                new TableColumn("Accelerators"),
                TableColumn.Number("requests"),
                TableColumn.Number("busy", "%"),
                TableColumn.Number("mean batch"),
                TableColumn.Number("peak KV", "GB"),
                TableColumn.Number("of", "GB"),
            ],
            [
                .. summary.Instances.Select(i =>
                    (TableCell[])
                        [
                            $"{i.Stage} {i.Index}",
                            $"{i.Accelerators} × {i.Hardware}",
                            TableCell.Count(i.Requests),
                            TableCell.Of(100 * i.Utilization),
                            TableCell.Of(i.MeanBatch),
                            TableCell.Of(i.PeakKvBytes / 1e9),
                            TableCell.Of(i.KvCapacityBytes / 1e9),
                        ]
                ),
            ]
        );
}
