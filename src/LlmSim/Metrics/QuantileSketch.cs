namespace LlmSim.Metrics;

/// <summary>
/// Quantiles of any number of seconds from counts in buckets that are 1/1024 of a power of two wide: a value is known by its
/// exponent and the first ten bits of its fraction, and is off by at most 1/2048 of itself. The powers go from a nanosecond to
/// the end of the simulated clock; what is less than a nanosecond counts as zero.
/// </summary>
internal sealed class QuantileSketch
{
    /// <summary>Most that a quantile is off, relative to itself.</summary>
    public const double RelativeError = 1.0 / (1 << (FractionBits + 1));

    private const int FractionBits = 10;
    private const int Shift = 52 - FractionBits;
    private const int LeastExponent = -30;
    private const int Powers = 64;
    private const int BucketInPower = (1 << FractionBits) - 1;

    /// <summary>What the bits of the least value that is not zero begin with, less the bucket of zero.</summary>
    private const int Offset = ((1023 + LeastExponent) << FractionBits) - 1;

    /// <summary>Buckets that there are.</summary>
    public const int Buckets = 1 + (Powers << FractionBits);

    /// <summary>Counts by power of two, each made with its first value: most runs have values of few powers.</summary>
    private readonly long[]?[] _powers = new long[]?[(Buckets >> FractionBits) + 1];

    /// <summary>Bucket of a value from 0 on: buckets are in the order of the values.</summary>
    public static int BucketOf(double value) =>
        Math.Clamp((int)(BitConverter.DoubleToInt64Bits(value) >> Shift) - Offset, 0, Buckets - 1);

    /// <summary>The least value of a bucket.</summary>
    public static double LeastOf(int bucket) =>
        bucket == 0 ? 0 : BitConverter.Int64BitsToDouble((long)(bucket + Offset) << Shift);

    public void Add(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            Add(value, 1);
        }
    }

    public void Add(double value, long count)
    {
        var bucket = BucketOf(value);
        (_powers[bucket >> FractionBits] ??= new long[1 << FractionBits])[bucket & BucketInPower] += count;
    }

    /// <summary>The bucket that holds the value of a rank.</summary>
    /// <param name="rank">From 0 up to the number of values, exclusive.</param>
    public (int Bucket, long RankInBucket) Find(long rank)
    {
        for (var power = 0; ; power++)
        {
            var counts = _powers[power] ?? [];
            for (var i = 0; i < counts.Length; i++)
            {
                if (rank < counts[i])
                {
                    return ((power << FractionBits) + i, rank);
                }

                rank -= counts[i];
            }
        }
    }

    /// <summary>The values of ranks, within <see cref="RelativeError" />.</summary>
    public double[] ValuesAt(long[] ranks) =>
        Array.ConvertAll(
            ranks,
            rank =>
            {
                var (bucket, _) = Find(rank);
                return bucket == 0 ? 0 : (LeastOf(bucket) + LeastOf(bucket + 1)) / 2;
            }
        );
}
