using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A figure of whole runs against the arrival rate, one line for each combination of the other options.</summary>
internal static class RatePicture
{
    /// <summary>By so much the first series is larger than the last.</summary>
    private const float MoreLineWidth = 3.6f;
    private const float MoreMarkerSize = 8;

    public static Plot? Goodput(IReadOnlyList<SummaryPoint> points) =>
        Draw(
            "Goodput against arrival rate",
            "goodput (requests/s that meet both SLOs)",
            points,
            point => point.GoodputRequestsPerSecond,
            isPercent: false
        );

    public static Plot? BothAttainment(IReadOnlyList<SummaryPoint> points) =>
        Attainment("both SLOs", points, point => point.BothAttainmentPercent);

    public static Plot? TtftAttainment(IReadOnlyList<SummaryPoint> points) =>
        Attainment("the TTFT SLO", points, point => point.TtftAttainmentPercent);

    public static Plot? TpotAttainment(IReadOnlyList<SummaryPoint> points) =>
        Attainment("the TPOT SLO", points, point => point.TpotAttainmentPercent);

    private static Plot? Attainment(
        string slo,
        IReadOnlyList<SummaryPoint> points,
        Func<SummaryPoint, double> value
    ) =>
        Draw(
            $"Attainment of {slo} against arrival rate",
            $"requests that meet {slo} (%)",
            points,
            value,
            isPercent: true
        );

    private static Plot? Draw(
        string title,
        string yLabel,
        IReadOnlyList<SummaryPoint> points,
        Func<SummaryPoint, double> value,
        bool isPercent
    )
    {
        var series = Series(points, value);
        var drawn = series.SelectMany(one => one.Points).ToArray();
        if (drawn.Length == 0)
        {
            return null;
        }

        var isMean = drawn.Length < points.Count ? "each point is the mean over its runs" : null;
        var plot = PictureStyle.NewPlot(title, "arrival rate (requests/s)", yLabel, isMean);
        for (var i = 0; i < series.Count; i++)
        {
            var line = plot.Add.Scatter(
                series[i].Points.Select(point => new Coordinates(point.X, point.Y)).ToArray()
            );
            line.LegendText = series[i].Name;
            line.Color = PictureStyle.ColorOf(i);
            line.MarkerStyle = PictureStyle.MarkerOf(i);
            // The first are the largest, so that the last ones do not hide equal ones.
            var covered = (series.Count - 1 - i) / Math.Max(1f, series.Count - 1);
            line.LineWidth = PictureStyle.LineWidth + (covered * MoreLineWidth);
            line.MarkerSize += covered * MoreMarkerSize;
        }

        AxisScale.Linear(drawn.Select(point => point.X)).ApplyTo(plot.Axes.Bottom);
        var y = drawn.Select(point => point.Y);
        (isPercent ? AxisScale.PercentUpTo100(y) : AxisScale.Linear(y)).ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, series.Count);
        return plot;
    }

    private static List<NamedSeries> Series(
        IReadOnlyList<SummaryPoint> points,
        Func<SummaryPoint, double> value
    )
    {
        var varying = VaryingOptions(points);
        return
        [
            .. points
                .GroupBy(point => Name(point, varying), StringComparer.Ordinal)
                .Select(group =>
                {
                    var means = group
                        .GroupBy(point => point.RequestsPerSecondOffered)
                        .OrderBy(rate => rate.Key)
                        .Select(rate => (Rate: rate.Key, Mean: rate.Average(value)))
                        .ToArray();
                    return new NamedSeries(
                        group.Key,
                        [.. means.Select(mean => mean.Rate)],
                        [.. means.Select(mean => mean.Mean)]
                    );
                }),
        ];
    }

    /// <summary>Options that have one value in all rows would only make names long.</summary>
    private static string[] VaryingOptions(IReadOnlyList<SummaryPoint> points) =>
        [
            .. points
                .SelectMany(point => point.Configuration)
                .GroupBy(option => option.Key, StringComparer.Ordinal)
                .Where(option =>
                    option.Select(pair => pair.Value).Distinct(StringComparer.Ordinal).Count() > 1
                )
                .Select(option => option.Key),
        ];

    private static string Name(SummaryPoint point, string[] varying) =>
        string.Join(", ", varying.Select(option => $"{option} {point.Configuration[option]}"));
}
