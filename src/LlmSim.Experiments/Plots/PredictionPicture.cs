using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>Predicted against measured on logarithmic axes, with the line of equality and bands around it.</summary>
internal static class PredictionPicture
{
    private const double Opacity = 0.55;

    /// <summary>Half-widths of the bands, and how dark their lines are.</summary>
    private static readonly (double Share, string Color)[] s_bands =
    [
        (0, "#404040"),
        (0.10, "#909090"),
        (0.25, "#C4C4C4"),
    ];

    /// <summary>The picture, or null when there is no point.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="quantity">Quantity and unit of both axes.</param>
    /// <param name="series">Measured against predicted values, above 0.</param>
    public static Plot? Draw(string title, string quantity, IReadOnlyList<NamedSeries> series)
    {
        var drawn = series.Where(one => one.Points.Count > 0).ToArray();
        if (drawn.Length == 0)
        {
            return null;
        }

        var plot = PictureStyle.NewPlot(
            title,
            $"measured {quantity}",
            $"predicted {quantity}",
            "the lines are equality, ±10 % and ±25 %"
        );
        var values = drawn
            .SelectMany(one => one.Points)
            .SelectMany(point => new[] { point.X, point.Y })
            .ToArray();
        var scale = AxisScale.Logarithmic(values);
        AddBands(plot, scale, values.Min(), values.Max());
        for (var i = 0; i < drawn.Length; i++)
        {
            var scatter = plot.Add.Scatter(
                drawn[i]
                    .Points.Select(point => new Coordinates(scale.Map(point.X), scale.Map(point.Y)))
                    .ToArray()
            );
            var color = PictureStyle.ColorOf(i).WithOpacity(Opacity);
            scatter.LineWidth = 0;
            scatter.MarkerStyle = PictureStyle.MarkerOf(i);
            scatter.MarkerStyle.Size = 5;
            scatter.MarkerStyle.FillColor = color;
            scatter.MarkerStyle.LineColor = color;
            plot.Legend.ManualItems.Add(
                new LegendItem { LabelText = drawn[i].Name, MarkerStyle = PictureStyle.MarkerOf(i) }
            );
        }

        scale.ApplyTo(plot.Axes.Bottom);
        scale.ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, drawn.Length);
        return plot;
    }

    private static void AddBands(Plot plot, AxisScale scale, double min, double max)
    {
        foreach (var (share, color) in s_bands)
        {
            foreach (var factor in new[] { 1 - share, 1 + share }.Distinct())
            {
                var line = plot.Add.Line(
                    new Coordinates(scale.Map(min), scale.Map(min * factor)),
                    new Coordinates(scale.Map(max), scale.Map(max * factor))
                );
                line.LineWidth = 1.2f;
                line.LineColor = Color.FromHex(color);
            }
        }
    }
}
