using LlmSim.Experiments.Workloads;
using LlmSim.Kernel;
using LlmSim.Tests.Experiments;
using LlmSim.Workloads;
using MathNet.Numerics.Distributions;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Arrivals at a rate that changes, against the integral of that rate.</summary>
public sealed class RateProfileTests : IDisposable
{
    private const double Confidence = 0.99;

    private static readonly RequestSpec[] s_requests =
    [
        .. Enumerable.Range(0, 20_000).Select(id => new RequestSpec(id, SimTime.Zero, 1, 1)),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("diurnal:mean=2.5,peak=2.5")]
    [InlineData("ramp:from=2.5,to=2.5,over=10m")]
    public void A_rate_that_does_not_change_is_a_Poisson_process_to_the_nanosecond(string text) =>
        Assert.Equal(
            ArrivalProcess.Poisson.Apply(s_requests, 2.5, seed: 7),
            ArrivalProcess.Parse(text).Apply(s_requests, 2.5, seed: 7)
        );

    [Theory]
    [InlineData("linear")]
    [InlineData("steps")]
    public void A_flat_file_is_a_Poisson_process_to_the_nanosecond(string interpolation)
    {
        var options = Options("time,rate\n0,2.5\n60,2.5\n90.5,2.5\n", interpolation);

        Assert.Equal(
            new WorkloadOptions { LambdaArrival = 2.5, RequestCount = 5_000 }.ToRequests(),
            options.ToRequests()
        );
    }

    [Theory]
    [InlineData("diurnal:mean=2,peak=4,period=1h", 2, 0, 3600)]
    [InlineData("diurnal:mean=2,peak=3,period=1h,phase=20m", 1, 1200, 3600)]
    [InlineData("ramp:from=0,to=4,over=30m", 0, 0, 1800)]
    public void Counts_of_windows_follow_the_integral_of_the_rate(
        string text,
        double swing,
        double phase,
        double length
    )
    {
        const int Windows = 30;
        var process = ArrivalProcess.Parse(text);
        var mean = process.MeanPerSecond!.Value;
        double Rate(double time) =>
            swing > 0
                ? mean + (swing * Math.Sin(Math.Tau * (time + phase) / length))
                : Math.Min(4, 4 * time / length);

        var counts = new double[Windows];
        foreach (var request in process.Apply(s_requests, mean, seed: 3))
        {
            var window = (int)(request.Arrival.Seconds / (length / Windows));
            counts[Math.Min(window, Windows - 1)] += window < Windows ? 1 : 0;
        }

        var statistic = 0.0;
        for (var i = 0; i < Windows; i++)
        {
            var expected = Integral(Rate, i * length / Windows, (i + 1) * length / Windows);
            statistic += Math.Pow(counts[i] - expected, 2) / expected;
        }

        Assert.InRange(
            statistic,
            ChiSquared.InvCDF(Windows, (1 - Confidence) / 2),
            ChiSquared.InvCDF(Windows, (1 + Confidence) / 2)
        );
    }

    [Fact]
    public void A_peak_above_twice_the_mean_gives_quiet_nights_with_that_mean_and_that_peak()
    {
        var process = ArrivalProcess.Parse("diurnal:mean=20,peak=50,period=1000s");
        var arrivals = process.Apply(s_requests, 20, seed: 5).Select(request => request.Arrival.Seconds);
        var periods = arrivals.GroupBy(time => (int)(time / 1000)).SkipLast(1).ToArray();

        var inAll = periods.Sum(period => period.Count());
        var expected = 20_000.0 * periods.Length;
        Assert.InRange(
            inAll,
            expected - (2.58 * Math.Sqrt(expected)),
            expected + (2.58 * Math.Sqrt(expected))
        );
        // The peak is at a quarter of the period; ten seconds about it are flat to 0.1 %.
        var atPeak = arrivals.Count(time => Math.Abs((time % 1000) - 250) < 5);
        Assert.InRange(
            atPeak / (10.0 * (periods.Length + 1)),
            50 - (2.58 * Math.Sqrt(5)),
            50 + (2.58 * Math.Sqrt(5))
        );
        Assert.DoesNotContain(arrivals, time => Math.Abs((time % 1000) - 750) < 50);
    }

    [Theory]
    [InlineData("diurnal:mean=2,peak=3,period=5m")]
    [InlineData("ramp:from=0,to=9,over=2m")]
    [InlineData("diurnal:mean=2,peak=7,period=100s,phase=30s")]
    public void All_profiles_share_their_random_numbers(string text)
    {
        // The integral of the rate up to each arrival is that of a process of rate 1.
        var unit = ArrivalProcess.Poisson.Apply(s_requests, 1, seed: 9).Take(500).ToArray();
        var process = ArrivalProcess.Parse(text);
        var mean = process.MeanPerSecond!.Value;
        var arrivals = process.Apply(s_requests, mean, seed: 9).Take(500).ToArray();
        var constant = new PiecewiseRate([new(0, 1)], isLinear: false);

        var faster = process.Apply(s_requests, 2 * mean, seed: 9).Take(500).ToArray();
        for (var i = 0; i < arrivals.Length; i++)
        {
            var half = constant.Walk(0).Next(unit[i].Arrival.Seconds / 2)!.Value;
            var walk = RateProfile.Parse(text)!.Walk(0);
            Assert.Equal(
                arrivals[i].Arrival.Seconds,
                walk.Next(unit[i].Arrival.Seconds)!.Value.Seconds,
                1e-5
            );
            Assert.Equal(
                faster[i].Arrival.Seconds,
                RateProfile.Parse(text)!.Walk(0).Next(half.Seconds)!.Value.Seconds,
                1e-5
            );
        }
    }

    [Fact]
    public void Constant_and_gamma_gaps_follow_a_profile_too()
    {
        var path = _folder.Write("rates.csv", "time,rate\n0,1\n10,3\n");
        var constant = new WorkloadOptions
        {
            Arrivals = ArrivalProcess.Constant,
            RateProfile = path,
            RateInterpolation = "steps",
            RequestCount = 13,
        };

        Assert.Equal(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10.3333333, 10.6666667],
            constant.ToRequests().Select(request => Math.Round(request.Arrival.Seconds, 7))
        );

        var gamma = constant with { Arrivals = ArrivalProcess.Gamma(2), RequestCount = 20_000 };
        var statistics = WorkloadStatistics.Compute(gamma.ToRequests());
        Assert.Equal(3, statistics.RatePerSecond!.Value, 0.13);
        Assert.Equal(2, statistics.GapCv!.Value, 0.1);
    }

    [Fact]
    public void No_request_comes_after_the_rate_has_become_0()
    {
        var arrivals = Options("time,rate\n0,4\n100,4\n100.5,0\n", "linear")
            .ToRequests()
            .Select(request => request.Arrival.Seconds)
            .ToArray();

        Assert.InRange(arrivals[^1], 95, 100.5);
        Assert.InRange(arrivals.Length, 350, 450);
    }

    [Fact]
    public void Bursts_have_the_index_of_dispersion_of_their_closed_form()
    {
        // Counts of windows of t seconds: Fischer and Meier-Hellstern (1993), equation 14.
        var (Base, Burst, BaseLength, BurstLength, Window) = (1.0, 9.0, 30.0, 10.0, 20.0);
        var (leaveBase, leaveBurst) = (1 / BaseLength, 1 / BurstLength);
        var sum = leaveBase + leaveBurst;
        var rate = ((Base * leaveBurst) + (Burst * leaveBase)) / sum;
        var limit = 2 * Math.Pow(Burst - Base, 2) * leaveBase * leaveBurst / (sum * sum * sum * rate);
        var expected = 1 + (limit * (1 - ((1 - Math.Exp(-sum * Window)) / (sum * Window))));

        var process = ArrivalProcess.Parse("burst:base=1,burst=9,base_for=30s,burst_for=10s");
        Assert.Equal(rate, process.MeanPerSecond!.Value, 1e-12);
        var (Batches, WindowsOfBatch) = (40, 2000);
        var counts = new double[Batches * WindowsOfBatch];
        var requests = Enumerable
            .Range(0, int.MaxValue)
            .Select(id => new RequestSpec(id, SimTime.Zero, 1, 1));
        foreach (var request in process.Apply(requests, rate, seed: 2))
        {
            var window = (int)(request.Arrival.Seconds / Window);
            if (window >= counts.Length)
            {
                break;
            }

            counts[window]++;
        }

        var mean = counts.Average();
        var indices = counts
            .Chunk(WindowsOfBatch)
            .Select(batch => batch.Average(count => Math.Pow(count - mean, 2)) / mean)
            .ToArray();
        var average = indices.Average();
        var deviation = Math.Sqrt(indices.Sum(index => Math.Pow(index - average, 2)) / (Batches - 1));
        var half = StudentT.InvCDF(0, 1, Batches - 1, (1 + Confidence) / 2) * deviation / Math.Sqrt(Batches);
        Assert.InRange(expected, average - half, average + half);
        Assert.InRange(half / average, 0, 0.02);
    }

    private WorkloadOptions Options(string content, string interpolation) =>
        new()
        {
            RateProfile = _folder.Write("rates.csv", content),
            RateInterpolation = interpolation,
            RequestCount = 5_000,
        };

    /// <summary>By Simpson's rule, whose error is far below a count here.</summary>
    private static double Integral(Func<double, double> rate, double from, double to)
    {
        const int Parts = 100;
        var step = (to - from) / Parts;
        return Enumerable
            .Range(0, Parts)
            .Sum(i =>
            {
                var start = from + (i * step);
                return step / 6 * (rate(start) + (4 * rate(start + (step / 2))) + rate(start + step));
            });
    }
}
