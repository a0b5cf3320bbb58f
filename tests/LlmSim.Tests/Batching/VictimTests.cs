using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>
/// Who is preempted, and vLLM's scheduling_policy priority (vLLM documentation, scheduler_config; v1/core/sched/scheduler.py): the queue by priority and arrival, and
/// of the running requests the last in this order is preempted.
/// </summary>
public sealed class VictimTests
{
    private static readonly IterationTimesModel s_times = new(SecondsPerIteration: 1, SecondsPerToken: 0.01);

    /// <summary>Room for 60 tokens.</summary>
    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 100,
        BlockTokens = 10,
        KvBlocks = 7,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    private static readonly EngineSpec s_byPriority = s_engine with
    {
        SchedulingPolicy = SchedulingPolicy.Priority,
    };

    [Theory]
    // The second outgrows its third block, and the first will.
    [InlineData(SchedulingPolicy.Fcfs, 20, 20, 25, 20, 0, 1)]
    [InlineData(SchedulingPolicy.Priority, 20, 20, 25, 20, 1, 0)]
    // The first would not.
    [InlineData(SchedulingPolicy.Fcfs, 21, 9, 25, 20, 0, 1)]
    [InlineData(SchedulingPolicy.Priority, 21, 9, 25, 20, 1, 0)]
    public void The_less_urgent_request_gives_way_though_it_came_first(
        SchedulingPolicy policy,
        int firstPrompt,
        int firstOutput,
        int secondPrompt,
        int secondOutput,
        int firstEvictions,
        int secondEvictions
    )
    {
        var records = Run(
            s_engine with
            {
                SchedulingPolicy = policy,
            },
            Of(0, 0, firstPrompt, firstOutput, priority: 1),
            Of(1, 0.5, secondPrompt, secondOutput, priority: 0)
        );

        Assert.Equal([firstEvictions, secondEvictions], records.Select(record => record.Evictions));
        // Who stays gets a token in every iteration, of one or two tokens and once of the other's prompt.
        var stays = records.Single(record => record.Evictions == 0);
        var seconds = (stays.Finish - stays.PrefillFinish).Seconds / (stays.TraceOutputTokens - 1);
        Assert.InRange(seconds, 1.009, 1.06);
    }

    [Fact]
    public void Waiting_requests_go_by_priority_then_arrival_whatever_the_queue_policy()
    {
        var one = s_byPriority with { MaxSequences = 1 };
        var records = Run(
            one,
            Of(0, 0, 10, 2, priority: 5),
            Of(1, 0.1, 10, 2, priority: 3),
            Of(2, 0.2, 10, 2, priority: -1),
            Of(3, 0.3, 10, 2, priority: 3)
        );

        Assert.Equal(
            [0L, 2, 1, 3],
            records.OrderBy(record => record.PrefillStart).Select(record => record.Id)
        );
    }

    [Fact]
    public void A_preempted_request_waits_for_more_urgent_ones()
    {
        // The first is preempted by the second; the third, which is more urgent than it, goes before it.
        var records = Run(
            s_byPriority,
            Of(0, 0, 20, 20, priority: 2),
            Of(1, 0.5, 25, 20, priority: 0),
            Of(2, 3, 25, 2, priority: 1)
        );

        Assert.Equal(1, records[0].Evictions);
        Assert.True(records[2].Finish < records[0].Finish);
    }

    [Theory]
    [InlineData("latest", 1)]
    [InlineData("lowest_priority", 0)]
    [InlineData("most_blocks", 0)]
    public void The_runs_policy_chooses_without_an_engine_as_well(string victim, int evicted)
    {
        // Room for 60 tokens, and the first holds more.
        var scenario = Scenarios.Abstract(new ServiceTimes(0, 1), kvCapacityTokens: 60);
        var records = new List<RequestRecord>();
        Simulator.Run(
            scenario with
            {
                Policies = scenario.Policies with { Victim = PolicyCatalog.BuiltIn.CreateVictim(victim) },
            },
            [Of(0, 0, 25, 20, priority: 1), Of(1, 0, 20, 20, priority: 0)],
            records.Add
        );

        Assert.Equal(
            [evicted],
            records.Where(record => record.Evictions > 0).Select(record => (int)record.Id)
        );
    }

    [Fact]
    public void The_latest_is_what_instances_choose_by_themselves_and_others_lose_nothing()
    {
        var (preempted, differ) = (0L, 0);
        for (var seed = 1; seed <= 80; seed++)
        {
            var cluster = new RandomCluster(seed);
            var (usual, usualSummary) = Run(cluster, null);
            var (latest, _) = Run(cluster, "latest");
            Assert.Equal(usual, latest);
            preempted += usualSummary.Evictions;
            foreach (var victim in (string[])["lowest_priority", "most_blocks"])
            {
                var (others, _) = Run(cluster, victim);
                Assert.Equal(usual.Count, others.Count);
                differ += usual.SequenceEqual(others) ? 0 : 1;
            }
        }

        Assert.True(preempted > 40 && differ > 5, $"{preempted} preempted, {differ} runs differ");
    }

    [Fact]
    public void Another_victim_is_refused()
    {
        var scenario = EngineScenarios.Cluster(s_times, s_engine, mixed: 1);
        scenario = scenario with { Policies = scenario.Policies with { Victim = new Nobody() } };

        var error = Assert.Throws<UserErrorException>(() =>
            EngineScenarios.Run(scenario, [Of(0, 0, 20, 20, 0), Of(1, 0, 20, 20, 0)])
        );

        Assert.Contains("it chose position 2 of 2 running requests", error.Message, StringComparison.Ordinal);
    }

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        RandomCluster cluster,
        string? victim
    )
    {
        var scenario = cluster.NewScenario();
        var policies = scenario.Policies with
        {
            Victim = victim is null ? null : PolicyCatalog.BuiltIn.CreateVictim(victim),
        };
        return EngineScenarios.Run(scenario with { Policies = policies }, cluster.Requests);
    }

    private static List<RequestRecord> Run(EngineSpec engine, params RequestSpec[] requests) =>
        EngineScenarios.Run(EngineScenarios.Cluster(s_times, engine, mixed: 1), requests).Records;

    private static RequestSpec Of(long id, double arrival, int prompt, int output, int priority) =>
        new(id, SimTime.FromSeconds(arrival), prompt, output)
        {
            Origin = new RequestOrigin { Priority = priority },
        };

    private sealed class Nobody : IVictimPolicy
    {
        public int Choose(in VictimContext context) => context.Running.Length;
    }
}
