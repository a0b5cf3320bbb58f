using LlmSim.Kernel;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class UniformLengthsTests
{
    [Theory]
    [InlineData(10, 0.8, 8)]
    [InlineData(30, 0.1, 3)]
    [InlineData(7, 0.5, 4)]
    [InlineData(5, 1e-12, 1)]
    [InlineData(64, 1, 64)]
    public void Every_length_from_the_share_rounded_up_is_as_likely(int longest, double ratio, int shortest)
    {
        const int Draws = 20_000;
        var lengths = new UniformLengths("input_len", longest, ratio);
        var random = new RandomStream(3, "lengths");

        var counts = Enumerable
            .Range(0, Draws)
            .Select(_ => lengths.Sample(random))
            .CountBy(length => length)
            .ToDictionary();

        Assert.Equal(Enumerable.Range(shortest, longest - shortest + 1), counts.Keys.Order());
        var expected = (double)Draws / counts.Count;
        Assert.All(counts.Values, count => Assert.InRange(count, expected * 0.8, expected * 1.2));
    }

    [Theory]
    [InlineData(0, 1, "output_len: found 0; allowed: an integer from 1 to 10000000")]
    [InlineData(10_000_001, 1, "output_len: found 10000001; allowed: an integer from 1 to 10000000")]
    [InlineData(10, 0, "range_ratio: found 0; allowed: a number above 0, up to 1")]
    [InlineData(10, 1.5, "range_ratio: found 1.5; allowed: a number above 0, up to 1")]
    [InlineData(10, double.NaN, "range_ratio: found NaN; allowed: a number above 0, up to 1")]
    public void What_is_out_of_range_is_refused(int longest, double ratio, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => new UniformLengths("output_len", longest, ratio));

        Assert.Equal(message, error.Message);
    }
}
