using LlmSim.Policies;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

public sealed class GlobalPolicyTests
{
    [Fact]
    public void Round_robin_goes_in_turn_with_a_counter_for_each_stage()
    {
        var set = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs");
        Instance[] instances = [Instance(0), Instance(1), Instance(2)];

        Assert.Equal([0, 1, 2, 0, 1], Choices(set.PrefillGlobal, 5));
        Assert.Equal([0, 1], Choices(set.DecodeGlobal, 2));
        Assert.Equal([2], Choices(set.PrefillGlobal, 1));

        int[] Choices(IGlobalPolicy policy, int count) =>
            [.. Enumerable.Range(0, count).Select(_ => policy.Choose(instances))];
    }

    [Fact]
    public void Round_robin_shares_evenly_among_the_instances_that_are_left()
    {
        var policy = Create("round_robin");
        Instance[] all = [Instance(0), Instance(1), Instance(2), Instance(3)];
        Instance[] large = [all[1], all[3]];
        policy.Choose(all);
        policy.Choose(all);
        policy.Choose(all);

        int[] choices = [.. Enumerable.Range(0, 4).Select(_ => policy.Choose(large))];

        Assert.Equal([1, 0, 1, 0], choices);
        Assert.Equal(3, policy.Choose(all));
    }

    [Fact]
    public void Lowest_load_takes_the_least_estimated_work_and_the_first_of_equals()
    {
        Assert.Equal(
            1,
            Create("lowest_load").Choose([Instance(0, work: 2), Instance(1, work: 1), Instance(2, work: 1)])
        );
    }

    [Fact]
    public void Least_requests_counts_queued_and_running_ones()
    {
        Instance[] instances =
        [
            Instance(0, queued: 0, running: 4),
            Instance(1, queued: 3, running: 0),
            Instance(2, queued: 1, running: 2),
        ];

        Assert.Equal(1, Create("least_requests").Choose(instances));
    }

    [Fact]
    public void Least_kv_counts_free_bytes_and_not_shares()
    {
        Instance[] instances =
        [
            Instance(0, capacity: 100, committed: 0),
            Instance(1, capacity: 1000, committed: 800),
            Instance(2, capacity: 1000, committed: 1500),
        ];

        Assert.Equal(1, Create("least_kv").Choose(instances));
    }

    [Fact]
    public void Power_of_two_never_takes_the_busiest_and_often_misses_the_idlest()
    {
        var policy = Create("power_of_two");
        var random = Stream();
        Instance[] instances =
        [
            Instance(0, queued: 3),
            Instance(1, running: 1),
            Instance(2, running: 2),
            Instance(3, running: 2),
        ];

        var counts = new int[4];
        for (var i = 0; i < 6000; i++)
        {
            counts[policy.Choose(instances, random)]++;
        }

        // Six pairs, equally likely: instance 1 wins three, instance 2 two (one of them a tie), instance 3 one.
        Assert.Equal(0, counts[0]);
        Assert.InRange(counts[1], 2850, 3150);
        Assert.InRange(counts[2], 1850, 2150);
        Assert.InRange(counts[3], 880, 1120);
    }

    [Fact]
    public void Power_of_two_takes_the_only_instance() =>
        Assert.Equal(0, Create("power_of_two").Choose([Instance()]));

    [Fact]
    public void Random_takes_each_instance_and_each_request_equally_often()
    {
        var global = Create("random");
        var local = PolicyCatalog.BuiltIn.CreateLocal("random", PolicyDecisions.DecodeLocal);
        var random = Stream();
        Instance[] instances = [Instance(0), Instance(1), Instance(2)];
        Request[] queue = [Request(0), Request(1), Request(2)];

        var instanceCounts = new int[3];
        var requestCounts = new int[3];
        for (var i = 0; i < 6000; i++)
        {
            instanceCounts[global.Choose(instances, random)]++;
            requestCounts[local.Choose(queue, random: random)]++;
        }

        Assert.All(instanceCounts.Concat(requestCounts), count => Assert.InRange(count, 1850, 2150));
    }

    private static IGlobalPolicy Create(string name) =>
        PolicyCatalog.BuiltIn.CreateGlobal(name, PolicyDecisions.PrefillGlobal);
}
