using LlmSim.Kernel;
using LlmSim.Tests.Policies;
using LlmSim.Transfers;
using Xunit;

namespace LlmSim.Tests.Stages;

public sealed class FairNetworkTests
{
    [Fact]
    public void A_transfer_alone_takes_latency_and_bytes_over_the_slower_port()
    {
        var finishes = Run((0, 1000, 0, 1)).Finishes;

        // Ports 0 and 1: 100 and 50 bytes/s, 0.1 s and 0.3 s.
        Assert.Equal(0.3 + 20, finishes[0], 1e-9);
    }

    [Fact]
    public void Transfers_share_anew_at_every_start_and_end()
    {
        // Both from port 0 (100 bytes/s) to fast ones: 100 for 2 s, then 50 each for 16 s, then 100 again.
        var finishes = Run((0, 1000, 0, 2), (2, 900, 0, 3)).Finishes;

        Assert.Equal(18.1, finishes[0], 1e-6);
        Assert.Equal(19.1, finishes[1], 1e-6);
    }

    [Fact]
    public void What_one_cannot_use_goes_to_the_others()
    {
        // From port 0: one to port 1, which takes 50 and shares them with one from port 2; the other to port 3.
        var (finishes, network) = Run((0, 250, 0, 1), (0, 250, 2, 1), (0, 750, 0, 3));

        Assert.Equal([10.3, 10.3, 10.1], finishes.Select(finish => Math.Round(finish, 6)));
        Assert.Equal(1250, network.DeliveredBytes);
        network.RequireEmpty();
    }

    [Fact]
    public void Rates_are_max_min_fair()
    {
        var random = new RandomStream(3, "flows");
        for (var round = 0; round < 300; round++)
        {
            var links = Enumerable.Range(0, 6).Select(_ => new Link(1 + random.Next(100))).ToArray();
            var flows = Enumerable
                .Range(0, 1 + random.Next(12))
                .Select(_ => new KvFlow(new Request(), 1, Port(0), Port(1), () => { })
                {
                    Egress = links[random.Next(3)],
                    Ingress = links[3 + random.Next(3)],
                    LatencySeconds = 0,
                    SourceBytesPerSecond =
                        random.Next(3) == 0 ? 1 + random.Next(30) : double.PositiveInfinity,
                })
                .ToArray();
            MaxMinFairness.Share(flows);

            double Load(Link link) =>
                flows
                    .Where(flow => flow.Egress == link || flow.Ingress == link)
                    .Sum(flow => flow.BytesPerSecond);
            double Most(Link link) =>
                flows
                    .Where(flow => flow.Egress == link || flow.Ingress == link)
                    .Max(flow => flow.BytesPerSecond);
            Assert.All(links, link => Assert.True(Load(link) <= link.BytesPerSecond * (1 + 1e-6)));
            // Each is limited by its source, or has the most of a link that is full.
            Assert.All(
                flows,
                flow =>
                    Assert.True(
                        flow.BytesPerSecond >= flow.SourceBytesPerSecond * (1 - 1e-6)
                            || new[] { flow.Egress, flow.Ingress }.Any(link =>
                                Load(link) >= link.BytesPerSecond * (1 - 1e-6)
                                && flow.BytesPerSecond >= Most(link) * (1 - 1e-6)
                            )
                    )
            );
        }
    }

    [Fact]
    public void A_source_that_makes_the_bytes_slowly_limits_its_transfer_until_they_are_there()
    {
        var simulation = new Simulation();
        var network = new FairNetwork(simulation);
        var finish = SimTime.Zero;
        KvFlow? flow = null;
        (double Bytes, double BytesPerSecond)[] supplies = [(300, 20), (300, 0)];
        void Act(long argument)
        {
            if (argument == 0)
            {
                flow = network.Start(
                    new Request(),
                    1000,
                    Port(0),
                    Port(2),
                    () => finish = simulation.Now,
                    new KvSupply(200, simulation.Now)
                );
            }
            else
            {
                var (bytes, bytesPerSecond) = supplies[argument - 1];
                network.Supply(flow!, bytes, bytesPerSecond, isLast: argument == supplies.Length);
            }
        }

        simulation.Schedule(SimTime.Zero, EventRanks.Arrival, Act, 0);
        for (var i = 1; i <= supplies.Length; i++)
        {
            simulation.Schedule(SimTime.FromSeconds(10 * i), EventRanks.Arrival, Act, i);
        }

        simulation.Run();

        // 200 bytes by 2 s, and nothing to send; at 10 s 300 more and 20 a second, of which all is sent by 13.75 s and what comes by 20 s; the last 300 then.
        Assert.Equal(23.1, finish.Seconds, 1e-6);
        Assert.Equal(1000, network.DeliveredBytes);
        network.RequireEmpty();
    }

    private static (double[] Finishes, FairNetwork Network) Run(
        params (double Start, long Bytes, int Source, int Destination)[] transfers
    )
    {
        var simulation = new Simulation();
        var network = new FairNetwork(simulation);
        var ports = Enumerable.Range(0, 4).Select(Port).ToArray();
        var finishes = new double[transfers.Length];
        void Act(long argument)
        {
            var transfer = transfers[argument];
            network.Start(
                new Request { Id = argument },
                transfer.Bytes,
                ports[transfer.Source],
                ports[transfer.Destination],
                () => finishes[argument] = simulation.Now.Seconds
            );
        }

        for (var i = 0; i < transfers.Length; i++)
        {
            simulation.Schedule(SimTime.FromSeconds(transfers[i].Start), EventRanks.Arrival, Act, i);
        }

        simulation.Run();
        return (finishes, network);
    }

    private static Instance Port(int index)
    {
        (double Bandwidth, double Latency)[] ports = [(100, 0.1), (50, 0.3), (1000, 0), (1000, 0)];
        return PolicyWorld.Instance(
            index,
            kvLinkBytesPerSecond: ports[index].Bandwidth,
            kvLinkLatencySeconds: ports[index].Latency
        );
    }
}
