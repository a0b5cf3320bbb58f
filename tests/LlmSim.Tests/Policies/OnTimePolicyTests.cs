using FsCheck.Xunit;
using LlmSim.Experiments.Extensions;
using LlmSim.Kernel;
using LlmSim.OrTools;
using LlmSim.Policies;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

public sealed class OnTimePolicyTests
{
    private const long Now = 1000;

    [Fact]
    public void Both_reach_the_number_that_brute_force_finds_on_1000_random_queues()
    {
        var random = new RandomStream(7, "queues");
        var contested = 0;
        for (var round = 0; round < 1000; round++)
        {
            var queue = RandomQueue(random, requests: 1 + random.Next(8), horizon: 40);
            var best = BruteForce(queue, Now);

            Assert.Equal(best, OnTimeWhenServed(new MooreHodgsonPolicy(), queue));
            Assert.Equal(best, OnTimeWhenServed(new MilpPolicy(), queue));
            contested += best < queue.Length ? 1 : 0;
        }

        // Queues in which all are on time would prove nothing.
        Assert.InRange(contested, 500, 1000);
    }

    [Fact]
    public void Both_reach_the_same_number_on_long_queues_with_nanosecond_times()
    {
        // Long enough to show CP-SAT's presolve at fault: with it, milp misses requests here.
        var random = new RandomStream(8, "queues");
        for (var round = 0; round < 50; round++)
        {
            var queue = RandomQueue(random, requests: 20 + random.Next(20), horizon: 20_000_000_000);

            Assert.Equal(
                OnTimeWhenServed(new MooreHodgsonPolicy(), queue),
                OnTimeWhenServed(new MilpPolicy(), queue)
            );
        }
    }

    [Property(MaxTest = 100)]
    public void Moore_hodgson_is_never_worse_than_edf_or_shortest(int seed, byte requests)
    {
        var queue = RandomQueue(new RandomStream(seed, "queue"), 1 + (requests % 100), horizon: 1_000_000);

        var onTime = OnTimeWhenServed(new MooreHodgsonPolicy(), queue);

        Assert.True(onTime >= OnTimeWhenServed(new EdfPolicy(), queue));
        Assert.True(onTime >= OnTimeWhenServed(new ShortestPolicy(), queue));
    }

    [Theory]
    [InlineData("moore_hodgson")]
    [InlineData("milp")]
    public void On_time_is_strictly_before_the_deadline(string name)
    {
        // Ten nanoseconds from now: nine of prefill make it, ten do not.
        Request[] queue =
        [
            Request(prefill: 10, deadline: Now + 10, tokens: 1),
            Request(prefill: 9, deadline: Now + 10, tokens: 2),
        ];

        Assert.Equal(1, Create(name).Choose(queue, Now));
    }

    [Theory]
    [InlineData("moore_hodgson")]
    [InlineData("milp")]
    public void When_nobody_can_make_it_the_shortest_goes(string name)
    {
        Request[] queue =
        [
            Request(prefill: 10, deadline: Now - 5, tokens: 30),
            Request(prefill: 10, deadline: Now + 5, tokens: 20),
            Request(prefill: 10, deadline: Now, tokens: 20),
        ];

        Assert.Equal(1, Create(name).Choose(queue, Now));
    }

    [Theory]
    [InlineData("moore_hodgson")]
    [InlineData("milp")]
    public void Of_those_on_time_the_earliest_deadline_goes_and_equal_ones_in_queue_order(string name)
    {
        Request[] queue =
        [
            Request(prefill: 2, deadline: Now + 90),
            Request(prefill: 9, deadline: Now + 50),
            Request(prefill: 1, deadline: Now + 50),
        ];

        Assert.Equal(1, Create(name).Choose(queue, Now));
    }

    [Theory]
    [InlineData("moore_hodgson")]
    [InlineData("milp")]
    public void Without_a_deadline_a_request_waits_for_those_that_have_one(string name)
    {
        Request[] queue =
        [
            Request(prefill: 5, deadline: long.MaxValue),
            Request(prefill: 6, deadline: Now + 10),
            Request(prefill: 6, deadline: Now + 10),
        ];

        // Either of the two: they are equal, and there is no time for both.
        Assert.NotEqual(0, Create(name).Choose(queue, Now));
    }

    [Fact]
    public void Milp_counts_its_searches_and_those_that_hit_the_limit()
    {
        var queue = RandomQueue(new RandomStream(9, "queue"), requests: 100, horizon: 20_000_000_000);
        var patient = new MilpPolicy();
        var hasty = new MilpPolicy { TimeLimit = 1e-6 };

        patient.Choose(queue, Now);
        patient.Choose([Request(prefill: 1, deadline: Now + 2)], Now);
        var choice = hasty.Choose(queue, Now);

        Assert.Equal([new("searches", 1), new("limit_hits", 0)], patient.Counters);
        Assert.Equal([new("searches", 1), new("limit_hits", 1)], hasty.Counters);
        Assert.InRange(choice, 0, queue.Length - 1);
    }

    private static ILocalPolicy Create(string name) =>
        ShippedPolicies.Catalog.CreateLocal(name, PolicyDecisions.PrefillLocal);

    /// <summary>Prefill times exponential with a tenth of the horizon as mean, deadlines from a little before now to the horizon.</summary>
    private static Request[] RandomQueue(RandomStream random, int requests, long horizon)
    {
        return [.. Enumerable.Range(0, requests).Select(Make)];

        Request Make(int id)
        {
            var prefill = 1 + (long)(random.NextExponential(rate: 10) * horizon);
            var deadline = Now + (long)((random.NextDouble() - 0.05) * horizon);
            return Request(
                id,
                prefill: prefill,
                deadline: Math.Max(0, deadline),
                tokens: 1 + (int)(prefill % 1000)
            );
        }
    }

    /// <summary>Serves the whole queue as a prefill instance would and counts the requests that meet their deadlines.</summary>
    private static int OnTimeWhenServed(ILocalPolicy policy, Request[] queue)
    {
        var waiting = queue.ToList();
        var now = Now;
        var onTime = 0;
        while (waiting.Count > 0)
        {
            var choice = policy.Choose(waiting.ToArray(), now);
            now += waiting[choice].PrefillDuration.Nanoseconds;
            onTime += now < waiting[choice].TtftDeadline.Nanoseconds ? 1 : 0;
            waiting.RemoveAt(choice);
        }

        return onTime;
    }

    /// <summary>Tries all orders of all subsets whose members are all on time; the others would run after them.</summary>
    private static int BruteForce(Request[] queue, long now, int used = 0)
    {
        var best = 0;
        for (var i = 0; i < queue.Length; i++)
        {
            var finish = now + queue[i].PrefillDuration.Nanoseconds;
            if ((used & (1 << i)) == 0 && finish < queue[i].TtftDeadline.Nanoseconds)
            {
                best = Math.Max(best, 1 + BruteForce(queue, finish, used | (1 << i)));
            }
        }

        return best;
    }
}
