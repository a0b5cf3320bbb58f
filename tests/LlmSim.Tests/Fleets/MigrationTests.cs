using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Fleets;

/// <summary>Requests that go on elsewhere with their KV cache, because their instance drains.</summary>
public sealed class MigrationTests
{
    private static readonly RequestSpec s_request = new(0, SimTime.Zero, 10, 100);

    /// <summary>Iterations of a second, links of 30 bytes a second, a byte a token.</summary>
    public static TheoryData<bool, bool> Clusters =>
        new()
        {
            { true, false },
            { true, true },
            { false, false },
            { false, true },
        };

    [Theory]
    // The first token at 1 s, the 51st at 51 s with 60 tokens in the KV cache: 2 s and the latency. Then 49 iterations more.
    [InlineData(true, false, 60, 51 + 2.5 + 49)]
    [InlineData(true, true, 60, 51 + 2.5 + 49)]
    [InlineData(false, false, 60, 51 + 2.5 + 49)]
    // The prompt takes 0.5 + 10 / 30 s to come into the decode instance, which is at its 49th token after the notice.
    [InlineData(false, true, 59, 50 + (5 / 6.0) + 0.5 + (59 / 30.0) + 50)]
    public void A_running_request_takes_its_kv_cache_along(
        bool hasEngine,
        bool isContended,
        long bytes,
        double finish
    )
    {
        var (records, summary) = Run(
            Cluster(hasEngine, isContended),
            Notice(at: 50.5, seconds: 60),
            [s_request]
        );

        var record = Assert.Single(records);
        Assert.Equal(finish, record.Finish.Seconds, 1e-6);
        Assert.Equal((0, 1, 0), (record.Failovers, record.Migrations, record.Evictions));
        Assert.Equal((1L, bytes), (summary.Fleet!.Migrations, summary.Fleet.MigratedBytes));
        Assert.Equal((109L, 0L), (summary.Service!.UsefulTokens, summary.Service.RecomputedTokens));
        // All gaps but the one of the transfer are an iteration's.
        Assert.Equal((finish - 1) / 99, summary.ItlSeconds.Mean, 1e-6);
        Assert.Equal((finish - 1) / 99, record.TpotSeconds, 1e-6);
        Assert.Equal(0, record.DecodeQueueSeconds, 1e-6);
    }

    [Theory]
    // At 91 s a context of 100 tokens leaves, and the other instance takes it in with its iteration that begins at 95 s.
    [InlineData(true, false, 104)]
    [InlineData(true, true, 104)]
    [InlineData(false, false, 104)]
    [InlineData(false, true, 104 + (5 / 6.0))]
    public void It_ends_where_it_is_while_no_other_instance_has_room(
        bool hasEngine,
        bool isContended,
        double finish
    )
    {
        // Two on the first instance, and room for another 120 tokens beside the one on the second.
        var requests = Enumerable.Range(0, 3).Select(id => s_request with { Id = id }).ToArray();
        var scenario = Cluster(hasEngine, isContended, capacity: 220);
        var (records, summary) = Run(scenario, Notice(at: 90.5, seconds: 300), requests);

        Assert.Equal([1, 0, 0], records.Select(record => record.Migrations));
        Assert.Equal(finish, records[0].Finish.Seconds, 1e-6);
        Assert.All(records[1..], record => Assert.InRange(record.Finish.Seconds, 100, 104));
        Assert.Equal((0L, 0L), (summary.Service!.RecomputedTokens, summary.Service.Failovers));
    }

    /// <summary>Two requests wait behind one that is computed when their instance drains.</summary>
    [Fact]
    public void Waiting_requests_are_routed_anew()
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(1, 0.001), prefillInstances: 2);
        var requests = Enumerable.Range(0, 5).Select(id => new RequestSpec(id, SimTime.Zero, 10, 2));
        var fault = Notice(at: 5, seconds: 1000) with { Stage = "prefill" };
        var (stay, _) = Run(scenario, fault, requests, DrainPlan.Finish);
        var (leave, _) = Run(scenario, fault, requests);

        // 0, 2 and 4 are on the first instance; it computes the first to its end.
        Assert.Equal([10, 10, 20, 20, 30], stay.Select(record => record.PrefillFinish.Seconds));
        Assert.Equal([10, 10, 30, 20, 40], leave.Select(record => record.PrefillFinish.Seconds));
        Assert.Equal([0, 1, 1, 1, 1], leave.Select(record => record.PrefillInstance));
    }

    /// <summary>A machine that says early enough that it goes loses no token; without migration its work is done again.</summary>
    [Theory]
    [MemberData(nameof(Clusters))]
    public void With_a_notice_no_token_is_computed_again(bool hasEngine, bool isContended)
    {
        var scenario = Cluster(hasEngine, isContended, bytesPerSecond: 1000);
        var requests = Enumerable
            .Range(0, 40)
            .Select(id => new RequestSpec(id, SimTime.FromSeconds(3.7 * id), 20, 200))
            .ToArray();
        var fault = Notice(at: 100, seconds: 20);
        var (_, stay) = Run(scenario, fault, requests, DrainPlan.Finish);
        var (_, leave) = Run(scenario, fault, requests);

        Assert.True(stay.Service!.RecomputedTokens > 1000, $"{stay.Service.RecomputedTokens}");
        Assert.Equal((0L, 0L), (leave.Service!.RecomputedTokens, leave.Service.Failovers));
        Assert.True(leave.Fleet!.Migrations >= 10, $"{leave.Fleet.Migrations}");
        Assert.Equal(40, leave.Finished);
    }

    /// <summary>The destination fails while the KV cache is on its way: it goes to the third instance, from where it still is.</summary>
    [Theory]
    [InlineData(true, false, 52 + 2.5 + 49)]
    [InlineData(true, true, 52 + 2.5 + 49)]
    [InlineData(false, false, 52 + 2.5 + 49)]
    [InlineData(false, true, 52 + 0.5 + (59 / 30.0) + 50)]
    public void A_kv_cache_on_its_way_to_an_instance_that_fails_goes_to_another(
        bool hasEngine,
        bool isContended,
        double finish
    )
    {
        var failure = new Fault
        {
            AtSeconds = 52,
            Kind = FaultKind.Fail,
            Stage = hasEngine ? "mixed" : "decode",
            Instance = 1,
        };
        var scenario = Cluster(hasEngine, isContended, instances: 3);
        var (records, summary) = Run(scenario, Notice(at: 50.5, seconds: 60), [s_request], more: failure);

        Assert.Equal(finish, Assert.Single(records).Finish.Seconds, 1e-6);
        Assert.Equal((1L, 0L), (summary.Fleet!.Migrations, summary.Service!.RecomputedTokens));
    }

    /// <summary>Where no other is left, what was computed is lost with the way.</summary>
    [Fact]
    public void Or_it_is_computed_anew()
    {
        var failure = new Fault
        {
            AtSeconds = 52,
            Kind = FaultKind.Fail,
            Stage = "mixed",
            Instance = 1,
            ForSeconds = 10,
        };
        var (records, summary) = Run(
            Cluster(hasEngine: true, isContended: true),
            Notice(at: 50.5, seconds: 60),
            [s_request],
            more: failure
        );

        // The second instance is ready again at 62 s; a prompt of 61 tokens gives the 52nd at 63 s.
        Assert.Equal(63 + 48, Assert.Single(records).Finish.Seconds, 1e-6);
        Assert.Equal((0L, 1L), (summary.Fleet!.Migrations, summary.Service!.Failovers));
    }

    private static Fault Notice(double at, double seconds) =>
        new()
        {
            AtSeconds = at,
            Kind = FaultKind.Fail,
            Instance = 0,
            NoticeSeconds = seconds,
        };

    private static Scenario Cluster(
        bool hasEngine,
        bool isContended,
        int capacity = 100_000,
        int instances = 2,
        double bytesPerSecond = 30
    )
    {
        var times = new IterationTimesModel(1, TrendIterations: 1000);
        var engine = new EngineSpec
        {
            KvBlocks = capacity + 1,
            BlockTokens = 1,
            PrefixCaching = false,
            AsyncScheduling = false,
        };
        var scenario = hasEngine
            ? Scenarios.AbstractEngines(times, engine, mixed: instances)
            : Scenarios.Abstract(times, decodeInstances: instances, kvCapacityTokens: capacity);
        InstanceSpec[] Linked(IReadOnlyList<InstanceSpec> specs) =>
            [
                .. specs.Select(spec =>
                    spec with
                    {
                        KvLinkBytesPerSecond = bytesPerSecond,
                        KvLinkLatencySeconds = 0.5,
                    }
                ),
            ];
        return scenario with
        {
            DecodeInstances = Linked(scenario.DecodeInstances),
            MixedInstances = Linked(scenario.MixedInstances),
            Semantics = scenario.Semantics with
            {
                KvTransfer = isContended ? KvTransfer.ContendedLinks : KvTransfer.SharedLink,
            },
        };
    }

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        Fault fault,
        IEnumerable<RequestSpec> requests,
        DrainPlan drain = DrainPlan.Migrate,
        Fault? more = null
    )
    {
        var records = new List<RequestRecord>();
        var stage = scenario.MixedInstances.Count > 0 ? "mixed" : "decode";
        var summary = Simulator.Run(
            scenario with
            {
                Fleet = new FleetPlan
                {
                    Faults =
                    [
                        fault with
                        {
                            Stage = fault.Stage ?? stage,
                        },
                        .. more is null ? [] : new[] { more },
                    ],
                    Drain = drain,
                    StartSeconds = 0,
                },
            },
            requests,
            records.Add,
            TestContext.Current.CancellationToken
        );
        return ([.. records.OrderBy(record => record.Id)], summary);
    }
}
