using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A latency of each request against a length of it, one colour and marker a run.</summary>
internal static class ScatterPicture
{
    /// <summary>Marks that lie on each other stay visible as darker spots.</summary>
    private const double Opacity = 0.45;

    /// <summary>Series are drawn in turn, so many slices of each, lest the last one covers all others.</summary>
    private const int Slices = 25;

    private const int FewPoints = 500;

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
        var step = Thinning.Step(series.Max(one => one.Points.Count));
        var drawn = Array.ConvertAll(
            series,
            one =>
                Thinning
                    .Thin(one.Points, step)
                    .Select(point => new Coordinates(x.Map(point.X), y.Map(point.Y)))
                    .ToArray()
        );
        var slices = series.Length > 1 ? Slices : 1;
        for (var slice = 0; slice < slices; slice++)
        {
            for (var turn = 0; turn < series.Length; turn++)
            {
                var i = (slice + turn) % series.Length;
                AddPoints(plot, Slice(drawn[i], slice, slices), i, size: drawn[i].Length > FewPoints ? 4 : 7);
            }
        }

        for (var i = 0; i < series.Length; i++)
        {
            plot.Legend.ManualItems.Add(
                new LegendItem { LabelText = series[i].Name, MarkerStyle = PictureStyle.MarkerOf(i) }
            );
        }

        x.ApplyTo(plot.Axes.Bottom);
        y.ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, series.Length);
        return plot;
    }

    /// <summary>Every point is in one slice.</summary>
    private static Coordinates[] Slice(Coordinates[] points, int slice, int slices) =>
        points[(points.Length * slice / slices)..(points.Length * (slice + 1) / slices)];

    private static void AddPoints(Plot plot, Coordinates[] points, int series, float size)
    {
        var scatter = plot.Add.Scatter(points);
        var color = PictureStyle.ColorOf(series).WithOpacity(Opacity);
        scatter.LineWidth = 0;
        scatter.MarkerStyle = PictureStyle.MarkerOf(series);
        scatter.MarkerStyle.Size = size;
        scatter.MarkerStyle.FillColor = color;
        scatter.MarkerStyle.LineColor = color;
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
