using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A latency of each request against a length of it, one colour and marker a run.</summary>
internal static class ScatterPicture
{
    /// <summary>Marks that lie on each other stay visible as darker spots.</summary>
    private const double Opacity = 0.45;

    public static Plot? TtftAgainstInput(IReadOnlyList<PlotRun> runs) =>
        Draw(
            "Time to first token against input length",
            "input length (tokens)",
            "TTFT (s)",
            Series(runs, request => request.InputTokens, request => request.TtftSeconds),
            Notes.NotServed(runs)
        );

    public static Plot? TpotAgainstOutput(IReadOnlyList<PlotRun> runs) =>
        Draw(
            "Time per output token against output length",
            "output length (tokens)",
            "TPOT (s)",
            Series(runs, request => request.OutputTokens, request => request.TpotSeconds),
            Notes.NotServed(runs)
        );

    /// <summary>The picture, or null when there is no point.</summary>
    private static Plot? Draw(string title, string xLabel, string yLabel, NamedSeries[] series, string? note)
    {
        var points = series.SelectMany(one => one.Points).ToArray();
        if (points.Length == 0)
        {
            return null;
        }

        var thinned = Thinning.Note("requests", series.Select(one => one.Points.Count));
        var plot = PictureStyle.NewPlot(title, xLabel, yLabel, thinned, note);
        var x = AxisScale.For(points.Select(point => point.X));
        var y = AxisScale.For(points.Select(point => point.Y));
        for (var i = 0; i < series.Length; i++)
        {
            var drawn = Thinning.Thin(series[i].Points);
            var scatter = plot.Add.Scatter(
                drawn.Select(point => new Coordinates(x.Map(point.X), y.Map(point.Y))).ToArray()
            );
            scatter.LineWidth = 0;
            scatter.LegendText = series[i].Name;
            scatter.MarkerStyle = PictureStyle.MarkerOf(i);
            scatter.MarkerStyle.Size = drawn.Count > 500 ? 4 : 7;
            scatter.MarkerStyle.FillColor = PictureStyle.ColorOf(i).WithOpacity(Opacity);
            scatter.MarkerStyle.LineColor = PictureStyle.ColorOf(i).WithOpacity(Opacity);
        }

        x.ApplyTo(plot.Axes.Bottom);
        y.ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, series.Length);
        return plot;
    }

    private static NamedSeries[] Series(
        IReadOnlyList<PlotRun> runs,
        Func<RequestPoint, double> x,
        Func<RequestPoint, double> y
    ) =>
        [
            .. runs.Select(run => new NamedSeries(
                run.Name,
                [.. run.Requests.Select(x)],
                [.. run.Requests.Select(y)]
            )),
        ];
}
