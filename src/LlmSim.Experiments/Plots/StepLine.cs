namespace LlmSim.Experiments.Plots;

/// <summary>A value that stays until it changes.</summary>
/// <param name="EdgesSeconds">Where steps begin and end, in order; one more than <paramref name="Values" />.</param>
/// <param name="Values">The value over each step.</param>
internal sealed record StepLine(double[] EdgesSeconds, double[] Values)
{
    public double StartSeconds => EdgesSeconds[0];

    public double EndSeconds => EdgesSeconds[^1];

    /// <summary>How many of the intervals cover each moment; there is at least one.</summary>
    public static StepLine Count(IEnumerable<(double Start, double End)> intervals)
    {
        var changes = new SortedDictionary<double, int>();
        foreach (var (start, end) in intervals)
        {
            changes[start] = changes.GetValueOrDefault(start) + 1;
            changes[end] = changes.GetValueOrDefault(end) - 1;
        }

        var edges = changes.Keys.ToArray();
        var values = new double[edges.Length - 1];
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            count += changes[edges[i]];
            values[i] = count;
        }

        return new StepLine(edges, values);
    }

    /// <summary>A sampled value, which stays until the next sample; there is at least one.</summary>
    public static StepLine Of(NamedSeries samples)
    {
        var points = samples.Points;
        return new StepLine(
            [.. points.Select(point => point.X)],
            [.. points.SkipLast(1).Select(point => point.Y)]
        );
    }

    /// <summary>The means over equal bins, with 0 outside the line.</summary>
    public StepLine Binned(int bins, double startSeconds, double endSeconds)
    {
        var width = (endSeconds - startSeconds) / bins;
        var means = new double[bins];
        for (var i = 0; i < Values.Length; i++)
        {
            for (var bin = BinOf(EdgesSeconds[i]); bin <= BinOf(EdgesSeconds[i + 1]); bin++)
            {
                var covered =
                    Math.Min(EdgesSeconds[i + 1], startSeconds + ((bin + 1) * width))
                    - Math.Max(EdgesSeconds[i], startSeconds + (bin * width));
                means[bin] += Values[i] * Math.Max(0, covered) / width;
            }
        }

        return new StepLine(
            [.. Enumerable.Range(0, bins + 1).Select(edge => startSeconds + (edge * width))],
            means
        );

        int BinOf(double seconds) => Math.Clamp((int)((seconds - startSeconds) / width), 0, bins - 1);
    }
}
