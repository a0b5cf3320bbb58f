using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Tests.Policies;
using LlmSim.Transfers;
using Xunit;

namespace LlmSim.Tests.Stages;

/// <summary>Blocks on their way between a store and instances with ports of 100 bytes/s, beside KV caches, worked out by hand. A block has 100 bytes.</summary>
public sealed class TierLinkTests
{
    private readonly Simulation _simulation = new();
    private readonly FairNetwork _network;
    private readonly Instance[] _instances = [Port(0), Port(1), Port(2)];
    private readonly TierLink[] _links;
    private readonly List<(string What, double At)> _arrived = [];

    public TierLinkTests()
    {
        _network = new FairNetwork(_simulation);
        var store = StoreLinks.Of(
            new KvTierSpec
            {
                Kind = KvTierKind.Shared,
                Name = "store",
                BytesPerSecond = 80,
                WriteBytesPerSecond = 60,
                LatencySeconds = 0.5,
                Link = KvTierLink.Kv,
            }
        );
        _links =
        [
            .. _instances.Select(instance => new TierLink(_network, store, 100, instance, _simulation)),
        ];
    }

    [Fact]
    public void A_read_shares_the_port_with_a_KV_cache_that_comes_in()
    {
        At(0, () => Send(1000, from: 0, to: 1));
        At(2, () => Read(4, to: 1));

        Run();

        // Half of the port, 50 bytes/s, is less than the store gives: 400 bytes take 8 s. The KV cache has sent 200 before, 400 beside it, and has 400 left.
        Assert.Equal([("read", 10.5), ("sent", 14)], _arrived);
        Assert.Equal(1400, _network.DeliveredBytes);
    }

    [Fact]
    public void Instances_that_read_share_what_the_store_gives()
    {
        At(0, () => Read(4, to: 0));
        At(0, () => Read(4, to: 1));
        At(0, () => Send(1000, from: 2, to: 1));

        Run();

        // The store gives 40 bytes/s to each, and the port of the second one has 60 left for the KV cache: 600 bytes in 10 s, then 100 bytes/s.
        Assert.Equal([("read", 10.5), ("read", 10.5), ("sent", 14)], _arrived);
    }

    [Fact]
    public void What_is_written_goes_the_other_way()
    {
        TierBlock[] blocks = [.. Enumerable.Range(0, 4).Select(slot => new TierBlock(1, slot))];
        At(0, () => Send(1000, from: 0, to: 1));
        // Two of one instant go together, over a port by which nothing else leaves; what comes after that goes behind them.
        At(0, () => Write(blocks[0], from: 1));
        At(0, () => Write(blocks[1], from: 1));
        At(1, () => Write(blocks[2], from: 1));
        // Beside the KV cache that leaves there.
        At(4, () => Write(blocks[3], from: 0));

        Run();

        // 200 bytes at 60 a second and 0.5 s; 100 more from 3.83 s on. The two that are under way at 4 s share what the store takes, 30 bytes/s each, and the KV cache
        // has 70 of its port. The first, of which 90 bytes are left then, ends after 3 s; the last one has 10 left, and 50 of the port, for 0.2 s.
        var second = (200 / 60.0) + 0.5;
        var left = 100 - ((4 - second) * 60);
        var ended = 4 + (left / 30);
        Assert.Equal(
            [second, second, ended + 0.5, ended + ((100 - left) / 50) + 0.5],
            blocks.Select(block => Math.Round(block.Written.Seconds, 6)),
            (expected, actual) => Math.Abs(expected - actual) < 2e-6
        );
        Assert.Equal(1400, _network.DeliveredBytes);
    }

    [Fact]
    public void A_request_that_goes_does_not_take_blocks_off_their_way()
    {
        var request = new Request();
        At(0, () => Read(1, to: 0));
        At(1, () => Assert.Null(_network.Cancel(request)));
        At(1, () => Assert.Empty(_network.Flows));

        Run();

        Assert.Equal([("read", 1.75)], _arrived);
    }

    private static Instance Port(int index) => PolicyWorld.Instance(index, kvLinkBytesPerSecond: 100);

    private void Send(long bytes, int from, int to) =>
        _network.Start(new Request(), bytes, _instances[from], _instances[to], () => Arrive("sent"));

    private void Read(long blocks, int to) => _links[to].Read(blocks, () => Arrive("read"));

    private void Write(TierBlock block, int from)
    {
        block.Written = SimTime.MaxValue;
        _links[from].Write(block);
    }

    private void Arrive(string what) => _arrived.Add((what, Math.Round(_simulation.Now.Seconds, 6)));

    private void At(double seconds, Action act) =>
        _simulation.Schedule(SimTime.FromSeconds(seconds), EventRanks.IterationEnd, _ => act());

    private void Run()
    {
        _simulation.Run();
        _network.RequireEmpty();
    }
}
