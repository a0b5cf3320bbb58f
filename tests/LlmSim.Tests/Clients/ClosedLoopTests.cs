using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Batching;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Clients;

/// <summary>A closed loop: so many requests in flight, the next is sent when one ends.</summary>
public sealed class ClosedLoopTests
{
    private const double PrefillSeconds = 0.1;
    private const double IterationSeconds = 1e-3;
    private const int OutputTokens = 1001;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(40)]
    public void Throughput_is_the_asymptotic_bound_of_a_closed_network(int clients)
    {
        // One server for prompts; decode delays everybody by the same, however many there are.
        var records = Run(
            Scenarios.Abstract(new ServiceTimes(PrefillSeconds / 100, IterationSeconds)),
            clients,
            Enumerable.Repeat((100, OutputTokens), 12 * clients)
        );

        const double Total = PrefillSeconds + ((OutputTokens - 1) * IterationSeconds);
        var bound = Math.Min(clients / Total, 1 / PrefillSeconds);
        var rounds = 8 * clients;
        var finishes = records.Select(record => record.Finish.Seconds).Order().ToArray();
        var throughput = rounds / (finishes[^1] - finishes[^(rounds + 1)]);
        // A request waits up to one iteration for the next boundary of the decode batch.
        Assert.InRange(throughput, bound * (1 - (2 * IterationSeconds / Total)), bound * (1 + 1e-9));
        // Little's law: clients = throughput × time of a round.
        Assert.Equal(clients / throughput, records[^(clients + 1)].EndToEndSeconds, 2 * IterationSeconds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_station_of_prompts_alone_is_always_busy(int clients)
    {
        var records = Run(
            Scenarios.Abstract(new ServiceTimes(1e-3, IterationSeconds)),
            clients,
            Enumerable.Repeat((100, 1), 50)
        );

        Assert.Equal(50 * PrefillSeconds, records[^1].Finish.Seconds, 1e-9);
        // The one being served and all others before it.
        Assert.All(
            records.Skip(clients),
            record => Assert.Equal(clients * PrefillSeconds, record.TtftSeconds, 1e-9)
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_client_waits_for_nobody(bool asyncScheduling)
    {
        var times = new IterationTimesModel(0.01, 1e-4, 0, 1e-6);
        var scenario = EngineScenarios.Cluster(
            times,
            new EngineSpec { AsyncScheduling = asyncScheduling, KvBlocks = 1000 },
            mixed: 1
        );

        var records = Run(scenario, 1, [(100, 20), (7, 1), (3000, 5), (50, 2)]);

        var end = SimTime.Zero;
        foreach (var record in records)
        {
            Assert.Equal(end, record.Arrival);
            Assert.Equal(times.PrefillSeconds(record.TraceInputTokens), record.TtftSeconds, 1e-9);
            var contexts = Enumerable.Range(record.TraceInputTokens, record.TraceOutputTokens - 1);
            Assert.Equal(
                contexts.Sum(context => 0.01 + 1e-4 + (1e-6 * context)),
                (record.Finish - record.PrefillFinish).Seconds,
                1e-7
            );
            end = record.Finish;
        }
    }

    [Fact]
    public void All_clients_are_in_flight_until_the_last_request_is_sent()
    {
        long rejected = 0;
        Parallel.For(
            0,
            120,
            seed =>
            {
                var engines = new RandomEngineScenario(seed);
                var stages = new RandomScenario(seed, Semantics.Standard);
                var clients = 1 + (seed % 9);
                RequireFull(
                    seed,
                    clients,
                    Run(engines.NewScenario(), clients, engines.Requests),
                    ref rejected
                );
                RequireFull(seed, clients, Run(stages.NewScenario(), clients, stages.Requests), ref rejected);
            }
        );

        Assert.True(rejected > 100, $"{rejected} rejections");
    }

    [Fact]
    public void Macro_steps_give_what_single_steps_give() =>
        Parallel.For(
            0,
            100,
            seed =>
            {
                var random = new RandomEngineScenario(seed);

                Assert.Equal(
                    Run(random.NewScenario(), 1 + (seed % 9), random.Requests, maxIterationsPerEvent: 1),
                    Run(random.NewScenario(), 1 + (seed % 9), random.Requests)
                );
            }
        );

    [Fact]
    public void A_request_that_is_rejected_counts_as_ended()
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(1e-3, 1e-3), kvCapacityTokens: 1000);

        var records = Run(scenario, 2, [(5000, 1), (5000, 1), (5000, 1), (100, 3), (5000, 1), (100, 3)]);

        Assert.Equal([0L, 1, 2, 4], records.Where(record => record.IsRejected).Select(record => record.Id));
        Assert.All(records, record => Assert.Equal(SimTime.Zero, record.Arrival));
    }

    [Fact]
    public void A_steady_state_allocates_nothing()
    {
        var requests = Enumerable
            .Range(0, 6000)
            .Select(id => new RequestSpec(id, SimTime.Zero, 1000, 250))
            .ToArray();

        Assert.Equal(
            0,
            Allocations.OfSteadyState(() => Scenarios.Default() with { Concurrency = 32 }, requests)
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void There_is_at_least_one_client(int clients)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Run(Scenarios.Default(), clients, Enumerable.Repeat((10, 1), 1))
        );

        Assert.Equal($"concurrency: found {clients}; allowed: an integer of at least 1", error.Message);
    }

    /// <summary>Records in the order of sending.</summary>
    private static List<RequestRecord> Run(
        Scenario scenario,
        int clients,
        IEnumerable<(int Input, int Output)> lengths
    ) =>
        Run(
            scenario,
            clients,
            // Their own times are not read.
            [
                .. lengths.Select(
                    (length, id) => new RequestSpec(id, SimTime.FromSeconds(3), length.Input, length.Output)
                ),
            ]
        );

    private static List<RequestRecord> Run(
        Scenario scenario,
        int clients,
        IReadOnlyList<RequestSpec> requests,
        int maxIterationsPerEvent = 4096
    )
    {
        scenario = scenario with { Concurrency = clients };
        var records = new List<RequestRecord>();
        new Cluster(scenario, requests, Recorders.For(scenario, records.Add), maxIterationsPerEvent).Run(
            CancellationToken.None
        );
        return [.. records.OrderBy(record => record.Id)];
    }

    private static void RequireFull(int seed, int clients, List<RequestRecord> records, ref long rejected)
    {
        Assert.Equal(Enumerable.Range(0, records.Count).Select(id => (long)id), records.Select(r => r.Id));
        Assert.Equal(records.Select(r => r.Arrival).Order(), records.Select(r => r.Arrival));
        var served = records.Where(record => !record.IsRejected).ToArray();
        Interlocked.Add(ref rejected, records.Count - served.Length);
        var last = records[^1].Arrival;
        var instants = served
            .SelectMany(record => new[] { record.Arrival, record.Finish })
            .Where(instant => instant < last)
            .Distinct();
        foreach (var instant in instants)
        {
            var inFlight = served.Count(record => record.Arrival <= instant && instant < record.Finish);
            Assert.True(inFlight == clients, $"seed {seed}: {inFlight} of {clients} in flight at {instant}");
        }
    }
}
