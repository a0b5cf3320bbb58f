namespace LlmSim.Experiments.Plots;

/// <summary>How many intervals cover each moment: exact where they are few, means over bins where they are many.</summary>
/// <param name="EdgesSeconds">Where steps begin and end, one more than <paramref name="Values" />.</param>
/// <param name="Values">The number, or mean number, of intervals over each step.</param>
internal sealed record StepLine(double[] EdgesSeconds, double[] Values)
{
    /// <summary>Counts intervals.</summary>
    /// <param name="intervals">Starts and ends in seconds.</param>
    /// <param name="maxSteps">With more steps than these, the means over as many bins are given.</param>
    /// <param name="startSeconds">Where the bins begin.</param>
    /// <param name="endSeconds">Where the bins end.</param>
    public static StepLine Count(
        IEnumerable<(double Start, double End)> intervals,
        int maxSteps,
        double startSeconds,
        double endSeconds
    )
    {
        var exact = Exact(intervals);
        return exact.Values.Length <= maxSteps ? exact : exact.Binned(maxSteps, startSeconds, endSeconds);
    }

    private static StepLine Exact(IEnumerable<(double Start, double End)> intervals)
    {
        var changes = new SortedDictionary<double, int>();
        foreach (var (start, end) in intervals)
        {
            changes[start] = changes.GetValueOrDefault(start) + 1;
            changes[end] = changes.GetValueOrDefault(end) - 1;
        }

        // Where one interval ends as the next begins, nothing changes.
        var edges = changes.Where(change => change.Value != 0).ToArray();
        var values = new double[Math.Max(0, edges.Length - 1)];
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            count += edges[i].Value;
            values[i] = count;
        }

        return new StepLine([.. edges.Select(edge => edge.Key)], values);
    }

    private StepLine Binned(int bins, double start, double end)
    {
        var width = (end - start) / bins;
        var means = new double[bins];
        for (var i = 0; i < Values.Length; i++)
        {
            var first = Bin(EdgesSeconds[i]);
            var last = Bin(EdgesSeconds[i + 1]);
            for (var bin = first; bin <= last; bin++)
            {
                var covered =
                    Math.Min(EdgesSeconds[i + 1], start + ((bin + 1) * width))
                    - Math.Max(EdgesSeconds[i], start + (bin * width));
                means[bin] += Values[i] * Math.Max(0, covered) / width;
            }
        }

        return new StepLine([.. Enumerable.Range(0, bins + 1).Select(bin => start + (bin * width))], means);

        int Bin(double seconds) => Math.Clamp((int)((seconds - start) / width), 0, bins - 1);
    }
}
