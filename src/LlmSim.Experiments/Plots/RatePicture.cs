using System.Globalization;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A figure of whole runs against the arrival rate, one line for each combination of the other options.</summary>
internal static class RatePicture
{
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
        var (names, followers) = Options(points);
        var lines = Lines(points, names, value);
        if (lines.Count == 0)
        {
            return null;
        }

        var drawn = lines.SelectMany(line => line.Points).ToArray();
        var plot = PictureStyle.NewPlot(
            title,
            "arrival rate (requests/s)",
            yLabel,
            drawn.Any(point => point.Values.Count > 1) ? "each point is the mean over its seeds" : null,
            followers.Length > 0 ? $"with the rate vary {string.Join(", ", followers)}" : null
        );
        var y = drawn.SelectMany(point => point.Values);
        MeanLine.Draw(
            plot,
            lines,
            AxisScale.Linear(drawn.Select(point => point.X)),
            isPercent ? AxisScale.PercentUpTo100(y) : AxisScale.Linear(y),
            hasIntervals: true
        );
        return plot;
    }

    private static List<MeanLine> Lines(
        IReadOnlyList<SummaryPoint> points,
        string[] names,
        Func<SummaryPoint, double> value
    ) =>
        [
            .. points
                .Where(point =>
                    double.IsFinite(value(point)) && double.IsFinite(point.RequestsPerSecondOffered)
                )
                .GroupBy(point => Name(point, names), StringComparer.Ordinal)
                .Select(line => new MeanLine(
                    line.Key,
                    [
                        .. line.GroupBy(point => point.RequestsPerSecondOffered)
                            .Select(rate => new MeanPoint(rate.Key, [.. rate.Select(value)])),
                    ]
                )),
        ];

    /// <summary>
    /// The options that tell lines apart, and numbers that follow the rate. An option with one value in all rows would only
    /// make names long; a number that has one value at each rate, as a count of requests often has, does not part a line.
    /// </summary>
    private static (string[] Names, string[] Followers) Options(IReadOnlyList<SummaryPoint> points)
    {
        var varying = points
            .SelectMany(point => point.Configuration.Keys)
            .Distinct()
            .Where(option => points.Select(point => point.Option(option)).Distinct().Skip(1).Any())
            .ToArray();
        var followers = Array.FindAll(
            varying,
            option =>
                points.All(point =>
                    double.TryParse(
                        point.Option(option),
                        NumberStyles.Float,
                        CultureInfo.InvariantCulture,
                        out _
                    )
                )
                && points
                    .GroupBy(point => point.RequestsPerSecondOffered)
                    .All(rate => !rate.Select(point => point.Option(option)).Distinct().Skip(1).Any())
        );
        return ([.. varying.Except(followers)], followers);
    }

    private static string Name(SummaryPoint point, string[] options) =>
        string.Join(
            ", ",
            options.Select(option =>
                $"{option} {(point.Option(option) is { Length: > 0 } text ? text : "none")}"
            )
        );
}
