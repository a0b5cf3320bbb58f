using LlmSim.Clients;
using LlmSim.Fleets;
using LlmSim.Performance;
using Xunit;

namespace LlmSim.Tests.Oracles;

/// <summary>
/// Closed forms of queues whose customers think, give up or share, and whose servers fail. A server is a place in the batch of an engine whose
/// iterations take a tenth of a millisecond: a request of n tokens takes n of them.
/// </summary>
public sealed class ReactingClientTests
{
    private const double Iteration = 1e-4;
    private static readonly Lengths s_second = Lengths.Exponential(1 / Iteration);

    [Theory]
    [InlineData(1, 3, 2)]
    [InlineData(1, 10, 5)]
    [InlineData(3, 10, 5)]
    public void Clients_that_think_are_the_machine_repairman(int servers, int clients, double thinkSeconds)
    {
        var (estimate, halfWidth) = QueueingRun.Mean(
            () =>
                Engine(servers) with
                {
                    Concurrency = clients,
                    Clients = new ClientBehavior { ThinkTime = Durations.Exponential(thinkSeconds) },
                },
            replications: 40,
            requests: 30_000,
            arrivalsPerSecond: 1,
            Lengths.Fixed(1),
            s_second,
            record => record.EndToEndSeconds
        );

        var throughput = RepairmanThroughput(servers, clients, thinkSeconds);
        // Response times add up with thinking to the time around the loop (Little).
        Oracle.AssertInside((clients / throughput) - thinkSeconds, estimate, halfWidth);
        // Asymptotic bounds of closed networks (Denning and Buzen, 1978), with a service of 1 s.
        Assert.InRange(
            clients / (estimate + thinkSeconds),
            0,
            Math.Min(servers, clients / (1 + thinkSeconds)) * 1.01
        );
        Assert.True(estimate >= 0.99 * Math.Max(1, ((double)clients / servers) - thinkSeconds));
    }

    [Theory]
    [InlineData(0.9, 5)]
    [InlineData(1.5, 2)]
    public void Clients_that_give_up_are_Erlang_A(double arrivalsPerSecond, double patienceSeconds)
    {
        var (estimate, halfWidth) = QueueingRun.Mean(
            () =>
                Engine(servers: 1) with
                {
                    Clients = new ClientBehavior { TtftPatience = Durations.Exponential(patienceSeconds) },
                },
            replications: 40,
            requests: 60_000,
            arrivalsPerSecond,
            Lengths.Fixed(1),
            s_second,
            record => record.Outcome == Outcome.TimedOut ? 1 : 0
        );

        // Served is what the server does while it is busy; the others have given up (Palm, 1957).
        var expected = 1 - ((1 - ErlangAIdle(arrivalsPerSecond, 1 / patienceSeconds)) / arrivalsPerSecond);
        Oracle.AssertInside(expected, estimate, halfWidth);
    }

    [Fact]
    public void A_server_that_fails_and_is_repaired_keeps_the_published_queue()
    {
        const double Arrivals = 0.5;
        const double Failures = 0.02;
        const double Repairs = 0.5;
        var (estimate, halfWidth) = QueueingRun.Mean(
            () =>
                Engine(servers: 1) with
                {
                    Fleet = new FleetPlan
                    {
                        StartSeconds = 0,
                        Failures = new FailureProcess
                        {
                            MtbfSeconds = 1 / Failures,
                            Repair = Durations.Exponential(1 / Repairs),
                        },
                    },
                },
            replications: 50,
            requests: 60_000,
            Arrivals,
            Lengths.Fixed(1),
            s_second,
            record => record.EndToEndSeconds
        );

        // M/M/1 with breakdowns at any time and work that is kept (White and Christie, 1958), with a service of 1 s.
        var down = Failures + Repairs;
        var customers = Arrivals * ((down * down) + Failures) / (down * (Repairs - (Arrivals * down)));
        Oracle.AssertInside(customers / Arrivals, estimate, halfWidth);
    }

    public static TheoryData<string> Services => ["fixed", "two kinds"];

    [Theory]
    [MemberData(nameof(Services))]
    public void A_batch_that_shares_its_time_does_not_care_for_the_kind_of_services(string services)
    {
        const double Utilization = 0.5;
        var outputs = services switch
        {
            "fixed" => Lengths.Fixed(10_000),
            _ => new Lengths(
                random =>
                    Math.Max(
                        1,
                        (int)random.NextExponential(random.NextDouble() < 0.9 ? 1.0 / 5000 : 1.0 / 55_000)
                    ),
                10_000,
                2 * ((0.9 * 5000 * 5000) + (0.1 * 55_000 * 55_000))
            ),
        };
        var (estimate, halfWidth) = QueueingRun.Mean(
            () =>
                Engine(
                    servers: 10_000,
                    new IterationTimesModel(0, SecondsPerToken: Iteration, TrendIterations: 1_000_000)
                ),
            replications: 40,
            requests: 40_000,
            Utilization,
            Lengths.Fixed(1),
            outputs,
            record => record.EndToEndSeconds
        );

        // Processor sharing: E[S] / (1 − ρ), whatever the distribution (Kleinrock, 1976). A newcomer waits for the iteration that is under
        // way: on average half a token's time for each of the ρ / (1 − ρ) others.
        var expected = (1 / (1 - Utilization)) + (Iteration * Utilization / (1 - Utilization) / 2);
        Oracle.AssertInside(expected, estimate, halfWidth);
    }

    private static Scenario Engine(int servers, IterationTimesModel? times = null) =>
        Scenarios.AbstractEngines(
            times ?? new IterationTimesModel(Iteration, TrendIterations: 1_000_000),
            new EngineSpec
            {
                MaxSequences = servers,
                MaxBatchedTokens = 1_000_000,
                KvBlocks = 100_000_000,
                PrefixCaching = false,
                CapturedSizes = [],
            },
            mixed: 1
        );

    /// <summary>Requests a second of so many clients before so many servers, with a service of 1 s.</summary>
    private static double RepairmanThroughput(int servers, int clients, double thinkSeconds)
    {
        var (weight, sum, busy) = (1.0, 1.0, 0.0);
        for (var present = 1; present <= clients; present++)
        {
            weight *= (clients - present + 1) / thinkSeconds / Math.Min(present, servers);
            sum += weight;
            busy += weight * Math.Min(present, servers);
        }

        return busy / sum;
    }

    /// <summary>Probability that a server of rate 1 has nobody, when each of those that wait gives up at a rate.</summary>
    private static double ErlangAIdle(double arrivals, double giveUp)
    {
        var (weight, sum) = (1.0, 1.0);
        for (var present = 1; present < 1000; present++)
        {
            weight *= arrivals / (1 + ((present - 1) * giveUp));
            sum += weight;
        }

        return 1 / sum;
    }
}
