using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class KernelGridTests
{
    private static readonly float s_ln2 = (float)Math.Log(2);

    /// <summary>Ratios 1, 2, 4 at 1, 4, 16 tokens, and twice that in the second row, of which the last was not measured.</summary>
    private static readonly KernelGrid s_grid = new(
        [
            [1, 8],
            [1, 4, 16],
        ],
        [0, s_ln2, 2 * s_ln2, s_ln2, 2 * s_ln2, float.NaN]
    );

    [Theory]
    [InlineData(1, 1, 1, true)]
    [InlineData(8, 4, 4, true)]
    [InlineData(1, 16, 4, true)]
    // Halfway in the logarithm of the shape is halfway in that of the ratio.
    [InlineData(1, 2, 1.4142135623730951, true)]
    [InlineData(2.8284271247461903, 1, 1.4142135623730951, true)]
    // Beyond the border its ratio holds.
    [InlineData(1, 1000, 4, false)]
    [InlineData(0.5, 1, 1, false)]
    [InlineData(100, 4, 4, false)]
    // A gap takes the ratio of the point before it.
    [InlineData(8, 16, 4, false)]
    public void A_ratio_is_interpolated_in_logarithms(
        double first,
        double second,
        double ratio,
        bool isMeasured
    )
    {
        Assert.Equal(ratio, s_grid.Ratio([first, second], out var measured), 1e-6);
        Assert.Equal(isMeasured, measured);
    }

    [Fact]
    public void Of_several_measurements_the_least_or_the_median_counts()
    {
        var builder = new KernelGridBuilder();
        foreach (var ratio in (double[])[4, 2, 8])
        {
            builder.AddAboveRoof(new(3), ratio);
        }

        Assert.Equal(2, builder.Build(1, share: 0).Ratio([3], out _), 1e-6);
        Assert.Equal(4, builder.Build(1, share: 0.5).Ratio([3], out _), 1e-6);
    }

    [Fact]
    public void What_was_faster_than_its_roof_counts_as_the_roof()
    {
        var builder = new KernelGridBuilder();
        builder.AddAboveRoof(new(1, 1), 0.5);

        Assert.Equal(1, builder.Build(2, share: 0).Ratio([1, 1], out _), 1e-6);
    }
}
