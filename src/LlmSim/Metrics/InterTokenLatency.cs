using HdrHistogram;
using LlmSim.Engine;

namespace LlmSim.Metrics;

/// <summary>
/// Gaps between consecutive tokens of a request. There are millions of them, so they go to a histogram whose
/// percentiles are within 0.1 %; mean and standard deviation are exact.
/// </summary>
internal sealed class InterTokenLatency
{
    private const int SignificantDigits = 3;
    private static readonly long s_highestNanoseconds = (long)1e15;
    private readonly LongHistogram _histogram = new(s_highestNanoseconds, SignificantDigits);
    private long _count;
    private double _mean;
    private double _squares;

    public void Record(SimTime gap, long count)
    {
        _histogram.RecordValueWithCount(Math.Clamp(gap.Nanoseconds, 1, s_highestNanoseconds), count);
        _count += count;
        var delta = gap.Seconds - _mean;
        _mean += delta * count / _count;
        _squares += delta * (gap.Seconds - _mean) * count;
    }

    public Distribution Summarize() =>
        _count == 0
            ? Distributions.Empty
            : new Distribution(
                _count,
                _mean,
                Math.Sqrt(_squares / (_count - 1)),
                Percentile(25),
                Percentile(50),
                Percentile(75),
                Percentile(90),
                Percentile(95),
                Percentile(99)
            );

    private double Percentile(double percent) =>
        new SimTime(_histogram.GetValueAtPercentile(percent)).Seconds;
}
