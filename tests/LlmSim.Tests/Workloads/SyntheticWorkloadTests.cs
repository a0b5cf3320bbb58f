using LlmSim.Kernel;
using LlmSim.Workloads;
using MathNet.Numerics.Distributions;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class SyntheticWorkloadTests
{
    [Theory]
    [InlineData(2.0, 131_072)]
    [InlineData(1.0, 1000)]
    [InlineData(0.5, 20)]
    public void Zipf_lengths_follow_the_law(double s, int maxTokens)
    {
        const int Draws = 200_000;
        const int Cells = 15;
        var lengths = new ZipfLengths(s, maxTokens);
        var random = new RandomStream(1, "lengths");
        var counts = new double[Cells + 1];
        for (var i = 0; i < Draws; i++)
        {
            var length = lengths.Sample(random);
            Assert.InRange(length, 1, maxTokens);
            counts[Math.Min(length - 1, Cells)]++;
        }

        var weights = Enumerable.Range(1, maxTokens).Select(k => Math.Pow(k, -s)).ToArray();
        var total = weights.Sum();
        double[] expected =
        [
            .. weights.Take(Cells).Select(weight => Draws * weight / total),
            Draws * weights.Skip(Cells).Sum() / total,
        ];
        var chiSquare = counts.Zip(expected, (count, mean) => (count - mean) * (count - mean) / mean).Sum();
        Assert.InRange(chiSquare, 0, ChiSquared.InvCDF(Cells, 0.999));
    }

    [Fact]
    public void Lognormal_lengths_have_the_mean_they_are_asked_for()
    {
        var requests = SyntheticWorkload
            .Independent(
                LognormalLengths.WithMean(1000, 1, SyntheticWorkload.DefaultMaxTokens),
                LognormalLengths.WithMean(250, 1, SyntheticWorkload.DefaultMaxTokens),
                seed: 7
            )
            .Take(200_000)
            .ToArray();

        // The standard error of the mean is 0.3 %.
        Assert.Equal(1000, requests.Average(request => request.InputTokens), 10.0);
        Assert.Equal(250, requests.Average(request => request.OutputTokens), 2.5);
        var statistics = WorkloadStatistics.Compute(requests);
        Assert.Equal(1000 * Math.Exp(-0.5), statistics.Input.Quantiles[5], 10.0);
        Assert.Equal(0, statistics.LogCorrelation!.Value, 0.01);
    }

    [Fact]
    public void Lognormal_lengths_are_cut_to_the_longest_prompt()
    {
        var lengths = new LognormalLengths(9, 1, 5000);
        var random = new RandomStream(1, "lengths");
        var cut = Enumerable.Range(0, 10_000).Count(_ => lengths.Sample(random) == 5000);

        Assert.Equal(1 - Normal.CDF(9, 1, Math.Log(5000)), cut / 10_000.0, 0.02);
    }

    [Fact]
    public void Conversation_lengths_follow_the_quantiles_means_and_correlation_of_the_hour()
    {
        var statistics = WorkloadStatistics.Compute(ConversationWorkload.Generate(seed: 1).Take(1_000_000));

        double[] input = [891, 894, 901, 964, 2306, 6909, 15366, 27367, 39549, 85399, 126195];
        double[] output = [1, 3, 10, 24, 156, 350, 472, 597, 698, 1115, 2000];
        AssertQuantiles(input, statistics.Input);
        AssertQuantiles(output, statistics.Output);
        Assert.Equal(12_035, statistics.Input.Mean, 0.03 * 12_035);
        Assert.Equal(343, statistics.Output.Mean, 0.03 * 343);
        Assert.Equal(0.05, statistics.LogCorrelation!.Value, 0.004);
    }

    [Fact]
    public void Output_parameters_do_not_shift_the_prompts()
    {
        var input = new ZipfLengths(1, 1000);
        var one = SyntheticWorkload.Independent(input, LognormalLengths.WithMean(10, 1, 1000), 3).Take(100);
        var other = SyntheticWorkload
            .Independent(input, LognormalLengths.WithMean(500, 2, 1000), 3)
            .Take(100);

        Assert.Equal(
            one.Select(request => request.InputTokens),
            other.Select(request => request.InputTokens)
        );
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(double.NaN, 10)]
    [InlineData(2, 0)]
    [InlineData(2, 10_000_001)]
    public void Impossible_zipf_parameters_are_errors(double s, int maxTokens) =>
        Assert.Throws<UserErrorException>(() => new ZipfLengths(s, maxTokens));

    [Theory]
    [InlineData(0, 1, 10)]
    [InlineData(double.PositiveInfinity, 1, 10)]
    [InlineData(5, -1, 10)]
    [InlineData(5, double.NaN, 10)]
    [InlineData(5, 1, 0)]
    public void Impossible_lognormal_parameters_are_errors(double mean, double sigma, int maxTokens) =>
        Assert.Throws<UserErrorException>(() => LognormalLengths.WithMean(mean, sigma, maxTokens));

    /// <summary>Within 2 %, or a token where lengths are short.</summary>
    private static void AssertQuantiles(double[] expected, LengthStatistics actual)
    {
        Assert.Equal(expected.Length, actual.Quantiles.Count);
        Assert.All(
            expected.Zip(actual.Quantiles),
            pair => Assert.Equal(pair.First, pair.Second, Math.Max(1, 0.02 * pair.First))
        );
    }
}
