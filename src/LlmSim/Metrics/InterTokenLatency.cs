using LlmSim.Kernel;

namespace LlmSim.Metrics;

/// <summary>
/// Gaps between consecutive tokens of a request. There are millions of them, so they go to a sketch whose percentiles are
/// within 0.05 %; mean and standard deviation are exact.
/// </summary>
internal sealed class InterTokenLatency
{
    private readonly QuantileSketch _sketch = new();
    private Moments _moments;

    /// <summary>Records one gap so many times, or never.</summary>
    public void Record(SimTime gap, long count)
    {
        if (count == 0)
        {
            return;
        }

        _moments.Add(gap.Seconds, count);
        _sketch.Add(gap.Seconds, count);
    }

    /// <summary>Records the gaps first, first + growth, … each so many times: at the cost of the buckets that they fall into.</summary>
    /// <param name="firstSeconds">The first gap.</param>
    /// <param name="growthSeconds">What each further one is longer.</param>
    /// <param name="length">How many different gaps; none is allowed.</param>
    /// <param name="count">How often each; none is allowed.</param>
    public void RecordSeries(double firstSeconds, double growthSeconds, int length, long count)
    {
        if (length == 0 || count == 0)
        {
            return;
        }

        _moments.AddSeries(firstSeconds, growthSeconds, length, count);
        for (var done = 0; done < length; )
        {
            var gap = firstSeconds + (done * growthSeconds);
            var bucket = QuantileSketch.BucketOf(gap);
            var room = growthSeconds switch
            {
                > 0 => QuantileSketch.LeastOf(bucket + 1) - gap,
                < 0 => gap - QuantileSketch.LeastOf(bucket),
                _ => double.PositiveInfinity,
            };
            var inBucket = (int)Math.Clamp(Math.Ceiling(room / Math.Abs(growthSeconds)), 1, length - done);
            _sketch.Add(gap, inBucket * count);
            done += inBucket;
        }
    }

    public Distribution Summarize() => Distribution.Of(_moments, _sketch.ValuesAt);
}
