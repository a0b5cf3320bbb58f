using LlmSim.Kernel;
using LlmSim.Tests.Policies;
using LlmSim.Transfers;
using Xunit;

namespace LlmSim.Tests.Stages;

public sealed class SharedLinkTests
{
    private const double BytesPerSecond = 100;
    private const double LatencySeconds = 0.25;

    [Fact]
    public void A_transfer_alone_takes_latency_and_bytes_over_bandwidth() =>
        Assert.Equal([(0L, 2.25)], Transfer((0, 200)));

    [Fact]
    public void Two_at_once_take_twice_as_long_each() =>
        Assert.Equal([(0L, 4.25), (1L, 4.25)], Transfer((0, 200), (0, 200)));

    [Fact]
    public void A_short_one_overtakes_and_the_long_one_then_speeds_up() =>
        // Alone for 1 s (100 of 300 bytes), shared for 1 s (50 each), then alone with 150 bytes left.
        Assert.Equal([(1L, 2.25), (0L, 3.75)], Transfer((0, 300), (1, 50)));

    [Fact]
    public void The_link_rests_between_transfers() =>
        Assert.Equal([(0L, 1.25), (1L, 11.25)], Transfer((0, 100), (10, 100)));

    [Fact]
    public void Bytes_are_conserved_whatever_comes()
    {
        var random = new RandomStream(3, "transfers");
        var start = 0.0;
        var transfers = Enumerable
            .Range(0, 500)
            .Select(_ => (Start: start += random.NextDouble() * 2, Bytes: 1L + random.Next(300)))
            .ToArray();

        var ends = Transfer(transfers);

        Assert.Equal(500, ends.Count);
        // A work-conserving link is busy for bytes / bandwidth: it ends when one that serves in order would end.
        var free = 0.0;
        foreach (var (begin, bytes) in transfers)
        {
            free = Math.Max(free, begin) + (bytes / BytesPerSecond);
        }

        Assert.Equal(free + LatencySeconds, ends.Max(end => end.Seconds), 1e-6);
        foreach (var (id, seconds) in ends)
        {
            var alone = transfers[id].Start + (transfers[id].Bytes / BytesPerSecond) + LatencySeconds;
            Assert.True(seconds >= alone - 1e-6);
        }
    }

    private static List<(long Id, double Seconds)> Transfer(params (double Start, long Bytes)[] transfers)
    {
        var simulation = new Simulation();
        var ends = new List<(long, double)>();
        var link = new SharedLink(
            "prefill instance 0",
            PolicyWorld
                .Instance(0, kvLinkBytesPerSecond: BytesPerSecond, kvLinkLatencySeconds: LatencySeconds)
                .Spec,
            simulation,
            request => ends.Add((request.Id, Math.Round(simulation.Now.Seconds, 6)))
        );
        void Start(long id) => link.Start(NewRequest(id), transfers[id].Bytes);
        for (var id = 0; id < transfers.Length; id++)
        {
            simulation.Schedule(SimTime.FromSeconds(transfers[id].Start), new EventRank(0), Start, id);
        }

        simulation.Run(TestContext.Current.CancellationToken);
        link.RequireEmpty();
        return ends;
    }

    private static Request NewRequest(long id) =>
        new()
        {
            Id = id,
            Arrival = SimTime.Zero,
            TraceInputTokens = 1,
            TraceOutputTokens = 1,
            TtftDeadline = SimTime.Zero,
        };
}
