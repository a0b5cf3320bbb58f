using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace LlmSim.Experiments.Plots;

/// <summary>A strip for each instance: when it prefilled, and how many requests it decoded.</summary>
internal static class GanttPicture
{
    /// <summary>More steps than these are finer than the picture.</summary>
    private const int MaxSteps = 700;

    /// <summary>More strips than these are too thin to read; the first ones are drawn.</summary>
    private const int MaxStripsPerStage = 16;

    private const double StripHeight = 0.84;

    /// <summary>The picture, or null when no request was served.</summary>
    public static Plot? Draw(IReadOnlyList<RequestPoint> requests)
    {
        var served = requests.Where(request => request.IsServed).ToArray();
        if (served.Length == 0)
        {
            return null;
        }

        var start = served.Min(request => request.PrefillStartSeconds);
        var end = served.Max(request => request.FinishSeconds);
        var prefill = Strips(
            served.Where(request => request.PrefillInstance >= 0),
            "prefill",
            request => request.PrefillInstance,
            request => (request.PrefillStartSeconds, request.PrefillFinishSeconds)
        );
        var decode = Strips(
            served.Where(request => request.DecodeInstance >= 0),
            "decode",
            request => request.DecodeInstance,
            request => (request.FirstDecodeStartSeconds, request.FinishSeconds)
        );
        return Draw([.. Heights(prefill, start, end), .. Heights(decode, start, end)], start, end);
    }

    private static Plot Draw(IReadOnlyList<Strip> strips, double start, double end)
    {
        var isBinned = strips.Any(strip => strip.Line.Values.Length == MaxSteps);
        var plot = PlotStyle.NewPlot(
            "Work of the instances over time",
            "simulated time (s)",
            "",
            "height of a strip: prefill, share of time; decode, requests in the batch",
            isBinned
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"means over {(end - start) / MaxSteps:0.###} s"
                )
                : null
        );
        var ticks = new NumericManual();
        for (var i = 0; i < strips.Count; i++)
        {
            var ground = strips.Count - 1 - i;
            AddStrip(plot, strips[i], ground);
            ticks.AddMajor(ground + (StripHeight / 2), strips[i].Name);
        }

        AxisScale.Tight([start, end]).ApplyTo(plot.Axes.Bottom);
        plot.Axes.Left.Min = -0.1;
        plot.Axes.Left.Max = strips.Count;
        plot.Axes.Left.TickGenerator = ticks;
        plot.Grid.YAxisStyle.IsVisible = false;
        plot.HideLegend();
        return plot;
    }

    private static void AddStrip(Plot plot, Strip strip, double ground)
    {
        var (edges, values) = strip.Line;
        var outline = new List<Coordinates> { new(edges[0], ground) };
        for (var i = 0; i < values.Length; i++)
        {
            var height = ground + (StripHeight * values[i] / strip.FullValue);
            outline.Add(new Coordinates(edges[i], height));
            outline.Add(new Coordinates(edges[i + 1], height));
        }

        outline.Add(new Coordinates(edges[^1], ground));
        var area = plot.Add.Polygon(outline.ToArray());
        area.FillColor = PlotStyle.ColorOf(strip.Stage == "prefill" ? 0 : 1);
        area.LineWidth = 0;
        var line = plot.Add.HorizontalLine(ground, 0.5f, Colors.Gray);
        line.EnableAutoscale = false;
    }

    /// <summary>All strips of a stage have one scale, so that they can be compared.</summary>
    private static IEnumerable<Strip> Heights(
        IReadOnlyList<(string Stage, int Instance, IEnumerable<(double, double)> Intervals)> strips,
        double start,
        double end
    )
    {
        var lines = strips.Select(strip => StepLine.Count(strip.Intervals, MaxSteps, start, end)).ToArray();
        var highest = lines.SelectMany(line => line.Values).DefaultIfEmpty().Max();
        return strips.Zip(
            lines,
            (strip, line) =>
                strip.Stage == "prefill"
                    ? new Strip(strip.Stage, Name(strip.Stage, strip.Instance, ""), line, 1)
                    : new Strip(
                        strip.Stage,
                        Name(
                            strip.Stage,
                            strip.Instance,
                            string.Create(CultureInfo.InvariantCulture, $" (0–{highest:0})")
                        ),
                        line,
                        highest
                    )
        );
    }

    private static IReadOnlyList<(string, int, IEnumerable<(double, double)>)> Strips(
        IEnumerable<RequestPoint> requests,
        string stage,
        Func<RequestPoint, int> instance,
        Func<RequestPoint, (double, double)> interval
    ) =>
        [
            .. requests
                .GroupBy(instance)
                .OrderBy(group => group.Key)
                .Take(MaxStripsPerStage)
                .Select(group => (stage, group.Key, group.Select(interval))),
        ];

    private static string Name(string stage, int instance, string scale) =>
        string.Create(CultureInfo.InvariantCulture, $"{stage} {instance}{scale}");

    private sealed record Strip(string Stage, string Name, StepLine Line, double FullValue);
}
