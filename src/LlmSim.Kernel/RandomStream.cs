using System.Numerics;
using System.Text;

namespace LlmSim.Kernel;

/// <summary>
/// A named stream of random numbers derived from the run's one seed. Streams of different names are independent, so
/// drawing more from one (another policy, say) never shifts another (the arrivals). The generator is xoshiro256**
/// (Blackman and Vigna, 2018) seeded by SplitMix64: the same numbers on every version of .NET and every machine.
/// </summary>
#pragma warning disable RS0030 // It derives from Random so that MathNet's samplers accept it; every draw is overridden.
public sealed class RandomStream : Random
#pragma warning restore RS0030
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>The stream of this name under this seed.</summary>
    public RandomStream(long seed, string name)
    {
        var state = unchecked((ulong)seed) ^ Fnv1a(name);
        _s0 = SplitMix64(ref state);
        _s1 = SplitMix64(ref state);
        _s2 = SplitMix64(ref state);
        _s3 = SplitMix64(ref state);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), with 53 random bits.</summary>
    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="maxValue" />), without bias (Lemire, 2019).</summary>
    public override int Next(int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxValue);
        var range = (ulong)maxValue;
        var high = Math.BigMul(NextBits(), range, out var low);
        if (low < range)
        {
            var threshold = unchecked(0UL - range) % range;
            while (low < threshold)
            {
                high = Math.BigMul(NextBits(), range, out low);
            }
        }

        return (int)high;
    }

    /// <summary>Uniform in [0, 2^31 − 1).</summary>
    public override int Next() => Next(int.MaxValue);

    /// <summary>Uniform in [<paramref name="minValue" />, <paramref name="maxValue" />).</summary>
    public override int Next(int minValue, int maxValue) =>
        checked(minValue + Next(checked(maxValue - minValue)));

    /// <summary>Uniform in [0, 2^63).</summary>
    public override long NextInt64() => (long)(NextBits() >> 1);

    /// <summary>Fills the buffer with random bytes.</summary>
    public override void NextBytes(Span<byte> buffer)
    {
        foreach (ref var value in buffer)
        {
            value = (byte)(NextBits() >> 56);
        }
    }

    /// <summary>Fills the buffer with random bytes.</summary>
    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    /// <summary>Exponential with the given rate, by inversion.</summary>
    /// <param name="rate">Events per unit of time, above 0.</param>
    public double NextExponential(double rate) => -Math.Log(1 - NextDouble()) / rate;

    /// <summary>Puts values in an order at random, each order as likely (Fisher and Yates, in Durstenfeld's form).</summary>
    /// <remarks>Not Random.Shuffle: which order comes of which numbers must not depend on the version of .NET.</remarks>
    public void Permute<T>(Span<T> values)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = Next(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    /// <inheritdoc />
    protected override double Sample() => NextDouble();

    private static ulong Fnv1a(string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ octet) * 1099511628211UL;
        }

        return hash;
    }

    private static ulong SplitMix64(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
