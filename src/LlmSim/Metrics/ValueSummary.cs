namespace LlmSim.Metrics;

/// <summary>
/// A summary of the values of one quantity, non-negative, in any number. Up to <see cref="MaxExactValues" /> of them are kept
/// and the percentiles are exact; beyond, they come from a <see cref="QuantileSketch" /> and the memory no longer grows.
/// </summary>
internal sealed class ValueSummary
{
    /// <summary>So many values are kept.</summary>
    public const int MaxExactValues = 64 * KeptBlock;

    private const int KeptBlock = 15_625;

    /// <summary>So many values go to the sketch together, small enough to stay near the processor until then.</summary>
    private const int SketchedBlock = 1000;

    private readonly QuantileSketch _sketch = new();

    /// <summary>The values but the latest, in blocks, so that they are not copied to make room; null when they are not kept.</summary>
    private List<double[]>? _kept = [];

    private double[] _latest = new double[KeptBlock];
    private int _latestCount;
    private Moments _moments;

    /// <summary>Whether there are more values than are kept.</summary>
    public bool IsSketched => _kept is null;

    public void Add(double value)
    {
        _moments.Add(value);
        if (_latestCount == _latest.Length)
        {
            PutLatestAway();
        }

        _latest[_latestCount++] = value;
    }

    public Distribution Summarize()
    {
        if (_kept is not null)
        {
            return Distribution.Of(_moments, ranks => ValuesAt(ranks, [.. _kept, LatestValues()]));
        }

        _sketch.Add(LatestValues());
        _latestCount = 0;
        return Distribution.Of(_moments, _sketch.ValuesAt);
    }

    private double[] LatestValues() => _latest[.._latestCount];

    private void PutLatestAway()
    {
        _latestCount = 0;
        if (_kept is null)
        {
            _sketch.Add(_latest);
            return;
        }

        _kept.Add(_latest);
        if (_kept.Count * KeptBlock < MaxExactValues)
        {
            _latest = new double[KeptBlock];
            return;
        }

        _kept.ForEach(values => _sketch.Add(values));
        _kept = null;
        _latest = new double[SketchedBlock];
    }

    /// <summary>A sketch says in which bucket a rank is: only the values of a few buckets have to be sorted.</summary>
    private static double[] ValuesAt(long[] ranks, List<double[]> blocks)
    {
        var sketch = new QuantileSketch();
        blocks.ForEach(values => sketch.Add(values));
        var places = Array.ConvertAll(ranks, sketch.Find);
        var buckets = new List<double>?[QuantileSketch.Buckets];
        foreach (var (bucket, _) in places)
        {
            buckets[bucket] = [];
        }

        foreach (var values in blocks)
        {
            foreach (var value in values)
            {
                buckets[QuantileSketch.BucketOf(value)]?.Add(value);
            }
        }

        foreach (var bucket in buckets)
        {
            bucket?.Sort();
        }

        return Array.ConvertAll(places, place => buckets[place.Bucket]![(int)place.RankInBucket]);
    }
}
