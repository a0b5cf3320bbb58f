namespace LlmSim.Metrics;

/// <summary>
/// Quantiles of any number of non-negative values from counts in buckets that are 1/1024 of a power of two wide: a value is
/// known by its exponent and the first ten bits of its fraction, and is off by at most 1/2048 of itself.
/// </summary>
internal sealed class QuantileSketch
{
    /// <summary>Most that a quantile is off, relative to itself.</summary>
    public const double RelativeError = 1.0 / (1 << (FractionBits + 1));

    private const int FractionBits = 10;
    private const int Shift = 52 - FractionBits;
    private const int BucketsPerPage = 1 << FractionBits;

    /// <summary>Counts by exponent, then by fraction; a page is made when its exponent first comes.</summary>
    private readonly long[]?[] _pages = new long[]?[1 << 11];

    public long Count { get; private set; }

    /// <summary>Bucket of a value: buckets are in the order of the values.</summary>
    public static int BucketOf(double value) => (int)(BitConverter.DoubleToInt64Bits(value) >> Shift);

    /// <summary>The least value of a bucket.</summary>
    public static double LeastOf(int bucket) => BitConverter.Int64BitsToDouble((long)bucket << Shift);

    public void Add(double value, long count)
    {
        // A sign bit would make a page number that there is not; negative zero is zero.
        var bucket = BucketOf(value + 0.0);
        var page = _pages[bucket >> FractionBits] ??= new long[BucketsPerPage];
        page[bucket & (BucketsPerPage - 1)] += count;
        Count += count;
    }

    /// <summary>The bucket that holds the value of a rank.</summary>
    /// <param name="rank">From 0 to <see cref="Count" /> − 1.</param>
    public (int Bucket, long RankInBucket) Find(long rank)
    {
        for (var exponent = 0; ; exponent++)
        {
            if (_pages[exponent] is not { } page)
            {
                continue;
            }

            for (var fraction = 0; fraction < BucketsPerPage; fraction++)
            {
                if (rank < page[fraction])
                {
                    return ((exponent << FractionBits) | fraction, rank);
                }

                rank -= page[fraction];
            }
        }
    }

    /// <summary>The value of a rank, within <see cref="RelativeError" />.</summary>
    public double ValueAt(long rank)
    {
        var (bucket, _) = Find(rank);
        return bucket == 0 ? 0 : (LeastOf(bucket) + LeastOf(bucket + 1)) / 2;
    }
}
