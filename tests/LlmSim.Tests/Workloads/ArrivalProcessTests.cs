using LlmSim.Kernel;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class ArrivalProcessTests
{
    private static readonly RequestSpec[] s_requests =
    [
        .. Enumerable.Range(0, 100_000).Select(id => new RequestSpec(id, new SimTime(id), 1 + (id % 7), 1)),
    ];

    [Theory]
    [InlineData("poisson", 1)]
    [InlineData("gamma:cv=1", 1)]
    [InlineData("gamma:cv=2", 2)]
    [InlineData("gamma:cv=0.5", 0.5)]
    public void Gaps_have_the_rate_and_variation_asked_for(string text, double cv)
    {
        var statistics = WorkloadStatistics.Compute(
            ArrivalProcess.Parse(text).Apply(s_requests, 2.5, seed: 11)
        );

        // Five standard errors: of the mean gap cv / √n; of cv itself more, by the fourth moment.
        Assert.Equal(2.5, statistics.RatePerSecond!.Value, 2.5 * 5 * cv / Math.Sqrt(s_requests.Length));
        Assert.Equal(cv, statistics.GapCv!.Value, 0.03 * cv);
    }

    [Theory]
    [InlineData("poisson")]
    [InlineData("constant")]
    [InlineData("trace")]
    public void A_count_takes_the_first_requests_and_pulls_no_more(string text)
    {
        var process = ArrivalProcess.Parse(text);
        var pulled = 0;

        var some = process.Apply(Endless(), 2, seed: 1, count: 7).ToArray();

        Assert.Equal(7, pulled);
        Assert.Equal(process.Apply(s_requests, 2, seed: 1).Take(7), some);

        IEnumerable<RequestSpec> Endless()
        {
            while (true)
            {
                yield return s_requests[pulled++];
            }
        }
    }

    [Fact]
    public void Constant_arrivals_are_exact()
    {
        var arrivals = ArrivalProcess
            .Constant.Apply(s_requests, 1.66, seed: 1)
            .Select(request => request.Arrival)
            .ToArray();

        Assert.Equal(SimTime.Zero, arrivals[0]);
        Assert.Equal(SimTime.FromSeconds(1 / 1.66), arrivals[1]);
        Assert.Equal(SimTime.FromSeconds(99_999 / 1.66), arrivals[99_999]);
    }

    [Fact]
    public void Trace_arrivals_stay_as_they_are() =>
        Assert.Equal(s_requests, ArrivalProcess.Trace.Apply(s_requests, double.NaN, seed: 1));

    [Fact]
    public void Only_arrivals_change_and_only_with_the_seed()
    {
        var other = s_requests.Select(request => request with { InputTokens = 9 }).ToArray();
        var first = ArrivalProcess.Poisson.Apply(s_requests, 1, seed: 1).ToArray();

        Assert.Equal(
            s_requests.Select(request => request.InputTokens),
            first.Select(request => request.InputTokens)
        );
        Assert.Equal(Arrivals(first), Arrivals(ArrivalProcess.Poisson.Apply(other, 1, seed: 1)));
        Assert.NotEqual(Arrivals(first), Arrivals(ArrivalProcess.Poisson.Apply(s_requests, 1, seed: 2)));
        Assert.NotEqual(SimTime.Zero, first[0].Arrival);
    }

    [Theory]
    [InlineData("poisson")]
    [InlineData("trace")]
    [InlineData("constant")]
    [InlineData("gamma:cv=2.5")]
    public void What_is_parsed_prints_the_same(string text) =>
        Assert.Equal(text, ArrivalProcess.Parse(text).ToString());

    [Theory]
    [InlineData(
        "poison",
        "arrivals: found 'poison'; allowed: poisson, trace, constant, gamma:cv=NUMBER",
        "Did you mean 'poisson'?"
    )]
    [InlineData("gamma", "arrivals: found 'gamma'", "Did you mean 'gamma:cv=2'?")]
    [InlineData("gamma:cv=x", "arrivals: found 'gamma:cv=x'", "Did you mean 'gamma:cv=2'?")]
    [InlineData("gamma:cv=0", "arrivals: cv: found 0; allowed: a number above 0", "up to 100")]
    [InlineData("gamma:cv=NaN", "arrivals: cv: found NaN", "up to 100")]
    public void A_wrong_spec_is_told_what_is_allowed(string text, string start, string end)
    {
        var error = Assert.Throws<UserErrorException>(() => ArrivalProcess.Parse(text));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        Assert.EndsWith(end, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_impossible_rate_is_an_error_at_once(double rate)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            ArrivalProcess.Poisson.Apply(s_requests, rate, 1)
        );
        Assert.StartsWith("lambda_arrival: found ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("poisson")]
    [InlineData("constant")]
    public void A_rate_too_low_for_the_clock_is_an_error(string text) =>
        Assert.Throws<UserErrorException>(() =>
            ArrivalProcess.Parse(text).Apply(s_requests, 1e-6, 1).Count()
        );

    private static IEnumerable<SimTime> Arrivals(IEnumerable<RequestSpec> requests) =>
        requests.Select(request => request.Arrival);
}
