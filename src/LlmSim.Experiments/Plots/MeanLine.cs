using LlmSim.Metrics;
using ScottPlot;
using ScottPlot.Plottables;

namespace LlmSim.Experiments.Plots;

/// <summary>A point of a line: the mean over runs that differ in their seed alone, and all their values.</summary>
internal sealed class MeanPoint(double x, IReadOnlyList<double> values)
{
    public double X { get; } = x;

    public IReadOnlyList<double> Values { get; } = values;

    public MeanEstimate Y { get; } = MeanEstimate.Of(values);
}

/// <summary>A line of means, under the name that the legend gives it.</summary>
internal sealed record MeanLine(string Name, IReadOnlyList<MeanPoint> Points)
{
    private const float IntervalLineWidth = 1.2f;
    private const double BandOpacity = 0.2;

    /// <summary>By so much the first line is larger than the last.</summary>
    private const float MoreLineWidth = 3.6f;
    private const float MoreMarkerSize = 8;

    /// <summary>Most values of one point.</summary>
    private int Runs => Points.Max(point => point.Values.Count);

    /// <summary>Draws lines with their points in order of x, and the 95 % interval of each mean of several seeds.</summary>
    /// <param name="plot">The picture.</param>
    /// <param name="lines">The lines; none is empty.</param>
    /// <param name="horizontal">Its horizontal axis.</param>
    /// <param name="vertical">Its vertical axis, over all values of all points.</param>
    /// <param name="hasIntervals">Whether several values of a point are those of seeds.</param>
    /// <param name="areBands">Whether intervals are bands rather than bars.</param>
    /// <param name="slo">Where a line across it is; null for none, and none where it lies beyond the axis.</param>
    public static void Draw(
        Plot plot,
        IReadOnlyList<MeanLine> lines,
        AxisScale horizontal,
        AxisScale vertical,
        bool hasIntervals,
        bool areBands = false,
        double? slo = null
    )
    {
        if (areBands && hasIntervals)
        {
            AddBands(plot, lines, horizontal, vertical);
        }

        for (var i = 0; i < lines.Count; i++)
        {
            var points = lines[i].Points.OrderBy(point => point.X).ToArray();
            var line = plot.Add.Scatter(
                points
                    .Select(point => new Coordinates(horizontal.Map(point.X), vertical.Map(point.Y.Mean)))
                    .ToArray()
            );
            line.LegendText = lines[i].Name;
            line.Color = PictureStyle.ColorOf(i);
            line.MarkerStyle = PictureStyle.MarkerOf(i);
            // The first are the largest, so that the last ones do not hide equal ones.
            var covered = (lines.Count - 1 - i) / Math.Max(1f, lines.Count - 1);
            line.LineWidth = PictureStyle.LineWidth + (covered * MoreLineWidth);
            line.MarkerSize += covered * MoreMarkerSize;
            line.LinePattern = PictureStyle.PatternOf(i);
            if (hasIntervals && !areBands)
            {
                AddIntervals(plot, points, horizontal, vertical, PictureStyle.ColorOf(i));
            }
        }

        horizontal.ApplyTo(plot.Axes.Bottom);
        vertical.ApplyTo(plot.Axes.Left);
        var runs = lines.Max(line => line.Runs);
        if (hasIntervals && runs > 1)
        {
            AddLegendOfIntervals(plot, lines, runs, areBands);
        }

        var isSloShown = slo is { } value && vertical.MapWithin(value).Equals(vertical.Map(value));
        if (isSloShown)
        {
            PictureStyle.AddReference(
                plot,
                $"SLO: {AxisScale.Label(slo!.Value, digits: 4)} s",
                vertical.Map(slo.Value),
                isVertical: false
            );
        }

        PictureStyle.AddLegend(plot, lines.Count + (hasIntervals && runs > 1 ? 1 : 0) + (isSloShown ? 1 : 0));
    }

    /// <summary>The intervals of each line as one area, below all lines.</summary>
    private static void AddBands(
        Plot plot,
        IReadOnlyList<MeanLine> lines,
        AxisScale horizontal,
        AxisScale vertical
    )
    {
        foreach (var (index, line) in lines.Index())
        {
            var estimated = line
                .Points.Where(point => point.Values.Count > 1)
                .OrderBy(point => point.X)
                .ToArray();
            if (estimated.Length > 1)
            {
                var band = plot.Add.FillY(
                    estimated.Select(point => horizontal.Map(point.X)).ToArray(),
                    estimated.Select(point => vertical.MapWithin(point.Y.Low)).ToArray(),
                    estimated.Select(point => vertical.MapWithin(point.Y.High)).ToArray()
                );
                band.FillColor = PictureStyle.ColorOf(index).WithOpacity(BandOpacity);
                band.LineWidth = 0;
            }
        }
    }

    private static void AddIntervals(
        Plot plot,
        IEnumerable<MeanPoint> points,
        AxisScale horizontal,
        AxisScale vertical,
        Color color
    )
    {
        var estimated = points.Where(point => point.Values.Count > 1).ToArray();
        if (estimated.Length == 0)
        {
            return;
        }

        // An interval of two seeds may be far wider than the picture, and reach below what a logarithmic axis has.
        var bars = new ErrorBar(
            [.. estimated.Select(point => horizontal.Map(point.X))],
            [.. estimated.Select(point => vertical.Map(point.Y.Mean))],
            xErrorsNegative: null,
            xErrorsPositive: null,
            yErrorsNegative:
            [
                .. estimated.Select(point => vertical.Map(point.Y.Mean) - vertical.MapWithin(point.Y.Low)),
            ],
            yErrorsPositive:
            [
                .. estimated.Select(point => vertical.MapWithin(point.Y.High) - vertical.Map(point.Y.Mean)),
            ]
        );
        bars.Color = color;
        bars.LineWidth = IntervalLineWidth;
        plot.Add.Plottable(bars);
    }

    /// <summary>The legend says what the bars are, for a single line too.</summary>
    private static void AddLegendOfIntervals(
        Plot plot,
        IReadOnlyList<MeanLine> lines,
        int runs,
        bool areBands
    )
    {
        var fewest = lines.Min(line => line.Points.Min(point => point.Values.Count));
        var seeds = fewest == runs ? $"{runs} seeds" : $"{fewest} to {runs} seeds";
        plot.Legend.ManualItems.Add(
            new LegendItem
            {
                LabelText = $"{(areBands ? "bands" : "bars")}: 95 % interval of the mean of {seeds}",
                LineColor = Color.FromHex("#555555"),
                LineWidth = IntervalLineWidth,
            }
        );
    }
}
