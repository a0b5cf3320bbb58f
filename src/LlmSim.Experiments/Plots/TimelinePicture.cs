using System.Globalization;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A quantity over simulated time: a line a series, or the band of all of them when there are many.</summary>
internal static class TimelinePicture
{
    /// <summary>More lines than these cannot be told apart.</summary>
    public const int MaxLines = 8;

    private const double BandOpacity = 0.25;

    /// <summary>The picture, or null when no series has a point.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="yLabel">Quantity and unit.</param>
    /// <param name="series">Seconds and values.</param>
    public static Plot? Draw(string title, string yLabel, IReadOnlyList<NamedSeries> series)
    {
        var points = series.SelectMany(one => one.Points).ToArray();
        if (points.Length == 0)
        {
            return null;
        }

        var thinned = Thinning.Note("samples", series.Select(one => one.Points.Count));
        var plot = PictureStyle.NewPlot(title, "simulated time (s)", yLabel, thinned);
        var drawn = series.Count <= MaxLines ? AddLines(plot, series) : AddBand(plot, series);
        AxisScale.Tight(points.Select(point => point.X)).ApplyTo(plot.Axes.Bottom);
        AxisScale.Linear(points.Select(point => point.Y)).ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, drawn);
        return plot;
    }

    private static int AddLines(Plot plot, IReadOnlyList<NamedSeries> series)
    {
        for (var i = 0; i < series.Count; i++)
        {
            var points = Thinning.Thin(series[i].Points).Select(point => new Coordinates(point.X, point.Y));
            PictureStyle.AddLine(plot, [.. points], i, series.Count, series[i].Name, isStep: false);
        }

        return series.Count;
    }

    private static int AddBand(Plot plot, IReadOnlyList<NamedSeries> series)
    {
        var instants = series
            .SelectMany(one => one.Points)
            .GroupBy(point => point.X)
            .OrderBy(group => group.Key)
            .Select(group =>
                (
                    Seconds: group.Key,
                    Min: group.Min(point => point.Y),
                    Mean: group.Average(point => point.Y),
                    Max: group.Max(point => point.Y)
                )
            )
            .ToArray();
        var shown = Thinning.Thin(instants);
        var band = plot.Add.FillY(
            shown.Select(instant => instant.Seconds).ToArray(),
            shown.Select(instant => instant.Min).ToArray(),
            shown.Select(instant => instant.Max).ToArray()
        );
        band.FillColor = PictureStyle.ColorOf(0).WithOpacity(BandOpacity);
        band.LineWidth = 0;
        band.LegendText = string.Create(
            CultureInfo.InvariantCulture,
            $"smallest to largest of {series.Count} instances"
        );
        var means = shown.Select(instant => new Coordinates(instant.Seconds, instant.Mean));
        PictureStyle.AddLine(plot, [.. means], series: 0, seriesCount: 1, "mean", isStep: false);
        return 2;
    }
}
