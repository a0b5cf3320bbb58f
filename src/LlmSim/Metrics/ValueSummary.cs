namespace LlmSim.Metrics;

/// <summary>
/// A summary of the values of one quantity, non-negative, in any number. Up to <see cref="MaxExactValues" /> of them are kept
/// and the percentiles are exact; beyond, they come from a <see cref="QuantileSketch" /> and the memory no longer grows.
/// </summary>
internal sealed class ValueSummary
{
    /// <summary>So many values are kept.</summary>
    public const int MaxExactValues = 1_000_000;

    private readonly QuantileSketch _sketch = new();
    private List<double>? _values = [];
    private Moments _moments;

    /// <summary>Whether there are more values than are kept.</summary>
    public bool IsSketched => _values is null;

    public void Add(double value)
    {
        _moments.Add(value);
        if (_values is null)
        {
            _sketch.Add(value, 1);
        }
        else if (_values.Count < MaxExactValues)
        {
            _values.Add(value);
        }
        else
        {
            _sketch.Add(_values);
            _sketch.Add(value, 1);
            _values = null;
        }
    }

    public Distribution Summarize() =>
        Distribution.Of(_moments, _values is null ? _sketch.ValueAt : ExactValues(_values));

    /// <summary>A sketch says in which bucket a rank is: only the values of a few buckets have to be sorted.</summary>
    private static Func<long, double> ExactValues(List<double> values)
    {
        var sketch = new QuantileSketch();
        sketch.Add(values);
        var buckets = new Dictionary<int, List<double>>();
        return rank =>
        {
            var (bucket, rankInBucket) = sketch.Find(rank);
            if (!buckets.TryGetValue(bucket, out var sorted))
            {
                sorted = values.FindAll(value => QuantileSketch.BucketOf(value) == bucket);
                sorted.Sort();
                buckets.Add(bucket, sorted);
            }

            return sorted[(int)rankInBucket];
        };
    }
}
