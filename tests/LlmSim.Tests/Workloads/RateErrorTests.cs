using LlmSim.Experiments.Workloads;
using LlmSim.Tests.Experiments;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Rates that cannot be.</summary>
public sealed class RateErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(
        "diurnal:mean=2",
        "arrivals: diurnal: peak: missing; allowed: a number above 0, up to 1e9 requests/s"
    )]
    [InlineData(
        "diurnal:mean=2,peak=1",
        "arrivals: diurnal: peak: found 1; allowed: a number from the mean, which is 2"
    )]
    [InlineData(
        "diurnal:mean=2,peak=3,period=0h",
        "arrivals: diurnal: period: found '0h'; allowed: a number of seconds"
    )]
    [InlineData(
        "diurnal:mean=2,peek=3",
        "arrivals: diurnal: found 'peek'; allowed: mean, peak, period, phase. Did you mean 'peak'?"
    )]
    [InlineData("diurnal:mean=2,mean=3", "arrivals: diurnal: mean: is there twice")]
    [InlineData("diurnal", "arrivals: diurnal: mean: missing")]
    [InlineData(
        "ramp:from=1,to=x,over=3m",
        "arrivals: ramp: to: found 'x'; allowed: a number from 0 to 1e9 requests/s"
    )]
    [InlineData("ramp:from=0,to=0,over=3m", "arrivals: ramp: to: found 0 beside from=0")]
    [InlineData(
        "burst:base=3,burst=1,base_for=1,burst_for=1",
        "arrivals: burst: burst: found 1; allowed: a number from base, which is 3"
    )]
    [InlineData("burst:base=-1,burst=1,base_for=1,burst_for=1", "arrivals: burst: base: found '-1'")]
    [InlineData("diurnl:mean=2,peak=4", "arrivals: found 'diurnl:mean=2,peak=4'")]
    public void A_wrong_rate_is_told_what_is_allowed(string text, string start)
    {
        var error = Assert.Throws<UserErrorException>(() => ArrivalProcess.Parse(text));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "rates.csv: is empty")]
    [InlineData("time,rate\n", "rates.csv: has a header and no row")]
    [InlineData("time,speed\n0,1\n", "rates.csv:1: rate: no such column; found: time, speed")]
    [InlineData("time,rate\n0,1\n5,2\n5,3\n", "rates.csv:4: time: found 5 after 5; allowed: times that grow")]
    [InlineData(
        "time,rate\n0,1\n5,-2\n",
        "rates.csv:3: rate: found -2; allowed: a number from 0 to 1e9 requests/s"
    )]
    [InlineData("time,rate\n-1,1\n", "rates.csv:2: time: found -1; allowed: a number from 0 to 1e9 s")]
    [InlineData("time,rate\n0,0\n5,0\n", "rates.csv: rate: is 0 in all rows")]
    [InlineData("time,rate\n0,1,2\n", "rates.csv:2: rate: '2' follows it")]
    [InlineData("time,rate\n0\n", "rates.csv:2: rate: the row ends before it")]
    public void A_wrong_file_of_rates_is_told_where(string content, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Options(content, "linear").ToRequests());
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_goes_with_gaps_that_have_no_rate_of_their_own()
    {
        var options = Options("time,rate\n0,1\n", "steps");

        foreach (
            var arrivals in new[] { ArrivalProcess.Trace, ArrivalProcess.Parse("ramp:from=1,to=2,over=3") }
        )
        {
            var error = Assert.Throws<UserErrorException>(() =>
                (options with { Arrivals = arrivals }).ToRequests()
            );
            Assert.StartsWith(
                "rate_profile: is not read with arrivals",
                error.Message,
                StringComparison.Ordinal
            );
        }

        var wrong = Assert.Throws<UserErrorException>(() =>
            (options with { RateInterpolation = "cubic" }).ToRequests()
        );
        Assert.StartsWith(
            "rate_interpolation: found 'cubic'; allowed: linear, steps",
            wrong.Message,
            StringComparison.Ordinal
        );
    }

    private WorkloadOptions Options(string content, string interpolation) =>
        new()
        {
            RateProfile = _folder.Write("rates.csv", content),
            RateInterpolation = interpolation,
            RequestCount = 5_000,
        };
}
