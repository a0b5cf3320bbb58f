using FsCheck.Xunit;
using LlmSim.Performance;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class CollectiveTests
{
    private const double Link = 450e9;
    private const double Hop = 1.9e-6;
    private const double Nic = 50e9;
    private const double NicHop = 4e-6;

    private static readonly InstanceSpec s_h100 = Scenes.Instance("NVIDIA_H100_SXM", 8);

    [Fact]
    public void By_the_links_own_figures_all_read_all_or_a_ring_passes_parts()
    {
        var bare = CollectiveTimes.Bare(s_h100);

        // Seven others' kilobyte, or fourteen steps with an eighth.
        Near(Hop + 7 * 1024 / Link, bare.AllReduceSeconds(8, 1024));
        Near(14 * (Hop + 1e9 / 8 / Link), bare.AllReduceSeconds(8, 1e9));
        Near(7 * (Hop + 1e9 / 8 / Link), bare.GatherSeconds(8, 1e9));
        Near(14 * (Hop + 1e9 / 8 / (Link / 4)), CollectiveTimes.Bare(s_h100, 0.25).AllReduceSeconds(8, 1e9));
    }

    [Fact]
    public void As_measured_the_fastest_way_counts()
    {
        var measured = CollectiveTimes.Measured(s_h100);

        Near(4.56e-6 + 7 * 1024 / (0.581 * Link), measured.AllReduceSeconds(8, 1024));
        Near(10.21e-6 + 1.75 * 4e6 / (0.728 * Link), measured.AllReduceSeconds(8, 4e6));
        // More ranks than read each other directly: the ring that starts early, and the one for large data.
        var wide = CollectiveTimes.Measured(s_h100 with { GpusPerNode = 16 });
        Near(5.10e-6 + 30 * 0.79e-6 + 30 / 16.0 * 1024 / (0.287 * Link), wide.AllReduceSeconds(16, 1024));
        Near(19.4e-6 + 30 * 0.79e-6 + 30 / 16.0 * 1e9 / (0.692 * Link), wide.AllReduceSeconds(16, 1e9));
        Near(19.4e-6 + 7 * 0.79e-6 + 7 / 8.0 * 1e9 / (0.692 * Link), measured.GatherSeconds(8, 1e9));
    }

    [Fact]
    public void More_than_two_cards_on_pcie_share_it()
    {
        var measured = CollectiveTimes.Measured(Scenes.Instance("NVIDIA_L40S", 4));

        Near(4.76e-6 + 1e6 / (0.603 * 31.5e9), measured.AllReduceSeconds(2, 1e6));
        Near(18.5e-6 + 6 * 1.39e-6 + 1.5 * 1e9 / (0.577 * 0.33 * 31.5e9), measured.AllReduceSeconds(4, 1e9));
    }

    [Fact]
    public void A_link_of_another_bandwidth_has_the_figures_of_its_generation_and_another_latency_scales_them()
    {
        var seconds = CollectiveTimes.Measured(s_h100).AllReduceSeconds(8, 0);

        Assert.Equal(4.56e-6, seconds, 1e-12);
        Assert.Equal(5.37e-6, At(s_h100 with { LinkBytesPerSecond = 300e9 }), 1e-12);
        Assert.Equal(6.97e-6, At(s_h100 with { LinkBytesPerSecond = 900e9 }), 1e-12);
        Assert.Equal(2 * 4.56e-6, At(s_h100 with { LinkLatencySeconds = 2 * Hop }), 1e-12);

        static double At(InstanceSpec instance) => CollectiveTimes.Measured(instance).AllReduceSeconds(8, 0);
    }

    [Fact]
    public void Over_nodes_an_all_reduce_goes_by_levels_or_along_one_ring()
    {
        var bare = CollectiveTimes.Bare(s_h100);

        // Sixteen ranks, two nodes: parts of an eighth within each, and a half of these through each port.
        Near(14 * Hop + 1.75 * 1e5 / Link + 2 * NicHop + 1e5 / 8 / Nic, bare.AllReduceSeconds(16, 1e5));
        // The ring leaves a node through all its ports.
        Near(30 * NicHop + 30 / 16.0 * 1e9 / (8 * Nic), bare.AllReduceSeconds(16, 1e9));
        Near(15 * NicHop + 15 / 16.0 * 1e9 / (8 * Nic), bare.GatherSeconds(16, 1e9));
        var slowNetwork = CollectiveTimes.Bare(s_h100 with { NicLatencySeconds = 20e-6 });
        Near(7 * Hop + 7 / 8.0 * 1e5 / Link + 20e-6 + 1e5 / 2 / 8 / Nic, slowNetwork.GatherSeconds(16, 1e5));
        // Never less than all ranks would take in one node.
        Near(15 * Hop + 15 / 16.0 * 1e5 / Link, bare.GatherSeconds(16, 1e5));
    }

    [Fact]
    public void A_node_ends_where_the_link_does()
    {
        Assert.False(s_h100.SpansNodes);
        Assert.True((s_h100 with { TpSize = 16 }).SpansNodes);
        Assert.True((s_h100 with { GpusPerNode = 4 }).SpansNodes);
        Assert.True((s_h100 with { ExpertParallel = 16 }).SpansNodes);
        Assert.False(Scenes.Instance("NVIDIA_GB200", 64).SpansNodes);
        Assert.True((Scenes.Instance("NVIDIA_GB200", 8) with { GpusPerNode = 4 }).SpansNodes);
    }

    [Property(MaxTest = 200)]
    public void More_bytes_more_ranks_and_the_edge_of_a_node_never_make_it_cheaper(
        ushort hundreds,
        ushort more,
        byte doublings,
        byte edge,
        bool isMeasured
    )
    {
        var bytes = 100.0 * hundreds * hundreds;
        var ranks = 2 << doublings % 7;
        var node = 1 << edge % 8;
        foreach (var name in (string[])["NVIDIA_A100_80G", "NVIDIA_H100_SXM", "NVIDIA_GB200", "NVIDIA_L40S"])
        {
            var instance = Scenes.Instance(name, 8) with { GpusPerNode = node };
            var whole = Times(instance with { GpusPerNode = 1024 });
            var times = Times(instance);
            foreach (var seconds in (Func<CollectiveTimes, int, double, double>[])[AllReduce, Gather])
            {
                var one = seconds(times, ranks, bytes);
                Assert.InRange(one, seconds(times, ranks / 2, bytes), double.MaxValue);
                Assert.InRange(one, 0, seconds(times, ranks, bytes + more));
                Assert.InRange(one, seconds(whole, ranks, bytes), double.MaxValue);
                if (ranks <= node)
                {
                    Assert.Equal(seconds(whole, ranks, bytes), one);
                }
            }
        }

        CollectiveTimes Times(InstanceSpec instance) =>
            isMeasured ? CollectiveTimes.Measured(instance) : CollectiveTimes.Bare(instance);

        static double AllReduce(CollectiveTimes times, int ranks, double bytes) =>
            times.AllReduceSeconds(ranks, bytes);

        static double Gather(CollectiveTimes times, int ranks, double bytes) =>
            times.GatherSeconds(ranks, bytes);
    }

    [Fact]
    public void One_rank_exchanges_nothing_and_no_data_takes_the_latency()
    {
        foreach (
            var times in (CollectiveTimes[])[CollectiveTimes.Bare(s_h100), CollectiveTimes.Measured(s_h100)]
        )
        {
            Assert.Equal(0, times.AllReduceSeconds(1, 1e9));
            Assert.Equal(0, times.GatherSeconds(1, 1e9));
        }

        Near(Hop, CollectiveTimes.Bare(s_h100).AllReduceSeconds(2, 0));
        Near(5.10e-6 + 0.79e-6, CollectiveTimes.Measured(s_h100).GatherSeconds(2, 0));
    }

    private static void Near(double expected, double actual) =>
        Assert.InRange(actual, expected * (1 - 1e-9), expected * (1 + 1e-9));
}
