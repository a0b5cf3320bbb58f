using ScottPlot;
using ScottPlot.TickGenerators;

namespace LlmSim.Experiments.Plots;

/// <summary>A filled curve of its own for each of several things, above each other over the same time.</summary>
internal static class StripPicture
{
    /// <summary>More strips than these are too thin to read.</summary>
    public const int MaxStrips = 16;

    /// <summary>More steps than these are finer than the picture.</summary>
    private const int MaxSteps = 700;

    private const double StripHeight = 0.84;

    /// <summary>The picture.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="height">What the height of a strip says.</param>
    /// <param name="strips">From top to bottom; none is empty.</param>
    /// <param name="markSeconds">Times with a mark through all strips.</param>
    public static Plot Draw(
        string title,
        string height,
        IReadOnlyList<Strip> strips,
        IReadOnlyList<double>? markSeconds = null
    )
    {
        var start = strips.Min(strip => strip.Line.StartSeconds);
        var end = strips.Max(strip => strip.Line.EndSeconds);
        var isBinned = strips.Any(strip => strip.Line.Values.Length > MaxSteps);
        var plot = PictureStyle.NewPlot(
            title,
            "simulated time (s)",
            "",
            $"height of a strip: {height}",
            isBinned ? $"means over {AxisScale.Label((end - start) / MaxSteps, digits: 3)} s" : null
        );
        var ticks = new NumericManual();
        for (var i = 0; i < strips.Count; i++)
        {
            var ground = strips.Count - 1 - i;
            var strip = strips[i];
            AddStrip(
                plot,
                isBinned ? strip with { Line = strip.Line.Binned(MaxSteps, start, end) } : strip,
                ground
            );
            ticks.AddMajor(ground + (StripHeight / 2), strip.Name);
        }

        Mark(plot, [.. (markSeconds ?? []).Where(seconds => seconds >= start && seconds <= end)]);
        AxisScale.Tight([start, end]).ApplyTo(plot.Axes.Bottom);
        plot.Axes.Left.Min = -0.1;
        plot.Axes.Left.Max = strips.Count;
        plot.Axes.Left.TickGenerator = ticks;
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Grid.YAxisStyle.IsVisible = false;
        plot.HideLegend();
        return plot;
    }

    private static void Mark(Plot plot, IEnumerable<double> seconds)
    {
        foreach (var second in seconds)
        {
            plot.Add.VerticalLine(second, 1, Colors.Black.WithAlpha(0.6), LinePattern.Dashed);
        }
    }

    private static void AddStrip(Plot plot, Strip strip, double ground)
    {
        var (edges, values) = (strip.Line.EdgesSeconds, strip.Line.Values);
        var outline = new List<Coordinates> { new(edges[0], ground) };
        for (var i = 0; i < values.Length; i++)
        {
            var height = ground + (StripHeight * values[i] / strip.FullValue);
            outline.Add(new Coordinates(edges[i], height));
            outline.Add(new Coordinates(edges[i + 1], height));
        }

        outline.Add(new Coordinates(edges[^1], ground));
        var area = plot.Add.Polygon(outline.ToArray());
        area.FillColor = PictureStyle.ColorOf(strip.Color);
        area.LineWidth = 0;
        plot.Add.HorizontalLine(ground, 0.5f, Colors.Gray);
    }
}

/// <summary>A curve in a picture of strips.</summary>
/// <param name="Name">Its name at the left.</param>
/// <param name="Line">Its values.</param>
/// <param name="FullValue">The value that fills the height, above 0.</param>
/// <param name="Color">Number of its colour.</param>
internal sealed record Strip(string Name, StepLine Line, double FullValue, int Color);
