using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LlmSim.Kernel;

/// <summary>
/// A point on the simulated clock, or a distance between two points, in whole nanoseconds.
/// Whole numbers make sums exact and independent of their order, so that equal runs give equal bytes.
/// </summary>
/// <param name="Nanoseconds">Nanoseconds since the start of the simulation; the range is about ±292 years.</param>
public readonly record struct SimTime(long Nanoseconds) : IComparable<SimTime>
{
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>The start of the simulation, and the empty duration.</summary>
    public static SimTime Zero => default;

    /// <summary>A time later than any event.</summary>
    public static SimTime MaxValue => new(long.MaxValue);

    /// <summary>This time in seconds.</summary>
    public double Seconds => Nanoseconds / NanosecondsPerSecond;

    /// <summary>Seconds to ticks, rounded to the nearest.</summary>
    /// <param name="seconds">Seconds, from 0 to about 9.2e9.</param>
    /// <exception cref="ArgumentOutOfRangeException">NaN or negative.</exception>
    /// <exception cref="ClockRangeException">Beyond the clock's range.</exception>
    public static SimTime FromSeconds(double seconds) => FromNanoseconds(seconds * NanosecondsPerSecond);

    /// <summary>Nanoseconds to ticks, rounded to the nearest: the one place where floating time becomes simulated time.</summary>
    /// <param name="nanoseconds">Nanoseconds, from 0 to about 9.2e18.</param>
    /// <exception cref="ArgumentOutOfRangeException">NaN or negative.</exception>
    /// <exception cref="ClockRangeException">Beyond the clock's range.</exception>
    public static SimTime FromNanoseconds(double nanoseconds)
    {
        // The comparison is false for NaN as well.
        if (!(nanoseconds >= 0 && nanoseconds < long.MaxValue))
        {
            ThrowNoTime(nanoseconds / NanosecondsPerSecond);
        }

        return new SimTime(double.ConvertToIntegerNative<long>(Math.Round(nanoseconds)));
    }

    /// <inheritdoc />
    public int CompareTo(SimTime other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Sum.</summary>
    /// <exception cref="ClockRangeException">Beyond the clock's range.</exception>
    public static SimTime operator +(SimTime left, SimTime right)
    {
        var sum = left.Nanoseconds + right.Nanoseconds;
        if (((left.Nanoseconds ^ sum) & (right.Nanoseconds ^ sum)) < 0)
        {
            ThrowBeyond(left.Seconds + right.Seconds);
        }

        return new SimTime(sum);
    }

    /// <summary>Difference; an overflow throws.</summary>
    public static SimTime operator -(SimTime left, SimTime right) =>
        new(checked(left.Nanoseconds - right.Nanoseconds));

    /// <summary>Earlier than.</summary>
    public static bool operator <(SimTime left, SimTime right) => left.Nanoseconds < right.Nanoseconds;

    /// <summary>Later than.</summary>
    public static bool operator >(SimTime left, SimTime right) => left.Nanoseconds > right.Nanoseconds;

    /// <summary>Not later than.</summary>
    public static bool operator <=(SimTime left, SimTime right) => left.Nanoseconds <= right.Nanoseconds;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(SimTime left, SimTime right) => left.Nanoseconds >= right.Nanoseconds;

    /// <summary>A separate method, so that <see cref="FromSeconds" /> can be inlined.</summary>
    [DoesNotReturn]
    private static void ThrowNoTime(double seconds) =>
        throw (
            seconds > 0
                ? new ClockRangeException(seconds)
                : new ArgumentOutOfRangeException(
                    nameof(seconds),
                    seconds,
                    "A simulated time must be a number of seconds from 0."
                )
        );

    [DoesNotReturn]
    private static void ThrowBeyond(double seconds) => throw new ClockRangeException(seconds);

    /// <summary>Seconds with the unit, in the invariant culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seconds} s");
}
