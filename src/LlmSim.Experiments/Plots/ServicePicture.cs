using LlmSim.Metrics;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A request as the picture of a service sees it.</summary>
/// <param name="ArrivalSeconds">When it was first sent.</param>
/// <param name="EndSeconds">When it had all its tokens; NaN when it never had.</param>
/// <param name="Class">Its class; null when it has none.</param>
/// <param name="IsMet">Whether it met its SLOs.</param>
internal readonly record struct ServicePoint(
    double ArrivalSeconds,
    double EndSeconds,
    string? Class,
    bool IsMet
);

/// <summary>
/// Load, instances and attainment over time, one strip each: what came, what was in the cluster, which instances were ready, and how many of the
/// requests of each class that came then met their SLOs.
/// </summary>
internal static class ServicePicture
{
    private const int Bins = 120;

    /// <summary>The picture; null for a run without classes and with instances that live for ever.</summary>
    public static Plot? Draw(IReadOnlyList<ServicePoint> points, RunSummary summary)
    {
        if (points.Count < 2 || (summary.Fleet is null && summary.Service?.Classes.Count is null or 0))
        {
            return null;
        }

        var start = points.Min(point => point.ArrivalSeconds);
        var end = points.Max(point =>
            double.IsNaN(point.EndSeconds) ? point.ArrivalSeconds : point.EndSeconds
        );
        if (end <= start)
        {
            return null;
        }

        var strips = new List<(string Name, StepLine Line, double? Highest)>
        {
            ("arrivals/s", Rate(points, start, end), null),
            ("requests in the cluster", InCluster(points).Binned(Bins, start, end), null),
        };
        if (summary.Fleet is { } fleet)
        {
            strips.AddRange(
                summary
                    .Instances.GroupBy(instance => instance.Stage)
                    .Select(stage =>
                        (
                            $"{stage.Key} instances ready",
                            Ready(fleet.Events, stage.Key, stage.Count(), start, end),
                            (double?)stage.Count()
                        )
                    )
            );
        }

        strips.AddRange(
            points
                .GroupBy(point => point.Class)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group =>
                    (
                        group.Key is null ? "% that met SLOs" : $"% of {group.Key} that met SLOs",
                        Attainment([.. group], start, end),
                        (double?)100
                    )
                )
        );
        var faults = summary.Fleet?.Disturbances ?? [];
        return StripPicture.Draw(
            "Load, instances and attainment over time",
            faults.Count > 0
                ? "from 0 to what its name says; dashed lines: faults begin"
                : "from 0 to what its name says",
            [
                .. strips
                    .Take(StripPicture.MaxStrips)
                    .Select((strip, i) => Strip(strip.Name, strip.Line, strip.Highest, i)),
            ],
            faults
        );
    }

    private static Strip Strip(string name, StepLine line, double? highest, int color)
    {
        var most = highest ?? (line.Values.Max() is > 0 and var largest ? largest : 1);
        return new Strip($"{name}, to {AxisScale.Label(most, digits: 2)}", line, most, color);
    }

    private static StepLine Rate(IEnumerable<ServicePoint> points, double start, double end)
    {
        var width = (end - start) / Bins;
        var counts = new double[Bins];
        foreach (var point in points)
        {
            counts[Bin(point, start, width)] += 1 / width;
        }

        return Line(counts, start, width);
    }

    private static StepLine InCluster(IEnumerable<ServicePoint> points) =>
        StepLine.Count(
            points
                .Where(point => point.EndSeconds > point.ArrivalSeconds)
                .Select(point => (point.ArrivalSeconds, point.EndSeconds))
                .DefaultIfEmpty((0, 1))
        );

    /// <summary>Of requests that came in a bin; a bin without any is as the one before it.</summary>
    private static StepLine Attainment(ServicePoint[] points, double start, double end)
    {
        var width = (end - start) / Bins;
        var (all, met) = (new double[Bins], new double[Bins]);
        foreach (var point in points)
        {
            all[Bin(point, start, width)]++;
            met[Bin(point, start, width)] += point.IsMet ? 1 : 0;
        }

        var shares = new double[Bins];
        for (var bin = 0; bin < Bins; bin++)
        {
            shares[bin] =
                all[bin] > 0 ? 100 * met[bin] / all[bin]
                : bin > 0 ? shares[bin - 1]
                : 100;
        }

        return Line(shares, start, width);
    }

    /// <summary>Instances that were ready: all of them at the start, but for what happened then.</summary>
    private static StepLine Ready(
        IEnumerable<LifecycleEvent> events,
        string stage,
        int instances,
        double start,
        double end
    )
    {
        var notReady = new HashSet<int>();
        var edges = new List<double> { Math.Min(start, 0) };
        var values = new List<double>();
        foreach (var change in events.Where(change => change.Stage == stage))
        {
            values.Add(instances - notReady.Count);
            edges.Add(change.AtSeconds);
            if (change.State == InstanceState.Ready)
            {
                notReady.Remove(change.Instance);
            }
            else
            {
                notReady.Add(change.Instance);
            }
        }

        values.Add(instances - notReady.Count);
        edges.Add(Math.Max(end, edges[^1]));
        return new StepLine([.. edges], [.. values]).Binned(4 * Bins, start, end);
    }

    private static int Bin(in ServicePoint point, double start, double width) =>
        Math.Clamp((int)((point.ArrivalSeconds - start) / width), 0, Bins - 1);

    private static StepLine Line(double[] values, double start, double width) =>
        new([.. Enumerable.Range(0, values.Length + 1).Select(edge => start + (edge * width))], values);
}
