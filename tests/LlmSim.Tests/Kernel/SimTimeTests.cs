using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Kernel;

public sealed class SimTimeTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1_000_000_000)]
    [InlineData(1.4e-9, 1)]
    [InlineData(1.6e-9, 2)]
    [InlineData(9e9, 9_000_000_000_000_000_000)]
    public void Seconds_become_the_nearest_nanosecond(double seconds, long nanoseconds) =>
        Assert.Equal(nanoseconds, SimTime.FromSeconds(seconds).Nanoseconds);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1e-12)]
    public void Impossible_times_are_refused(double seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SimTime.FromSeconds(seconds));

    [Theory]
    [InlineData(1e10)]
    [InlineData(double.PositiveInfinity)]
    public void The_clock_ends(double seconds) =>
        Assert.Throws<ClockRangeException>(() => SimTime.FromSeconds(seconds));

    [Theory]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(long.MinValue, -1)]
    public void Sums_do_not_wrap_around(long left, long right) =>
        Assert.Throws<ClockRangeException>(() => new SimTime(left) + new SimTime(right));

    [Fact]
    public void A_sum_may_come_up_to_the_end_of_the_clock() =>
        Assert.Equal(SimTime.MaxValue, new SimTime(long.MaxValue - 1) + new SimTime(1));
}
