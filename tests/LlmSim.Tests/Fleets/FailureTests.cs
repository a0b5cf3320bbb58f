using LlmSim.Clients;
using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Fleets;

/// <summary>One request of 10 prompt and 100 output tokens on an engine whose iterations take a second, and what happens to the engine.</summary>
public sealed class FailureTests
{
    [Fact]
    public void Tokens_that_the_client_has_are_kept_and_their_cache_is_computed_again()
    {
        var (record, summary) = Run(Fail(at: 50.5), LostRequests.Keep);

        // 50 tokens by 50; again from 60.5 on, when a prompt of 60 tokens gives the 51st at 61.5.
        Assert.Equal(60.5 + 50, record.Finish.Seconds, 1e-9);
        Assert.Equal(1, record.TtftSeconds);
        Assert.Equal((110.5 - 1) / 99, record.TpotSeconds, 1e-9);
        Assert.Equal((1, 100, 10), (record.Failovers, record.TraceOutputTokens, record.TraceInputTokens));
        var service = summary.Service!;
        // 10 + 49 tokens were computed until then, and once more: the 60th for the first time.
        Assert.Equal((109L, 59L, 0L), (service.UsefulTokens, service.RecomputedTokens, service.WastedTokens));
        var fleet = summary.Fleet!;
        Assert.Equal(100 * 100.5 / 110.5, fleet.AvailabilityPercent, 1e-6);
        Assert.Equal(61.5 - 50.5, fleet.RecoverySeconds, 1e-9);
        Assert.Equal(100.5, fleet.AcceleratorSeconds, 1e-9);
    }

    /// <summary>It is down from 50.5 to 60.5 and from 61 to 71: before its first token of the second life, so both failures end with that of the third.</summary>
    [Fact]
    public void A_request_that_is_lost_twice_recovers_from_both_failures()
    {
        var (record, summary) = Run(Fail(at: 50.5), LostRequests.Keep, second: Fail(at: 61));

        Assert.Equal((2, 71 + 50.0), (record.Failovers, record.Finish.Seconds));
        Assert.Equal(((72 - 50.5) + (72 - 61)) / 2, summary.Fleet!.RecoverySeconds, 1e-9);
        Assert.Equal([50.5, 61], summary.Fleet.Disturbances);
    }

    /// <summary>It ends after its repair: 1 in 100.5 s of service, none in 10 s without.</summary>
    [Fact]
    public void Goodput_is_told_apart_by_whether_an_instance_is_down()
    {
        var (_, summary) = Run(Fail(at: 50.5), LostRequests.Keep);

        Assert.Equal(0, summary.Fleet!.GoodputDuringFailures);
        Assert.Equal(1 / 100.5, summary.Fleet.GoodputWithoutFailures, 1e-9);
    }

    [Fact]
    public void Or_the_request_begins_anew()
    {
        var (record, summary) = Run(Fail(at: 50.5), LostRequests.Restart);

        Assert.Equal(60.5 + 100, record.Finish.Seconds, 1e-9);
        Assert.Equal(61.5, record.TtftSeconds, 1e-9);
        Assert.Equal((109L, 59L), (summary.Service!.UsefulTokens, summary.Service.RecomputedTokens));
    }

    [Fact]
    public void Or_its_client_sends_it_again()
    {
        var clients = new ClientBehavior
        {
            MaxRetries = 1,
            BackoffSeconds = 20,
            BackoffJitter = 0,
        };
        var (record, summary) = Run(Fail(at: 50.5), LostRequests.Fail, clients);

        Assert.Equal(70.5 + 100, record.Finish.Seconds, 1e-9);
        Assert.Equal((2, 0, 71.5), (record.Attempts, record.Failovers, record.TtftSeconds));
        Assert.Equal((109L, 59L), (summary.Service!.UsefulTokens, summary.Service.WastedTokens));
        Assert.Equal((1L, 0L), (summary.Service.Retries, summary.Failed));
    }

    [Fact]
    public void A_slow_instance_takes_longer_from_the_next_iteration_on()
    {
        Fault slow = new()
        {
            AtSeconds = 10.5,
            Kind = FaultKind.Slow,
            Factor = 3,
            ForSeconds = 30,
        };
        var (record, _) = Run(slow, LostRequests.Keep);

        // 11 iterations of a second, ten of three until 41 (the one that begins at 38 is under way at 40.5), then 79 of a second.
        Assert.Equal(11 + 30 + 79, record.Finish.Seconds, 1e-9);
    }

    [Fact]
    public void A_notice_lets_what_runs_go_on()
    {
        var (record, summary) = Run(Fail(at: 50.5) with { NoticeSeconds = 60 }, LostRequests.Keep);

        Assert.Equal((100.0, 0), (record.Finish.Seconds, record.Failovers));
        Assert.Equal([InstanceState.Draining], summary.Fleet!.Events.Take(1).Select(change => change.State));
    }

    [Fact]
    public void A_client_that_gives_up_frees_the_batch_at_the_next_boundary()
    {
        var (record, summary) = Run(
            fault: null,
            LostRequests.Keep,
            new ClientBehavior { TotalPatience = Durations.Constant(20.5) }
        );

        Assert.Equal(Outcome.TimedOut, record.Outcome);
        // It leaves with the 21st iteration: 10 + 20 tokens.
        Assert.Equal((0L, 30L), (summary.Service!.UsefulTokens, summary.Service.WastedTokens));
    }

    private static Fault Fail(double at) =>
        new()
        {
            AtSeconds = at,
            Kind = FaultKind.Fail,
            ForSeconds = 10,
        };

    private static (RequestRecord Record, RunSummary Summary) Run(
        Fault? fault,
        LostRequests lost,
        ClientBehavior? clients = null,
        Fault? second = null
    )
    {
        var scenario = Scenarios.AbstractEngines(
            new IterationTimesModel(1, TrendIterations: 1000),
            new EngineSpec { KvBlocks = 1000, PrefixCaching = false },
            mixed: 1
        );
        RequestRecord? record = null;
        var summary = Simulator.Run(
            scenario with
            {
                TpotSloSeconds = 2,
                Clients = clients ?? ClientBehavior.None,
                Fleet = fault is null
                    ? null
                    : new FleetPlan
                    {
                        Faults = second is null ? [fault] : [fault, second],
                        LostRequests = lost,
                        StartSeconds = 0,
                    },
            },
            [new RequestSpec(0, SimTime.Zero, 10, 100)],
            ended => record = ended,
            TestContext.Current.CancellationToken
        );
        return (record!.Value, summary);
    }
}
