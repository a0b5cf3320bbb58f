using LlmSim.Engine;
using Xunit;

namespace LlmSim.Tests.Engine;

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
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1e-12)]
    [InlineData(1e10)]
    public void Impossible_times_are_refused(double seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SimTime.FromSeconds(seconds));

    [Fact]
    public void Sums_do_not_wrap_around() =>
        Assert.Throws<OverflowException>(() => SimTime.MaxValue + new SimTime(1));
}
