using System.Globalization;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A figure of whole runs against the arrival rate, one line for each combination of the other options.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it shows.</param>
/// <param name="YLabel">Quantity and unit.</param>
/// <param name="Value">The figure of a run.</param>
/// <param name="IsPercent">Whether it ends at 100.</param>
/// <param name="SloOption">The option that has its SLO in seconds; null for none.</param>
internal sealed record RateFigure(
    string Name,
    string Title,
    string YLabel,
    Func<SummaryPoint, double> Value,
    bool IsPercent = false,
    string? SloOption = null
);

/// <summary>Draws figures of whole runs against the arrival rate.</summary>
internal static class RatePicture
{
    /// <summary>The pictures that summaries have.</summary>
    public static IReadOnlyList<RateFigure> All { get; } =
    [
        new(
            "goodput",
            "Goodput against arrival rate",
            "goodput (requests/s that meet both SLOs)",
            point => point.GoodputRequestsPerSecond
        ),
        Attainment("attainment", "both SLOs", point => point.BothAttainmentPercent),
        Attainment("ttft_attainment", "the TTFT SLO", point => point.TtftAttainmentPercent),
        Attainment("tpot_attainment", "the TPOT SLO", point => point.TpotAttainmentPercent),
        Latency("ttft", "TTFT", point => point.TtftP99Seconds, "ttft_slo"),
        Latency("tpot", "TPOT", point => point.TpotP99Seconds, "tpot_slo"),
        Latency("e2e", "end-to-end latency", point => point.EndToEndP99Seconds, slo: null),
    ];

    public static Plot? Goodput(IReadOnlyList<SummaryPoint> points) => Draw(All[0], points);

    private static RateFigure Attainment(string name, string slo, Func<SummaryPoint, double> value) =>
        new(
            name,
            $"Attainment of {slo} against arrival rate",
            $"requests that meet {slo} (%)",
            value,
            IsPercent: true
        );

    private static RateFigure Latency(
        string name,
        string quantity,
        Func<SummaryPoint, double> value,
        string? slo
    ) =>
        new(
            $"{name}_p99",
            $"P99 of the {quantity} against arrival rate",
            $"P99 {quantity} (s)",
            value,
            SloOption: slo
        );

    /// <summary>The picture, or null when no run has the figure and a rate.</summary>
    /// <param name="figure">What is drawn.</param>
    /// <param name="points">The runs.</param>
    /// <param name="areBands">Whether intervals over seeds are bands rather than bars.</param>
    public static Plot? Draw(RateFigure figure, IReadOnlyList<SummaryPoint> points, bool areBands = false)
    {
        var (names, followers) = Options(points);
        var lines = Lines(points, names, figure.Value);
        if (lines.Count == 0)
        {
            return null;
        }

        var drawn = lines.SelectMany(line => line.Points).ToArray();
        var plot = PictureStyle.NewPlot(
            figure.Title,
            "arrival rate (requests/s)",
            figure.YLabel,
            drawn.Any(point => point.Values.Count > 1) ? "each point is the mean over its seeds" : null,
            followers.Length > 0 ? $"with the rate vary {string.Join(", ", followers)}" : null
        );
        var y = drawn.SelectMany(point => point.Values);
        var scale =
            figure.IsPercent ? AxisScale.PercentUpTo100(y)
            : figure.Name.EndsWith("_p99", StringComparison.Ordinal) ? AxisScale.For(y)
            : AxisScale.Linear(y);
        MeanLine.Draw(
            plot,
            lines,
            AxisScale.Linear(drawn.Select(point => point.X)),
            scale,
            hasIntervals: true,
            areBands,
            Slo(figure, points)
        );
        return plot;
    }

    /// <summary>The one SLO of all runs; null where they differ, or a file does not say.</summary>
    private static double? Slo(RateFigure figure, IReadOnlyList<SummaryPoint> points) =>
        figure.SloOption is { } option
        && points.Select(point => point.Option(option)).Distinct().ToArray() is [var only]
        && double.TryParse(only, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : null;

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
