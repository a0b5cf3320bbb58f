using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Metrics;

/// <summary>Overload is told from chance.</summary>
public sealed class QueueGrowthTests
{
    private const int Seeds = 100;

    [Theory]
    [InlineData(0.7, 1000, 0, 0)]
    [InlineData(0.9, 200, 0, 4)]
    [InlineData(0.9, 1000, 0, 2)]
    [InlineData(0.9, 4000, 0, 1)]
    [InlineData(1.2, 1000, 90, 100)]
    [InlineData(1.2, 4000, 98, 100)]
    [InlineData(3, 200, 100, 100)]
    public void A_single_server_is_overloaded_above_a_load_of_one(
        double load,
        int requests,
        int least,
        int most
    )
    {
        var grows = Enumerable.Range(0, Seeds).Count(seed => Prefills(seed, load, requests, "fcfs"));

        Assert.InRange(grows, least, most);
    }

    [Theory]
    [InlineData(1.2)]
    [InlineData(3)]
    public void Overload_is_seen_whatever_the_order_of_the_queue(double load)
    {
        // The shortest first: of the requests that get through hardly one waits, the others wait to the end.
        var grows = Enumerable.Range(0, 20).Count(seed => Prefills(seed, load, requests: 2000, "shortest"));

        Assert.InRange(grows, 18, 20);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(2)]
    public void A_cluster_that_fills_up_at_the_beginning_is_not_overloaded(double latencySeconds)
    {
        // A second of arrivals at servers of which there are always enough.
        var grows = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomStream(seed, "arrivals");
            var growth = new QueueGrowth();
            var ends = new PriorityQueue<double, double>();
            for (var now = 0.0; now < 1; now += random.NextExponential(1000))
            {
                for (; ends.TryPeek(out var end, out _) && end < now; ends.Dequeue())
                {
                    growth.Leave(latencySeconds, secondsWaited: 0);
                }

                growth.Arrive();
                ends.Enqueue(now + latencySeconds, now + latencySeconds);
            }

            while (ends.TryDequeue(out _, out _))
            {
                growth.Leave(latencySeconds, secondsWaited: 0);
            }

            grows += growth.IsSignificant() ? 1 : 0;
        }

        Assert.InRange(grows, 0, 5);
    }

    /// <summary>Poisson arrivals of exponential prompts at a prefill instance.</summary>
    private static bool Prefills(int seed, double load, int requests, string policy)
    {
        const double MeanTokens = 10_000;
        var scenario = Scenarios.Abstract(new ServiceTimes(1 / MeanTokens, 0)) with
        {
            Policies = LlmSim.Policies.PolicyCatalog.BuiltIn.CreateSet(
                "lowest_load",
                policy,
                "lowest_load",
                "fcfs"
            ),
        };
        return Simulator.Run(scenario, Workload()).QueueGrows;

        IEnumerable<RequestSpec> Workload()
        {
            var random = new RandomStream(seed, "workload");
            var seconds = 0.0;
            for (var id = 0; id < requests; id++)
            {
                seconds += random.NextExponential(load);
                var tokens = 1 + (int)random.NextExponential(1 / MeanTokens);
                yield return new RequestSpec(id, SimTime.FromSeconds(seconds), tokens, OutputTokens: 1);
            }
        }
    }
}
