using LlmSim.Experiments.Validation.Bench;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Validation.Bench;

/// <summary>Arrivals and lengths as the tools draw them.</summary>
public sealed class BenchLoadTests
{
    private const int Requests = 20_000;
    private const double Rate = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(0.25)]
    [InlineData(4)]
    public void Gaps_have_the_shape_of_the_burstiness_and_fill_their_span(double burstiness)
    {
        var arrivals = Arrivals(
            burstiness == 1 ? ArrivalProcess.Poisson : ArrivalProcess.Gamma(1 / Math.Sqrt(burstiness)),
            fillsItsSpan: true
        );

        // vllm bench serve stretches the times so that the last is at requests / rate.
        Assert.Equal(Requests / Rate, arrivals[^1], 1e-6);
        var gaps = arrivals.Zip(arrivals.Prepend(0), (arrival, before) => arrival - before).ToArray();
        var mean = gaps.Average();
        var cv = Math.Sqrt(gaps.Average(gap => Math.Pow(gap - mean, 2))) / mean;
        Assert.Equal(1 / Math.Sqrt(burstiness), cv, 0.05 / Math.Sqrt(burstiness));
        Assert.True(gaps.Min() >= 0);
    }

    [Fact]
    public void Constant_gaps_begin_at_once()
    {
        var arrivals = Arrivals(ArrivalProcess.Constant, fillsItsSpan: false);

        Assert.Equal(0, arrivals[0]);
        Assert.Equal((Requests - 1) / Rate, arrivals[^1], 1e-6);
    }

    [Fact]
    public void Lengths_of_totals_add_up()
    {
        Assert.Equal([34, 33, 33], BenchLengths.Uniform("a", 100, 3, rangeRatio: 1));

        var spread = BenchLengths.Uniform("a", 922_000, 1000, rangeRatio: 0.8);
        Assert.Equal(922, spread.Average(), 0.05);
        Assert.Equal((820, 1024), (spread.Min(), spread.Max()));
        Assert.NotEqual(spread, BenchLengths.Uniform("b", 922_000, 1000, rangeRatio: 0.8));
    }

    [Fact]
    public void Lengths_of_quantiles_keep_quantiles_and_mean()
    {
        double[] quantiles = [100, 110, 120, 150, 200, 300, 500, 900, 1200, 2000, 3000];
        var lengths = BenchLengths.OfQuantiles("a", quantiles, mean: 400, count: 2000);

        Assert.Equal(400, lengths.Average(), 1.0);
        Array.Sort(lengths);
        // The mean is kept by a factor on all of them.
        var factor = lengths[1000] / 300.0;
        Assert.InRange(factor, 0.8, 1.2);
        Assert.Equal(900 * factor, lengths[1800], 10.0);
    }

    private static double[] Arrivals(ArrivalProcess process, bool fillsItsSpan) =>
        [
            .. new BenchLoad
            {
                Lengths = [.. Enumerable.Repeat(new RequestLengths(10, 10), Requests)],
                RatePerSecond = Rate,
                Arrivals = process,
                FillsItsSpan = fillsItsSpan,
            }
                .Requests(seed: 1)
                .Select(request => request.Arrival.Seconds),
        ];
}
