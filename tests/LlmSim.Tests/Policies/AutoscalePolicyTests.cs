using LlmSim.Kernel;
using LlmSim.Policies;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>How many instances there should be, worked out by hand.</summary>
public sealed class AutoscalePolicyTests
{
    [Theory]
    // ceil(ready × metric ÷ target): 70 requests of 10 an instance.
    [InlineData(4, 0, 60, 10, 7)]
    // Within a tenth of the target nothing changes.
    [InlineData(4, 0, 30, 13, 4)]
    [InlineData(4, 0, 30, 15, 5)]
    [InlineData(4, 0, 20, 12, 4)]
    // Two that start count as idle while the load rises: 65 over 6 is within the tolerance.
    [InlineData(4, 2, 60, 5, 6)]
    [InlineData(4, 2, 60, 10, 7)]
    // They do not while it falls.
    [InlineData(4, 2, 20, 0, 2)]
    // Never none while there is work, none without.
    [InlineData(4, 0, 0, 1, 1)]
    [InlineData(4, 0, 0, 0, 0)]
    [InlineData(0, 0, 5, 0, 1)]
    [InlineData(0, 1, 50, 0, 1)]
    [InlineData(0, 0, 0, 0, 0)]
    public void Reactive_holds_the_concurrency_as_the_HorizontalPodAutoscaler_does(
        int ready,
        int starting,
        long running,
        long queued,
        int expected
    ) =>
        Assert.Equal(
            expected,
            Create("reactive:metric=concurrency,target=10").Decide(Fleet(ready, starting, running, queued))
        );

    [Fact]
    public void Reactive_reads_the_queue_or_the_KV_memory_alone()
    {
        var fleet = Fleet(ready: 4, running: 100, queued: 30) with { KvShare = 0.9 };

        Assert.Equal(3, Create("reactive:metric=queue,target=10").Decide(fleet));
        Assert.Equal(6, Create("reactive:metric=kv,target=0.6").Decide(fleet));
        Assert.Equal(10, Create("reactive:metric=queue,target=1").Decide(fleet));
    }

    [Fact]
    public void Reactive_grows_by_what_is_missed_and_shrinks_by_one()
    {
        var policy = Create("reactive:metric=attainment,target=0.9");

        Assert.Equal(8, policy.Decide(Fleet(ready: 4, running: 1) with { Ended = 10, Met = 5 }));
        Assert.Equal(10, policy.Decide(Fleet(ready: 4, running: 1) with { Ended = 10, Met = 0 }));
        Assert.Equal(4, policy.Decide(Fleet(ready: 4, running: 1) with { Ended = 100, Met = 85 }));
        Assert.Equal(3, policy.Decide(Fleet(ready: 4, running: 1) with { Ended = 10, Met = 10 }));
        Assert.Equal(4, policy.Decide(Fleet(ready: 4, queued: 1) with { Ended = 10, Met = 10 }));
        Assert.Equal(4, policy.Decide(Fleet(ready: 4, running: 1)));
    }

    [Fact]
    public void Predictive_goes_on_with_a_trend_until_an_instance_would_be_ready()
    {
        // Weights of 1: the level is the newest rate and the trend the newest change. 10 s apart, ready 30 s later: 4 steps.
        var policy = Create("predictive:requests_per_second=1,level=1,trend=1");

        Assert.Equal(1, policy.Decide(Fleet(ready: 1) with { Arrivals = 10 }));
        // 1.5 a second, 0.5 more in each step: 3.5.
        Assert.Equal(4, policy.Decide(Fleet(ready: 1) with { Arrivals = 15 }));
        // 1.2 a second, 0.3 less in each step: the most of what is to come is 0.9.
        Assert.Equal(1, policy.Decide(Fleet(ready: 4) with { Arrivals = 12 }));
    }

    [Fact]
    public void Predictive_smooths_as_Holt_does()
    {
        var policy = Create("predictive:requests_per_second=0.01,level=0.5,trend=0.5");
        FleetContext Rate(long arrivals) =>
            Fleet(ready: 1) with
            {
                Arrivals = arrivals,
                StartSeconds = 0,
                Max = 1000,
            };

        Assert.Equal(100, policy.Decide(Rate(10)));
        // Level (2 + 1) / 2 = 1.5, trend 0.25: 1.75.
        Assert.Equal(175, policy.Decide(Rate(20)));
        // Level (1 + 1.75) / 2 = 1.375, trend (−0.125 + 0.25) / 2 = 0.0625: 1.4375.
        Assert.Equal(144, policy.Decide(Rate(10)));
    }

    [Fact]
    public void Predictive_knows_the_load_of_the_next_season()
    {
        // A period of four steps with the rates 1, 1, 5, 1 a second; an instance is ready two steps after the decision.
        var policy = Create("predictive:requests_per_second=1,level=0,trend=0,seasonal=0,period=40");
        int Decide(long arrivals) =>
            policy.Decide(Fleet(ready: 1) with { Arrivals = arrivals, StartSeconds = 10 });

        foreach (var arrivals in new[] { 10, 10, 50 })
        {
            Decide(arrivals);
        }

        // The next two steps are the first of the period.
        Assert.Equal(1, Decide(10));
        // Then the peak is two steps away, one step away, past.
        Assert.Equal(5, Decide(10));
        Assert.Equal(5, Decide(10));
        Assert.Equal(1, Decide(50));
    }

    [Fact]
    public void Fixed_is_what_it_says() => Assert.Equal(3, Create("fixed:count=3").Decide(Fleet(ready: 9)));

    [Theory]
    [InlineData("reactve", "autoscale: there is no policy 'reactve'. Did you mean 'reactive'?")]
    [InlineData("reactive:metric=gpu", "it must be queue or kv or concurrency or attainment")]
    [InlineData("reactive:target=0", "option 'target' is '0'; it must be a number from 0.001")]
    [InlineData("predictive:period=-1", "option 'period' is '-1'")]
    [InlineData("queue_limit", "autoscale: policy 'queue_limit' serves admission_policy, not autoscale.")]
    public void A_wrong_name_or_option_is_said(string text, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Create(text));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static IAutoscalePolicy Create(string text) => PolicyCatalog.BuiltIn.CreateAutoscale(text);

    private static FleetContext Fleet(int ready, int starting = 0, long running = 0, long queued = 0) =>
        new()
        {
            Now = SimTime.Zero,
            Stage = "mixed",
            Ready = ready,
            Starting = starting,
            Min = 0,
            Max = 10,
            QueuedRequests = queued,
            RunningRequests = running,
            KvShare = 0,
            Arrivals = 0,
            Ended = 0,
            Met = 0,
            IntervalSeconds = 10,
            StartSeconds = 30,
        };
}
