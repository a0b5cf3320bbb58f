using System.Globalization;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Steady;
using LlmSim.Metrics;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Steady;

/// <summary>
/// How often a 95 % interval contains the true value. <c>LLMSIM_COVERAGE_TRIALS=200</c> makes so many trials with runs as long as intervals of
/// a few per cent need, and writes what docs/validation.md has.
/// </summary>
public sealed class IntervalCoverageTests
{
    private static readonly int s_longTrials = int.Parse(
        Environment.GetEnvironmentVariable("LLMSIM_COVERAGE_TRIALS") ?? "0",
        CultureInfo.InvariantCulture
    );

    private static readonly SloFigure s_mean = SloFigure.Find("ttft_mean")!;
    private static readonly SloFigure s_p99 = SloFigure.Find("ttft_p99")!;

    [Theory]
    [InlineData(0.7, 4_000, 100_000)]
    [InlineData(0.9, 20_000, 1_000_000)]
    public void Intervals_of_a_single_queue_contain_its_closed_forms(
        double load,
        int requests,
        int requestsOfLongTrials
    )
    {
        var (trials, length) = s_longTrials > 0 ? (s_longTrials, requestsOfLongTrials) : (40, requests);
        var isIn = new (bool Mean, bool P99)[trials];
        Parallel.For(
            0,
            trials,
            trial =>
            {
                var series = SingleQueue.Run(load, length, trial);
                series = series.Without(series.WarmUp());
                isIn[trial] = (
                    Contains(series.IntervalOf(s_mean), SingleQueue.MeanTtft(load)),
                    Contains(series.IntervalOf(s_p99), SingleQueue.P99Ttft(load))
                );
            }
        );

        var (mean, p99) = (Percent(isIn.Count(one => one.Mean)), Percent(isIn.Count(one => one.P99)));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"load {load}, {trials} trials of {length} requests: mean in {mean} %, P99 in {p99} %"
        );
        // Short runs of a queue are worth few independent requests: what was measured of them is in docs/steady-state.md.
        var least = s_longTrials > 0 ? 91 : 72;
        Assert.InRange(mean, least, 100);
        Assert.InRange(p99, least, 100);

        double Percent(int count) => 100.0 * count / trials;
    }

    [Theory]
    [InlineData(400)]
    [InlineData(5_000)]
    public void Intervals_of_independent_values_contain_their_closed_forms(int count)
    {
        const int Trials = 400;
        var (mean, median, share) = (0, 0, 0);
        for (var trial = 0; trial < Trials; trial++)
        {
            var random = new Random(trial);
            var values = new double[count];
            for (var i = 0; i < count; i++)
            {
                values[i] = -Math.Log(1 - random.NextDouble());
            }

            mean += IsIn(BatchMeans.Mean(values), 1);
            median += IsIn(BatchMeans.Percentile(values, 50), Math.Log(2));
            share += IsIn(
                BatchMeans.Share([.. values.Select(value => value < 1 ? 1.0 : 0)]),
                1 - Math.Exp(-1)
            );
        }

        // 95 % of 400 with three standard deviations of that count.
        Assert.All([mean, median, share], inside => Assert.InRange(inside, 367, 393));

        static int IsIn(in Interval interval, double value) =>
            interval.Low <= value && value <= interval.High ? 1 : 0;
    }

    [Fact]
    public void Replications_have_the_interval_of_their_mean()
    {
        double[] means = [1, 2, 3, 6];
        var summaries = means.Select(mean =>
            Samples.Summary() with
            {
                TtftSeconds = default(Distribution) with { Mean = mean },
            }
        );
        var interval = FigureInterval.OfReplications(s_mean, [.. summaries]);

        // Mean 3, deviation √(14/3), and Student's t with three degrees of freedom is 3.182446.
        var half = 3.182446 * Math.Sqrt(14.0 / 3) / 2;
        Assert.Equal(3, interval.Estimate, 1e-12);
        Assert.Equal(3 - half, interval.Low, 1e-5);
        Assert.Equal(3 + half, interval.High, 1e-5);
    }

    [Fact]
    public void Where_every_request_meets_its_slo_the_lower_end_is_that_of_independent_ones()
    {
        var interval = BatchMeans.Share([.. Enumerable.Repeat(1.0, 1_000)]);

        // The share of which a thousand are all met in one of forty runs.
        Assert.Equal((1.0, 1.0), (interval.Estimate, interval.High));
        Assert.Equal(0.025, Math.Pow(interval.Low, 1_000), 1e-9);
    }

    /// <summary>An end that is not known excludes nothing.</summary>
    private static bool Contains(FigureInterval interval, double value) =>
        !(value < interval.Low) && !(value > interval.High);
}
