using System.Buffers;

namespace LlmSim.Metrics;

/// <summary>
/// A summary of the values of one quantity, non-negative, in any number. Up to <see cref="MaxExactValues" /> of them are kept
/// and the percentiles are exact; beyond, they come from a <see cref="QuantileSketch" /> and the memory no longer grows.
/// </summary>
internal sealed class ValueSummary
{
    /// <summary>So many values are kept.</summary>
    public const int MaxExactValues = 64 * FirstBlock;

    private const int FirstBlock = 15_625;

    /// <summary>So many values are sorted.</summary>
    private const int FewValues = 256;

    /// <summary>So many values go to the sketch together, few enough to stay near the processor until then.</summary>
    private const int SketchedBlock = 1000;

    private readonly QuantileSketch _sketch = new();

    /// <summary>
    /// The values but the latest. Each block is as large as all before it, so that no value is ever copied, and comes from a pool, so
    /// that the next run of a sweep uses its memory again.
    /// </summary>
    private readonly List<ArraySegment<double>> _kept = [];

    /// <summary>The block that is being filled.</summary>
    private ArraySegment<double> _latest = Rent(FirstBlock);

    private int _latestCount;
    private Moments _moments;

    /// <summary>Whether there are more values than are kept.</summary>
    public bool IsSketched { get; private set; }

    private Span<double> LatestValues => _latest.AsSpan(0, _latestCount);

    public void Add(double value)
    {
        _moments.Add(value);
        if (_latestCount == _latest.Count)
        {
            PutLatestAway();
        }

        _latest.Array![_latestCount++] = value;
    }

    /// <summary>The summary. It ends this object's life: the memory of the values is given back.</summary>
    public Distribution Summarize()
    {
        var summary = _moments.Count <= FewValues ? OfFew() : OfMany();
        _kept.ForEach(GiveBack);
        GiveBack(_latest);
        (_latest, _latestCount) = ([], 0);
        return summary;
    }

    /// <summary>To sort a few values takes less than to look through the buckets of a sketch.</summary>
    private Distribution OfFew()
    {
        LatestValues.Sort();
        return Distribution.Of(_moments, ranks => Array.ConvertAll(ranks, rank => LatestValues[(int)rank]));
    }

    private Distribution OfMany()
    {
        _kept.ForEach(block => _sketch.Add(block));
        _sketch.Add(LatestValues);
        return Distribution.Of(_moments, IsSketched ? _sketch.ValuesAt : ExactValuesAt);
    }

    private static ArraySegment<double> Rent(int count) =>
        new(ArrayPool<double>.Shared.Rent(count), 0, count);

    private static void GiveBack(ArraySegment<double> block) => ArrayPool<double>.Shared.Return(block.Array!);

    private void PutLatestAway()
    {
        if (IsSketched)
        {
            _sketch.Add(LatestValues);
            _latestCount = 0;
            return;
        }

        _kept.Add(_latest);
        var count = _kept.Sum(block => block.Count);
        IsSketched = count == MaxExactValues;
        if (IsSketched)
        {
            _kept.ForEach(block => _sketch.Add(block));
            _kept.ForEach(GiveBack);
            _kept.Clear();
        }

        (_latest, _latestCount) = (Rent(IsSketched ? SketchedBlock : count), 0);
    }

    /// <summary>The sketch says in which bucket a rank is: only the values of a few buckets have to be sorted.</summary>
    private double[] ExactValuesAt(long[] ranks)
    {
        var places = Array.ConvertAll(ranks, _sketch.Find);
        var valuesOf = new Dictionary<int, List<double>>();
        var isWanted = new bool[QuantileSketch.Buckets];
        foreach (var (bucket, _) in places)
        {
            isWanted[bucket] = true;
            valuesOf[bucket] = [];
        }

        _kept.ForEach(block => Collect(block));
        Collect(LatestValues);
        foreach (var values in valuesOf.Values)
        {
            values.Sort();
        }

        return Array.ConvertAll(places, place => valuesOf[place.Bucket][(int)place.RankInBucket]);

        void Collect(ReadOnlySpan<double> values)
        {
            foreach (var value in values)
            {
                var bucket = QuantileSketch.BucketOf(value);
                if (isWanted[bucket])
                {
                    valuesOf[bucket].Add(value);
                }
            }
        }
    }
}
