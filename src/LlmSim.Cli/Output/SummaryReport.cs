using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Cli.Output;

/// <summary>The result of a run on a screen of 80 columns.</summary>
internal static partial class SummaryReport
{
    private const int MaxInstancesShown = 16;
    private const int LabelWidth = 12;
    private const int Width = 80;

    /// <summary>More than anything that is said on one line, such as a cluster of many kinds of instances.</summary>
    private const int LineLimit = 2_000;

    public static void Write(RunResult result, CliConsole console)
    {
        WriteHead(result, console.Out);
        WriteRequests(result, console.Out);
        WriteService(result, console);
        console.Out.WriteLine();
        TextTable.Write(Latencies(result.Summary), console);
        if (result.Summary.PercentileRelativeError > 0)
        {
            console.Out.WriteLine(
                FormattableString.Invariant(
                    $"Percentiles of so many requests are within {100 * result.Summary.PercentileRelativeError:G2} % of their values."
                )
            );
        }

        PrecisionReport.Write(result, console);
        WriteRanges(result, console);
        console.Out.WriteLine();
        WriteRates(result, console.Out);
        WriteCosts(result, console.Out);
        WriteRequirements(result, console.Out);
        console.Out.WriteLine();
        TextTable.Write(Instances(result.Summary), console);
        WriteFiles(result, console.Out);
    }

    /// <summary>The files whose names a run with a journal has chosen.</summary>
    private static void WriteFiles(RunResult result, TextWriter writer)
    {
        var label = "Files";
        foreach (var file in new[] { result.RequestsFile, result.QueueStatesFile, result.MemoryUsageFile })
        {
            if (file is not null)
            {
                Line(writer, label, file);
                label = "";
            }
        }
    }

    private static void WriteRequests(RunResult result, TextWriter writer)
    {
        var (c, s) = (result.Configuration, result.Summary);
        WriteWrapped(
            writer,
            "Requests",
            $"{Figures.Count(s.Requests)} = {Figures.Count(s.Finished)} finished + {Figures.Count(s.Rejected)} "
                + $"rejected{Others(s)}; {Figures.Count(s.Evictions)} evictions; {Figures.Number(s.MakespanSeconds)} s simulated"
        );
        foreach (var (reason, count) in s.Rejections)
        {
            Line(writer, "", $"{Figures.Count(count)} rejected: {reason}");
        }

        if (s.MeasuredRequests < s.Requests)
        {
            Line(
                writer,
                "Statistics",
                $"of {Figures.Count(s.MeasuredRequests)} requests: without warmup {c.Warmup}, cooldown {c.Cooldown}"
            );
        }

        if (s.QueueGrows)
        {
            Line(writer, "Overload", "No steady state: queues grow, and percentiles with the run's length.");
        }

        if (s.PagedCache is { } cache)
        {
            Line(
                writer,
                "KV cache",
                $"{Figures.Number(cache.TokenHitPercent)} % of prompt tokens and "
                    + $"{Figures.Number(cache.BlockHitPercent)} % of blocks found; "
                    + $"{Figures.Count(cache.Evictions)} block evictions; {Figures.Count(cache.Preemptions)} preemptions"
            );
        }

        WriteParts(writer, s);
        foreach (var (counter, count) in s.PolicyCounters)
        {
            Line(writer, "", $"{counter}: {Figures.Count(count)}");
        }

        if (s.PerformanceRange is { } range)
        {
            WriteWrapped(writer, "Outside", Range(range));
        }
    }

    private static string Others(RunSummary s) =>
        s.TimedOut + s.Failed == 0
            ? ""
            : $" + {Figures.Count(s.TimedOut)} given up + {Figures.Count(s.Failed)} lost";

    private static string Range(PerformanceRange range)
    {
        var tables = range
            .OutOfRange.Where(table => table.Value > 0)
            .Select(table => $"{table.Key} {Figures.Count(table.Value)}")
            .ToArray();
        return $"{Figures.Count(range.IterationsOutOfRange)} of {Figures.Count(range.Iterations)} iteration times lie beyond what was measured"
            + (tables.Length == 0 ? "" : $": {string.Join(", ", tables)}");
    }

    private static Spectre.Console.Table Latencies(RunSummary s)
    {
        var table = TextTable.Create(
            "Latency",
            "",
            ">mean",
            ">std",
            ">p25",
            ">p50",
            ">p75",
            ">p90",
            ">p95",
            ">p99"
        );
        Add("TTFT", s.TtftSeconds);
        if (s.TtfoSeconds is { } ttfo)
        {
            Add("TTFO", ttfo);
        }

        Add("TPOT", s.TpotSeconds);
        Add("ITL", s.ItlSeconds);
        Add("E2E", s.EndToEndSeconds);
        Add("Prefill queue", s.PrefillQueueSeconds);
        Add("KV transfer", s.TransferSeconds);
        Add("Decode queue", s.DecodeQueueSeconds);
        return table;

        void Add(string name, in Distribution d)
        {
            var (scale, unit) = Figures.TimeUnit(Math.Max(d.P99, d.Mean));
            string Scaled(double seconds) => Figures.Number(seconds * scale);
            table.Add(
                name,
                unit,
                Scaled(d.Mean),
                Scaled(d.Std),
                Scaled(d.P25),
                Scaled(d.P50),
                Scaled(d.P75),
                Scaled(d.P90),
                Scaled(d.P95),
                Scaled(d.P99)
            );
        }
    }

    /// <summary>Within what such predictions were measured.</summary>
    private static void WriteRanges(RunResult result, CliConsole console)
    {
        var ranges = result.Ranges.Where(range => double.IsFinite(range.Seconds)).ToArray();
        if (ranges.Length == 0)
        {
            return;
        }

        var table = TextTable.Create(
            "Mean",
            "",
            ">predicted",
            ">in half of such cases",
            ">in nine of ten",
            ">of so many"
        );
        foreach (var range in ranges)
        {
            var (scale, unit) = Figures.TimeUnit(range.NineOfTenHighSeconds);
            table.Add(
                range.Figure.Split('_')[0].ToUpperInvariant(),
                unit,
                Figures.Number(range.Seconds * scale),
                Figures.Range(range.HalfLowSeconds * scale, range.HalfHighSeconds * scale),
                Figures.Range(range.NineOfTenLowSeconds * scale, range.NineOfTenHighSeconds * scale),
                Figures.Count(range.Configurations)
            );
        }

        console.Out.WriteLine();
        TextTable.Write(table, console);
    }

    /// <summary>Its ranks that shared prompts, or its stages and how much of the time they had nothing to do.</summary>
    private static string Parts(InstanceUsage usage) =>
        usage.CpSize > 1 ? $", cp {usage.CpSize}"
        : usage.PpSize == 1 ? ""
        : $", pp {usage.PpSize} (bubble {Figures.Percent(usage.PipelineBubble)})";

    private static Spectre.Console.Table Instances(RunSummary s)
    {
        var table = TextTable.Create(
            "Instance",
            "Accelerators",
            ">requests",
            ">busy",
            ">batch",
            ">peak KV",
            ">of GB"
        );
        foreach (var stage in s.Instances.GroupBy(instance => instance.Stage))
        {
            foreach (var i in stage.Take(MaxInstancesShown))
            {
                table.Add(
                    $"{i.Stage} {i.Index}",
                    $"{i.Accelerators} x {i.Hardware}{Parts(i)}",
                    Figures.Count(i.Requests),
                    Figures.Percent(i.Utilization),
                    Figures.Number(i.MeanBatch),
                    Figures.Number(i.PeakKvBytes / 1e9),
                    Figures.Number(i.KvCapacityBytes / 1e9)
                );
            }

            if (stage.Count() > MaxInstancesShown)
            {
                table.Add(
                    $"… {Figures.Count(stage.Count() - MaxInstancesShown)} more",
                    "",
                    "",
                    "",
                    "",
                    "",
                    ""
                );
            }
        }

        return table;
    }

    /// <summary>A text of several lines: words that do not fit go to the next.</summary>
    private static void WriteWrapped(TextWriter writer, string label, string text)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && LabelWidth + line.Length + 1 + word.Length > Width)
            {
                Line(writer, label, line);
                (label, line) = ("", "");
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        Line(writer, label, line);
    }

    private static void Line(TextWriter writer, string label, string text) =>
        writer.WriteLine($"{label, -LabelWidth}{TerminalText.Escape(text, LineLimit)}");
}
