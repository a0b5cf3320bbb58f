using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>Cumulative distributions of a quantity, one line a series.</summary>
internal static class CdfPicture
{
    /// <summary>The picture, or null when no series has a value.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="xLabel">Quantity and unit.</param>
    /// <param name="samples">The values of each series, in any order; NaN where undefined.</param>
    /// <param name="note">What a reader has to know; null for nothing.</param>
    /// <param name="slo">Where a line stands; null for none, and none where it lies beyond the axis.</param>
    public static Plot? Draw(
        string title,
        string xLabel,
        IReadOnlyList<(string Name, IReadOnlyList<double> Values)> samples,
        string? note = null,
        double? slo = null
    )
    {
        var sorted = samples
            .Select(sample => (sample.Name, Values: sample.Values.Where(double.IsFinite).Order().ToArray()))
            .ToArray();
        if (sorted.All(series => series.Values.Length == 0))
        {
            return null;
        }

        var thinned = Thinning.Note("steps", sorted.Select(series => series.Values.Length));
        var plot = PictureStyle.NewPlot(title, xLabel, "share of requests (%)", thinned, note);
        var x = AxisScale.For(sorted.SelectMany(series => series.Values));
        var y = AxisScale.Linear([0, 100]);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].Values.Length > 0)
            {
                PictureStyle.AddLine(
                    plot,
                    Steps(sorted[i].Values, x),
                    i,
                    sorted.Length,
                    sorted[i].Name,
                    isStep: true
                );
            }
        }

        var isSloShown = slo is { } value && x.MapWithin(value).Equals(x.Map(value));
        if (isSloShown)
        {
            PictureStyle.AddReference(
                plot,
                $"SLO: {AxisScale.Label(slo!.Value, digits: 4)} s",
                x.Map(slo.Value),
                isVertical: true
            );
        }

        x.ApplyTo(plot.Axes.Bottom);
        y.ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, sorted.Length + (isSloShown ? 1 : 0));
        return plot;
    }

    public static Plot? Ttft(IReadOnlyList<PlotRun> runs, double? sloSeconds = null) =>
        Draw(
            "Distribution of the time to first token",
            "TTFT (s)",
            Values(runs, request => request.TtftSeconds),
            Notes.NotServed(runs),
            sloSeconds
        );

    public static Plot? Tpot(IReadOnlyList<PlotRun> runs, double? sloSeconds = null) =>
        Draw(
            "Distribution of the time per output token",
            "TPOT (s)",
            Values(runs, request => request.TpotSeconds),
            Notes.NotServed(runs),
            sloSeconds
        );

    public static Plot? EndToEnd(IReadOnlyList<PlotRun> runs) =>
        Draw(
            "Distribution of the end-to-end latency",
            "end-to-end latency (s)",
            Values(runs, request => request.EndToEndSeconds),
            Notes.NotServed(runs)
        );

    private static (string Name, IReadOnlyList<double> Values)[] Values(
        IReadOnlyList<PlotRun> runs,
        Func<RequestPoint, double> value
    ) => [.. runs.Select(run => (run.Name, (IReadOnlyList<double>)[.. run.Requests.Select(value)]))];

    /// <summary>From 0 at the smallest value, up by 1 / n at each.</summary>
    private static Coordinates[] Steps(double[] sorted, AxisScale x)
    {
        var steps = sorted.Select(
            (value, i) => new Coordinates(x.Map(value), 100.0 * (i + 1) / sorted.Length)
        );
        return [new Coordinates(x.Map(sorted[0]), 0), .. Thinning.Thin([.. steps])];
    }
}
