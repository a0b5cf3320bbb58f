using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Kernel;

public sealed class RandomStreamTests
{
    [Fact]
    public void The_same_seed_and_name_give_the_same_numbers()
    {
        var (one, two) = (new RandomStream(7, "arrivals"), new RandomStream(7, "arrivals"));

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(one.NextBits(), two.NextBits()));
    }

    [Theory]
    [InlineData(7, "lengths")]
    [InlineData(8, "arrivals")]
    [InlineData(-7, "arrivals")]
    public void Another_seed_or_name_gives_others(long seed, string name)
    {
        var (one, two) = (new RandomStream(7, "arrivals"), new RandomStream(seed, name));

        Assert.DoesNotContain(Enumerable.Range(0, 100), _ => one.NextBits() == two.NextBits());
    }

    [Fact]
    public void The_numbers_are_those_of_every_version()
    {
        // Computed by another implementation of the three published algorithms.
        var stream = new RandomStream(2025, "arrivals");

        Assert.Equal(
            [811015425686869617UL, 10251182218874008359UL, 4040069222746718785UL],
            [stream.NextBits(), stream.NextBits(), stream.NextBits()]
        );
    }

    [Fact]
    public void Integers_are_uniform_by_chi_square()
    {
        const int Cells = 10;
        const int Draws = 100_000;
        var stream = new RandomStream(1, "uniform");
        var counts = new int[Cells];
        for (var i = 0; i < Draws; i++)
        {
            counts[stream.Next(Cells)]++;
        }

        var expected = (double)Draws / Cells;
        var chiSquare = counts.Sum(count => (count - expected) * (count - expected) / expected);
        // 99.9 % quantile with 9 degrees of freedom.
        Assert.True(chiSquare < 27.88, $"chi-square {chiSquare}");
    }

    [Fact]
    public void Orders_are_uniform_by_chi_square()
    {
        const int Orders = 24;
        const int Draws = 48_000;
        var stream = new RandomStream(1, "orders");
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Draws; i++)
        {
            var order = "abcd".ToCharArray();
            stream.Permute<char>(order);
            var name = new string(order);
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        Assert.Equal(Orders, counts.Count);
        var expected = (double)Draws / Orders;
        var chiSquare = counts.Values.Sum(count => (count - expected) * (count - expected) / expected);
        // 99.9 % quantile with 23 degrees of freedom.
        Assert.True(chiSquare < 49.73, $"chi-square {chiSquare}");
    }

    [Fact]
    public void Doubles_and_exponentials_have_their_moments()
    {
        const int Draws = 1_000_000;
        var stream = new RandomStream(1, "moments");
        var (uniform, exponential, squares) = (0.0, 0.0, 0.0);
        for (var i = 0; i < Draws; i++)
        {
            var value = stream.NextDouble();
            Assert.InRange(value, 0, 1 - 1e-16);
            uniform += value / Draws;
            var gap = stream.NextExponential(4);
            exponential += gap / Draws;
            squares += gap * gap / Draws;
        }

        Assert.Equal(0.5, uniform, 1.5e-3);
        Assert.Equal(0.25, exponential, 1e-3);
        Assert.Equal(2 / 16.0, squares, 1.5e-3);
    }
}
