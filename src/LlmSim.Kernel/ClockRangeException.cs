using System.Globalization;

namespace LlmSim.Kernel;

/// <summary>A time lies beyond the end of the simulated clock: something is far too large, or far too slow.</summary>
public sealed class ClockRangeException : Exception
{
    /// <summary>States which time it was, and where the clock ends.</summary>
    public ClockRangeException(double seconds)
        : base(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{seconds:G3} s are beyond the simulated clock, which ends after {SimTime.MaxValue.Seconds:G2} s (292 years)"
            )
        ) { }
}
