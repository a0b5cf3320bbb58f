using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Fleets;

/// <summary>Instances that change from prefill to decode and back, on runs that can be followed by hand.</summary>
public sealed class RoleTests
{
    /// <summary>Prompts of 10 s; the second decode instance has nothing to do at 10 s.</summary>
    [Fact]
    public void A_decode_instance_that_is_empty_prefills_after_the_time_of_a_switch()
    {
        var (records, summary) = Run(
            Cluster(prefill: 1, decode: 2),
            [.. Enumerable.Range(0, 6).Select(id => Prompt(id, 0)), Prompt(6, 20)],
            "balance:queue_seconds=20"
        );

        Assert.Equal(
            [
                new LifecycleEvent(0, "prefill", 1, InstanceState.Stopped),
                new LifecycleEvent(0, "prefill", 2, InstanceState.Stopped),
                new LifecycleEvent(0, "decode", 2, InstanceState.Stopped),
                new LifecycleEvent(10, "decode", 1, InstanceState.Draining),
                new LifecycleEvent(10, "decode", 1, InstanceState.Stopped),
                new LifecycleEvent(10, "prefill", 2, InstanceState.Starting),
                new LifecycleEvent(15, "prefill", 2, InstanceState.Ready),
            ],
            summary.Fleet!.Events.Take(7)
        );
        Assert.Equal((2, 20.0), (records[6].PrefillInstance, records[6].PrefillStart.Seconds));
        Assert.Equal(1, summary.Fleet.RoleSwitches);
        // The same accelerators all the time.
        Assert.All(summary.Fleet.PaidShares, share => Assert.Equal(1, share, 1e-9));
        Assert.Equal(3, summary.Fleet.PaidShares.Count);
        Assert.Equal(3 * summary.MakespanSeconds, summary.Fleet.AcceleratorSeconds, 1e-6);
    }

    /// <summary>Answers of 100 s: the one on the instance has to end before it prefills, or to go to the other one.</summary>
    [Theory]
    // The answer of the second request, on the last instance, begins at 2 s.
    [InlineData(DrainPlan.Finish, 2 + 100 + 5)]
    // It leaves with the iteration that is under way after the decision.
    [InlineData(DrainPlan.Migrate, 11 + 5)]
    public void It_drains_first(DrainPlan drain, double ready)
    {
        RequestSpec[] requests =
        [
            new(0, SimTime.Zero, 1, 101),
            new(1, SimTime.Zero, 1, 101),
            .. Enumerable.Range(2, 6).Select(id => Prompt(id, 2.5)),
            Prompt(8, 200),
        ];
        var (_, summary) = Run(Cluster(prefill: 1, decode: 2), requests, "balance:queue_seconds=20", drain);

        var change = summary.Fleet!.Events.First(one =>
            one is { Stage: "prefill", State: InstanceState.Ready }
        );
        Assert.Equal(ready, change.AtSeconds, 1e-9);
    }

    [Fact]
    public void It_goes_back_when_decode_is_short()
    {
        RequestSpec[] requests =
        [
            .. Enumerable.Range(0, 6).Select(id => Prompt(id, 0)),
            .. Enumerable.Range(6, 40).Select(id => new RequestSpec(id, SimTime.FromSeconds(100), 1, 200)),
        ];
        var (_, summary) = Run(
            Cluster(prefill: 1, decode: 2),
            requests,
            "balance:queue_seconds=20,requests=10",
            cooldown: 30
        );

        Assert.Equal(2, summary.Fleet!.RoleSwitches);
        Assert.Equal(
            ["prefill 2", "decode 1"],
            summary
                .Fleet.Events.Where(one => one.State == InstanceState.Ready)
                .Select(one => $"{one.Stage} {one.Instance}")
        );
    }

    /// <summary>No role is left without an instance, whatever the policy wants.</summary>
    [Theory]
    [InlineData(int.MaxValue, 1, null, 3)]
    [InlineData(int.MaxValue, 2, null, 2)]
    [InlineData(int.MaxValue, 1, 3, 2)]
    [InlineData(int.MinValue, 1, null, 0)]
    public void Limits_are_those_of_each_role(int wanted, int min, int? max, int switches)
    {
        var scenario = Cluster(prefill: min, decode: 4);
        var plan = Plan(new Always(wanted), DrainPlan.Finish, cooldown: 0);
        var summary = Simulator.Run(
            scenario with
            {
                Fleet = plan with { Autoscale = plan.Autoscale! with { Min = min, Max = max } },
            },
            [.. Enumerable.Range(0, 20).Select(id => Prompt(id, id * 5))],
            onRequest: null,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(switches, summary.Fleet!.RoleSwitches);
        Assert.Equal(20, summary.Finished);
    }

    /// <summary>A policy that never switches leaves a run as it is without one.</summary>
    [Fact]
    public void Without_a_switch_results_are_those_of_a_fixed_fleet()
    {
        var requests = Enumerable
            .Range(0, 50)
            .Select(id => new RequestSpec(id, SimTime.FromSeconds(id * 3), 5, 40));
        var scenario = Cluster(prefill: 2, decode: 3) with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("least_requests", "fcfs", "least_requests", "fcfs"),
        };
        var fixedFleet = new List<RequestRecord>();
        Simulator.Run(scenario, requests, fixedFleet.Add, TestContext.Current.CancellationToken);
        var switching = new List<RequestRecord>();
        Simulator.Run(
            scenario with
            {
                Policies = PolicyCatalog.BuiltIn.CreateSet(
                    "least_requests",
                    "fcfs",
                    "least_requests",
                    "fcfs"
                ),
                Fleet = Plan(new Always(0), DrainPlan.Migrate, cooldown: 0),
            },
            requests,
            switching.Add,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(
            fixedFleet.Select(record =>
                (record.Id, record.PrefillInstance, record.DecodeInstance, record.Finish)
            ),
            switching.Select(record =>
                (record.Id, record.PrefillInstance, record.DecodeInstance, record.Finish)
            )
        );
    }

    [Fact]
    public void The_number_of_instances_is_not_for_a_policy_that_switches_roles()
    {
        var plan = Plan(new Always(1), DrainPlan.Finish, cooldown: 0);
        var error = Assert.Throws<UserErrorException>(() =>
            Simulator.Run(
                Cluster(prefill: 1, decode: 2) with
                {
                    Fleet = plan with { Autoscale = plan.Autoscale! with { Initial = 1 } },
                },
                [Prompt(0, 0)]
            )
        );
        Assert.StartsWith(
            "autoscale_limits: initial: found with a policy that switches roles",
            error.Message,
            StringComparison.Ordinal
        );
    }

    /// <summary>10 s of prefill and two tokens.</summary>
    private static RequestSpec Prompt(long id, double at) => new(id, SimTime.FromSeconds(at), 10, 2);

    private static Scenario Cluster(int prefill, int decode)
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(1, 1), prefill, decode);
        InstanceSpec[] Switching(IReadOnlyList<InstanceSpec> specs) =>
            [.. specs.Select(spec => spec with { Switches = true })];
        return scenario with
        {
            PrefillInstances = Switching(scenario.PrefillInstances),
            DecodeInstances = Switching(scenario.DecodeInstances),
        };
    }

    private static FleetPlan Plan(IAutoscalePolicy policy, DrainPlan drain, double cooldown) =>
        new()
        {
            SwitchSeconds = 5,
            Drain = drain,
            Autoscale = new AutoscalePlan
            {
                Policies = new Dictionary<string, IAutoscalePolicy> { ["prefill"] = policy },
                CooldownSeconds = cooldown,
            },
        };

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        IReadOnlyList<RequestSpec> requests,
        string policy,
        DrainPlan drain = DrainPlan.Finish,
        double cooldown = 60
    )
    {
        var records = new List<RequestRecord>();
        var summary = Simulator.Run(
            scenario with
            {
                Fleet = Plan(PolicyCatalog.BuiltIn.CreateAutoscale(policy), drain, cooldown),
            },
            requests,
            records.Add,
            TestContext.Current.CancellationToken
        );
        return ([.. records.OrderBy(record => record.Id)], summary);
    }

    private sealed class Always(int wanted) : IRolePolicy
    {
        public int Decide(in FleetContext context) => context.Ready;

        public int Switch(in RoleContext context) => wanted;
    }
}
