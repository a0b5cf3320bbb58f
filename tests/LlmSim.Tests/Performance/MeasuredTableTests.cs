using LlmSim.Performance.Measured;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class MeasuredTableTests
{
    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(3, 30)]
    [InlineData(4, 32.5)]
    [InlineData(7, 40)]
    // Beyond the last point the line through the last two goes on.
    [InlineData(11, 50)]
    public void A_curve_is_linear_between_its_points_and_beyond_them_and_constant_before(
        double at,
        double seconds
    ) => Assert.Equal(seconds, new Curve([new(7, 40), new(1, 10), new(3, 30)]).Seconds(at), precision: 12);

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(1.5, 500.5)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(1e9, 1)]
    public void Beyond_a_fall_a_curve_stays_at_its_last_point(double at, double seconds) =>
        Assert.Equal(seconds, new Curve([new(1, 1000), new(2, 1)]).Seconds(at), precision: 9);

    [Fact]
    public void A_single_point_holds_everywhere()
    {
        var curve = new Curve([new(5, 3)]);

        Assert.Equal([3.0, 3.0, 3.0], new[] { 1.0, 5, 9 }.Select(curve.Seconds));
    }

    [Theory]
    [InlineData(10, 2, 1)]
    [InlineData(20, 2, 2)]
    [InlineData(10, 4, 5)]
    [InlineData(15, 3, 3.5)]
    [InlineData(30, 6, 11)]
    [InlineData(1, 1, 1)]
    public void Experts_are_linear_in_tokens_and_in_experts(double tokens, double experts, double seconds)
    {
        // t = 1 + (tokens − 10) / 10 + 2 · (experts − 2).
        var table = new ExpertTable([new(10, 2, 1), new(20, 2, 2), new(10, 4, 5), new(20, 4, 6)]);

        Assert.Equal(seconds, table.Seconds(tokens, experts), precision: 12);
    }

    /// <summary>
    /// Slices (prefill tokens, decoding requests) = (0, 1), (0, 3), (8, 1); (8, 3) was not measured.
    /// </summary>
    private static AttentionTable Attention() =>
        new([
            new(0, 0, 1, 16, 1),
            new(0, 0, 1, 32, 2),
            new(0, 0, 3, 16, 3),
            new(0, 0, 3, 32, 6),
            new(8, 0, 1, 16, 10),
            new(8, 0, 1, 32, 12),
            new(8, 100, 1, 16, 20),
            new(8, 100, 1, 32, 28),
        ]);

    [Theory]
    [InlineData(0, 0, 1, 16, 1)]
    [InlineData(0, 0, 1, 24, 1.5)]
    [InlineData(0, 0, 1, 48, 3)]
    [InlineData(0, 0, 1, 4, 1)]
    [InlineData(0, 0, 2, 24, 3)]
    [InlineData(0, 0, 5, 16, 5)]
    [InlineData(8, 0, 1, 24, 11)]
    [InlineData(8, 50, 1, 16, 15)]
    [InlineData(8, 50, 1, 24, 17.5)]
    [InlineData(8, 200, 1, 32, 44)]
    // Half way between slice (0, 1), where nothing is computed before, and slice (8, 1).
    [InlineData(4, 50, 1, 24, 9.5)]
    // (8, 3) was not measured; (8, 1) is 2 away, (0, 3) is 8 away.
    [InlineData(8, 0, 3, 16, 10)]
    public void Attention_is_linear_in_all_four_axes(
        int prefill,
        long computed,
        int requests,
        long context,
        double seconds
    ) => Assert.Equal(seconds, Attention().Seconds(prefill, computed, requests, context), precision: 12);

    [Theory]
    [InlineData(0, 0, 1, 16, true)]
    [InlineData(8, 100, 1, 32, true)]
    [InlineData(0, 0, 3, 32, true)]
    [InlineData(9, 0, 1, 16, false)]
    [InlineData(0, 0, 4, 16, false)]
    [InlineData(8, 101, 1, 16, false)]
    [InlineData(0, 0, 1, 33, false)]
    // The slice (8, 3) would be needed.
    [InlineData(4, 0, 2, 16, false)]
    public void What_was_measured_is_known(
        int prefill,
        long computed,
        int requests,
        long context,
        bool covered
    ) => Assert.Equal(covered, Attention().Covers(prefill, computed, requests, context));

    [Fact]
    public void The_nearest_slice_stands_for_one_that_was_not_measured_and_of_two_the_first()
    {
        var table = new AttentionTable([new(0, 0, 0, 0, 7), new(4, 0, 4, 0, 9), new(0, 0, 4, 0, 8)]);

        // (4, 0) is as far from (0, 0) as from (4, 4).
        Assert.Equal(7, table.Seconds(4, 0, 0, 0));
    }

    [Fact]
    public void Alpha_comes_from_the_bins_up_to_and_including_their_edges()
    {
        var two = new SkewAxis([0, 2, 1000], ["n<=2", "n>2"]);
        var rate = new SkewAxis([-0.01, 0.5, 1.01], ["low", "high"]);
        var one = new SkewAxis([0, 1e9], ["all"]);
        var skew = new SkewCorrection(
            two,
            rate,
            one,
            one,
            [new(0, 0, 0, 0, 0, 0.1), new(0, 1, 1, 0, 0, 0.2), new(16, 0, 0, 0, 0, -0.3)],
            defaultAlpha: 0.9
        );

        Assert.Equal(0.1, skew.Alpha(0, 2, 0.5, 100, 0));
        Assert.Equal(0.2, skew.Alpha(0, 3, 0.51, 100, 0));
        Assert.Equal(0.2, skew.Alpha(0, 5000, 1, 1e12, 0));
        Assert.Equal(0.9, skew.Alpha(0, 3, 0.5, 100, 0));
        Assert.Equal(-0.3, skew.Alpha(16, 1, 0.2, 100, 0));
        Assert.Equal(0.9, skew.Alpha(15, 1, 0.2, 100, 0));
    }
}
