using LlmSim.Clients;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Clients;

/// <summary>Requests that come at times of their own to a client that may only have so many in flight.</summary>
public sealed class LimitedClientTests
{
    /// <summary>Of a prompt of 100 tokens.</summary>
    private const double PrefillSeconds = 0.1;

    [Theory]
    [InlineData(false, 0.5)]
    [InlineData(true, 0.59)]
    public void What_waits_for_room_is_sent_when_one_ends(bool putsOffTheOthers, double third)
    {
        var records = Run(
            putsOffTheOthers ? SendTimes.Delayed : SendTimes.WhenDue,
            1,
            Requests(0, 0.01, 0.5)
        );

        // The second is due at 0.01 and goes when the first has its only token.
        Assert.Equal(
            [0, PrefillSeconds, third],
            records.Select(record => Math.Round(record.Arrival.Seconds, 9))
        );
        // TTFT counts from sending.
        Assert.All(records, record => Assert.Equal(PrefillSeconds, record.TtftSeconds, 1e-9));
    }

    [Fact]
    public void A_limit_that_is_never_reached_changes_nothing() =>
        Parallel.For(
            0,
            60,
            seed =>
            {
                var random = new RandomScenario(seed, Semantics.Standard);
                var open = Run(random.NewScenario(), random.Requests);

                foreach (var times in (SendTimes[])[SendTimes.WhenDue, SendTimes.Delayed])
                {
                    var scenario = random.NewScenario() with { Concurrency = 100_000, SendTimes = times };
                    Assert.Equal(open, Run(scenario, random.Requests));
                }
            }
        );

    [Fact]
    public void Without_times_it_is_the_closed_loop() =>
        Parallel.For(
            0,
            60,
            seed =>
            {
                var random = new RandomScenario(seed, Semantics.Standard);
                RequestSpec[] requests =
                [
                    .. random.Requests.Select(one => one with { Arrival = SimTime.Zero }),
                ];
                var clients = 1 + (seed % 9);

                Assert.Equal(
                    Run(random.NewScenario() with { Concurrency = clients }, requests),
                    Run(
                        random.NewScenario() with
                        {
                            Concurrency = clients,
                            SendTimes = SendTimes.WhenDue,
                        },
                        requests
                    )
                );
            }
        );

    [Fact]
    public void Nothing_is_sent_before_its_time_or_over_the_limit()
    {
        const int Limit = 3;
        var random = new RandomStream(1, "test");
        var due = new double[200];
        for (var i = 1; i < due.Length; i++)
        {
            due[i] = due[i - 1] + random.NextExponential(1 / PrefillSeconds);
        }

        var records = Run(SendTimes.WhenDue, Limit, Requests(due));

        Assert.Equal(due.Length, records.Count);
        Assert.Contains(records, record => record.Arrival.Seconds > due[record.Id] + 1e-6);
        Assert.All(
            records,
            record =>
            {
                var sent = record.Arrival;
                Assert.True(sent.Seconds >= due[record.Id] - 1e-9);
                var inFlight = records.Count(other => other.Arrival <= sent && sent < other.Finish);
                Assert.InRange(inFlight, 1, Limit);
                // A request that waited was sent the moment that another ended.
                Assert.True(
                    sent.Seconds <= due[record.Id] + 1e-9 || records.Any(other => other.Finish == sent)
                );
            }
        );
    }

    private static RequestSpec[] Requests(params double[] due) =>
        [.. due.Select((seconds, id) => new RequestSpec(id, SimTime.FromSeconds(seconds), 100, 1))];

    private static List<RequestRecord> Run(SendTimes times, int limit, IReadOnlyList<RequestSpec> requests) =>
        Run(
            Scenarios.Abstract(new ServiceTimes(PrefillSeconds / 100, 1e-3)) with
            {
                Concurrency = limit,
                SendTimes = times,
            },
            requests
        );

    private static List<RequestRecord> Run(Scenario scenario, IReadOnlyList<RequestSpec> requests)
    {
        var records = new List<RequestRecord>();
        Simulator.Run(scenario, requests, records.Add);
        return [.. records.OrderBy(record => record.Id)];
    }
}
