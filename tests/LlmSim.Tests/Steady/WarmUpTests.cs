using LlmSim.Experiments.Steady;
using Xunit;

namespace LlmSim.Tests.Steady;

/// <summary>MSER-5 on series whose transient is known.</summary>
public sealed class WarmUpTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(-5)]
    public void An_exponential_transient_is_cut_and_with_it_the_bias_of_the_mean(double height)
    {
        const double DecayValues = 300;
        var (with, without) = (0.0, 0.0);
        const int Trials = 50;
        for (var trial = 0; trial < Trials; trial++)
        {
            var random = new Random(trial);
            var values = new double[10_000];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = 10 + (height * Math.Exp(-i / DecayValues)) + random.NextDouble() - 0.5;
            }

            var cut = WarmUp.Cut(values);
            // What is left of the transient there is below the noise, and not much of the rest is gone.
            Assert.InRange(Math.Abs(height) * Math.Exp(-cut / DecayValues), 0, 0.5);
            Assert.InRange(cut, 1, 5_000);
            with += values[cut..].Average() - 10;
            without += values.Average() - 10;
        }

        // The transient's mean over all values is known.
        Assert.Equal(height * DecayValues / 10_000, without / Trials, Math.Abs(height) * 1e-4);
        Assert.InRange(Math.Abs(with), 0, 0.05 * Math.Abs(without));
    }

    [Fact]
    public void A_series_without_a_transient_keeps_nearly_all_of_its_values()
    {
        var random = new Random(1);
        var cuts = Enumerable
            .Range(0, 200)
            .Select(_ => WarmUp.Cut([.. Enumerable.Range(0, 2_000).Select(_ => random.NextDouble())]))
            .ToArray();

        Assert.InRange(cuts.Average(), 0, 200);
    }

    [Fact]
    public void A_series_that_never_comes_to_rest_is_cut_at_its_middle()
    {
        double[] values = [.. Enumerable.Range(0, 1_000).Select(i => (double)i)];

        Assert.Equal(500, WarmUp.Cut(values));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void A_few_values_are_all_kept(int count) =>
        Assert.Equal(0, WarmUp.Cut([.. Enumerable.Range(0, count).Select(i => (double)(10 - i))]));

    [Fact]
    public void Equal_values_are_all_kept() =>
        Assert.Equal(0, WarmUp.Cut([.. Enumerable.Repeat(3.5, 1_000)]));

    /// <summary>The definition, term by term.</summary>
    [Fact]
    public void The_cut_is_where_the_definition_has_its_least_value()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 50; trial++)
        {
            double[] values =
            [
                .. Enumerable.Range(0, 203).Select(i => random.NextDouble() + (3 * Math.Exp(-i / 20.0))),
            ];
            double[] means =
            [
                .. values.Chunk(5).Where(chunk => chunk.Length == 5).Select(chunk => chunk.Average()),
            ];
            double Statistic(int first)
            {
                var rest = means[first..];
                return rest.Sum(mean => Math.Pow(mean - rest.Average(), 2)) / rest.Length / rest.Length;
            }

            var best = Enumerable.Range(0, (means.Length / 2) + 1).MinBy(Statistic);

            Assert.Equal(5 * best, WarmUp.Cut(values));
        }
    }
}
