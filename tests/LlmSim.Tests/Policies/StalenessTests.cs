using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>What routers see when they hear of the load now and then, and what a policy predicts.</summary>
public sealed class StalenessTests
{
    [Theory]
    // Prompts of 10 s, sent every 0.4 s. As it is, the load sends them in turn.
    [InlineData(0, "0 1 0 1 0 1")]
    // Within the first second nothing is known; at 1 s the first instance has three and the other none, at 2 s three and two.
    [InlineData(1, "0 0 0 1 1 1")]
    public void A_router_sees_the_load_of_the_last_multiple(double seconds, string expected)
    {
        var records = Run(seconds, "least_requests", Enumerable.Range(0, 6).Select(id => 0.4 * id));

        Assert.Equal(expected, string.Join(' ', records.Select(record => record.PrefillInstance)));
    }

    [Theory]
    // Prompts of 10 s, sent every 0.4 s: each is routed by what was there a second before.
    [InlineData(1, 0.4, 9, "0 0 0 1 1 1 1 1 0")]
    // What was sent a second ago has just been heard of.
    [InlineData(1, 1, 4, "0 1 0 1")]
    [InlineData(1.001, 1, 4, "0 0 1 1")]
    public void A_router_hears_of_a_change_so_long_after_it(
        double seconds,
        double gap,
        int requests,
        string expected
    )
    {
        var sent = Enumerable.Range(0, requests).Select(id => gap * id);
        var records = Run(seconds, "least_requests", sent, isPushed: true);

        Assert.Equal(expected, string.Join(' ', records.Select(record => record.PrefillInstance)));
    }

    /// <summary>Reports within the shortest time of the clock are there before the next request, and such that take none are no reports.</summary>
    [Theory]
    [InlineData(1e-9, 1e-9, true)]
    [InlineData(0, 0, false)]
    public void Reports_that_are_there_at_once_show_the_load_as_it_is(
        double seconds,
        double offset,
        bool byRequestsAlone
    )
    {
        string[] policies = byRequestsAlone ? ["least_requests", "vllm_front"] : ["lowest_load", "least_kv"];
        foreach (var policy in policies)
        {
            var sent = Enumerable.Range(0, 60).Select(id => offset + (1.7 * id) + (id % 7 * 0.003)).ToArray();
            Assert.Equal(
                Run(0, policy, sent).Select(record => (record.Id, record.PrefillInstance, record.Finish)),
                Run(seconds, policy, sent, isPushed: true)
                    .Select(record => (record.Id, record.PrefillInstance, record.Finish))
            );
        }
    }

    /// <summary>Two prompts of 10 s on the first instance, which has none from 20 s on.</summary>
    [Theory]
    // At 31 s the instance was empty 5 s ago; at 32 s nothing has been heard of the request before.
    [InlineData(5, "0 0 0 0")]
    // 15 s ago the second prompt was there.
    [InlineData(15, "0 0 1 1")]
    public void What_has_left_is_heard_of_as_well(double seconds, string expected)
    {
        var records = Run(seconds, "least_requests", [0, 1, 31, 32], isPushed: true);

        Assert.Equal(expected, string.Join(' ', records.Select(record => record.PrefillInstance)));
    }

    [Theory]
    [InlineData("lowest_load")]
    [InlineData("least_requests")]
    [InlineData("vllm_front")]
    [InlineData("conductor")]
    public void A_period_shorter_than_any_gap_shows_the_load_as_it_is(string policy)
    {
        var sent = Enumerable.Range(0, 40).Select(id => 0.003 + (0.7 * id)).ToArray();

        Assert.Equal(
            Run(0, policy, sent).Select(record => (record.Id, record.PrefillInstance, record.Finish)),
            Run(0.005, policy, sent).Select(record => (record.Id, record.PrefillInstance, record.Finish))
        );
    }

    [Fact]
    public void Stale_routers_lose_nothing_in_random_clusters()
    {
        var differ = 0;
        for (var seed = 1; seed <= 60; seed++)
        {
            var cluster = new RandomCluster(seed);
            var usual = Ids(cluster.NewScenario(), cluster.Requests);
            var stale = Ids(cluster.NewScenario() with { RouterStalenessSeconds = 0.02 }, cluster.Requests);
            var pushed = Ids(
                cluster.NewScenario() with
                {
                    RouterStalenessSeconds = 0.02,
                    RouterLoadIsPushed = true,
                },
                cluster.Requests
            );
            Assert.Equal(usual.Select(one => one.Id).Order(), stale.Select(one => one.Id).Order());
            Assert.Equal(usual.Select(one => one.Id).Order(), pushed.Select(one => one.Id).Order());
            differ += usual.SequenceEqual(stale) || usual.SequenceEqual(pushed) ? 0 : 1;
        }

        Assert.True(differ > 5, $"{differ}");
    }

    [Fact]
    public void Class_mean_learns_what_was_served_of_a_class()
    {
        var seen = new Seen();
        var scenario = Scenarios.Abstract(new ServiceTimes(0.001, 0.001));
        Simulator.Run(
            scenario with
            {
                Policies = scenario.Policies with
                {
                    PrefillGlobal = seen,
                    OutputPredictor = PolicyCatalog.BuiltIn.CreateOutputPredictor("class_mean:least=2"),
                },
            },
            Enumerable
                .Range(0, 6)
                .Select(id => new RequestSpec(id, SimTime.FromSeconds(id), 10, 10 + (10 * id))
                {
                    Origin = new RequestOrigin { Class = id % 2 == 0 ? "even" : "odd" },
                })
        );

        // Of the even ones 10 and 30 were served before the third, of the odd ones 20 and 40.
        Assert.Equal([null, null, null, null, 20, 30], seen.Predicted);
    }

    [Fact]
    public void A_prediction_of_nothing_is_refused()
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(0.001, 0.001));
        var error = Assert.Throws<UserErrorException>(() =>
            Simulator.Run(
                scenario with
                {
                    Policies = scenario.Policies with { OutputPredictor = new Nothing() },
                },
                [new RequestSpec(0, SimTime.Zero, 10, 10)]
            )
        );

        Assert.Contains(
            "policy Nothing: at 0 s it predicted 0 tokens of output for request 0; allowed: at least 1",
            error.Message,
            StringComparison.Ordinal
        );
    }

    private static List<RequestRecord> Run(
        double staleness,
        string policy,
        IEnumerable<double> sent,
        bool isPushed = false
    )
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(0.01, 0.001), prefillInstances: 2);
        var records = new List<RequestRecord>();
        Simulator.Run(
            scenario with
            {
                RouterStalenessSeconds = staleness,
                RouterLoadIsPushed = isPushed,
                TtftSloSeconds = 1e6,
                Policies = PolicyCatalog.BuiltIn.CreateSet(policy, "fcfs", "round_robin", "fcfs"),
            },
            sent.Select((seconds, id) => new RequestSpec(id, SimTime.FromSeconds(seconds), 1000, 2)),
            records.Add
        );
        return [.. records.OrderBy(record => record.Id)];
    }

    private static List<(long Id, SimTime Finish)> Ids(Scenario scenario, IEnumerable<RequestSpec> requests)
    {
        var records = new List<RequestRecord>();
        Simulator.Run(scenario, requests, records.Add);
        return [.. records.Select(record => (record.Id, record.Finish))];
    }

    private sealed class Seen : IGlobalPolicy
    {
        public List<int?> Predicted { get; } = [];

        public int Choose(in GlobalContext context)
        {
            Predicted.Add(context.Request.PredictedOutputTokens);
            return 0;
        }
    }

    private sealed class Nothing : IOutputPredictorPolicy
    {
        public int? Predict(in PredictionContext context) => 0;
    }
}
