namespace LlmSim.Performance;

/// <summary>
/// How fast the ways are in which accelerators exchange data: latencies in seconds, shares of the bandwidth of link and network
/// port. docs/performance-models.md says what they were fitted to, and how well they hold.
/// </summary>
internal sealed record CollectiveFigures
{
    /// <summary>A link below this is PCIe: NVLink and its like begin above, PCIe 5.0 x16 has 63e9.</summary>
    private const double LeastNvLinkBytesPerSecond = 100e9;

    /// <summary>Between NVLink 3 (300e9) and 4 (450e9), and between 4 and 5 (900e9), in the middle of logarithms.</summary>
    private const double LeastNvLink4BytesPerSecond = 370e9;

    private const double LeastNvLink5BytesPerSecond = 640e9;

    /// <summary>Latencies of a hop in the catalog that the figures belong to; they grow with those of an instance.</summary>
    private const double NvLinkHopSeconds = 1.9e-6;

    private const double PcieHopSeconds = 2.5e-6;

    /// <summary>Of DeepEP's kernels on H800, a link of 200e9 and a port of 50e9: fitted to EP 8, 16 and 32.</summary>
    private static readonly ExchangeFigures s_lowLatency = new(36e-6, LinkShare: 0.81, NicShare: 0.93);

    /// <summary>
    /// Of DeepEP's normal kernels: 153 to 158 of 200e9 B/s on NVLink, 45 of 50e9 through the port. No latency is published: that of
    /// the others stands for it.
    /// </summary>
    private static readonly ExchangeFigures s_highThroughput = new(36e-6, LinkShare: 0.78, NicShare: 0.9);

    private static readonly CollectiveFigures s_nvLink3 = new()
    {
        MostDirectRanks = 8,
        OneShot = new(5.37e-6, 0.603),
        TwoShot = new(12.97e-6, 0.657),
        HopSeconds = 0.86e-6,
        SmallRing = new(9.43e-6, 0.216),
        LargeRing = new(35.0e-6, 0.634),
    };

    private static readonly CollectiveFigures s_nvLink4 = new()
    {
        MostDirectRanks = 8,
        OneShot = new(4.56e-6, 0.581),
        TwoShot = new(10.21e-6, 0.728),
        HopSeconds = 0.79e-6,
        SmallRing = new(5.10e-6, 0.287),
        LargeRing = new(19.4e-6, 0.692),
    };

    private static readonly CollectiveFigures s_nvLink5 = new()
    {
        MostDirectRanks = 8,
        OneShot = new(6.97e-6, 0.197),
        TwoShot = new(24.6e-6, 0.657),
        HopSeconds = 1.26e-6,
        SmallRing = new(8.26e-6, 0.283),
        LargeRing = new(34.9e-6, 0.683),
    };

    /// <summary>Engines leave all-reduces of more than two cards on PCIe to NCCL; they share what leads to the processors.</summary>
    private static readonly CollectiveFigures s_pcie = new()
    {
        MostDirectRanks = 2,
        OneShot = new(4.76e-6, 0.603),
        TwoShot = null,
        HopSeconds = 1.39e-6,
        SmallRing = new(4.38e-6, 0.350),
        LargeRing = new(18.5e-6, 0.577),
        CrowdShare = 0.33,
    };

    /// <summary>Most ranks that read each other's data directly, rather than pass it on along a ring.</summary>
    public required int MostDirectRanks { get; init; }

    /// <summary>Every rank reads the data of all and sums it.</summary>
    public required ExchangeWay OneShot { get; init; }

    /// <summary>Every rank sums a part, and reads the sums of the others; null where that is no other way.</summary>
    public required ExchangeWay? TwoShot { get; init; }

    /// <summary>A step of a ring.</summary>
    public required double HopSeconds { get; init; }

    /// <summary>A ring for small data: it starts early, and sends little at a time.</summary>
    public required ExchangeWay SmallRing { get; init; }

    /// <summary>A ring for large data.</summary>
    public required ExchangeWay LargeRing { get; init; }

    /// <summary>Share of the link that is left to each of more than two ranks.</summary>
    public double CrowdShare { get; init; } = 1;

    /// <summary>Share of a port's bandwidth that rings between nodes reach: what DeepEP's normal kernels do.</summary>
    public double NicShare { get; init; } = s_highThroughput.NicShare;

    /// <summary>All-to-all of a few tokens.</summary>
    public ExchangeFigures LowLatency { get; init; } = s_lowLatency;

    /// <summary>All-to-all of many tokens.</summary>
    public ExchangeFigures HighThroughput { get; init; } = s_highThroughput;

    /// <summary>What links of the same generation were measured to reach.</summary>
    public static CollectiveFigures Measured(in Interconnect interconnect)
    {
        var bandwidth = interconnect.LinkBytesPerSecond;
        return bandwidth < LeastNvLinkBytesPerSecond
            ? s_pcie.Slower(interconnect.LinkLatencySeconds / PcieHopSeconds)
            : (
                bandwidth < LeastNvLink4BytesPerSecond ? s_nvLink3
                : bandwidth < LeastNvLink5BytesPerSecond ? s_nvLink4
                : s_nvLink5
            ).Slower(interconnect.LinkLatencySeconds / NvLinkHopSeconds);
    }

    /// <summary>The link's own figures: a hop takes its latency, data a share of its bandwidth.</summary>
    public static CollectiveFigures Bare(in Interconnect interconnect, double linkShare)
    {
        var exchange = new ExchangeFigures(interconnect.LinkLatencySeconds, linkShare, NicShare: 1);
        var ring = new ExchangeWay(0, linkShare);
        return new()
        {
            MostDirectRanks = int.MaxValue,
            OneShot = new(interconnect.LinkLatencySeconds, linkShare),
            TwoShot = null,
            HopSeconds = interconnect.LinkLatencySeconds,
            SmallRing = ring,
            LargeRing = ring,
            NicShare = 1,
            LowLatency = exchange,
            HighThroughput = exchange,
        };
    }

    private CollectiveFigures Slower(double factor) =>
        this with
        {
            OneShot = OneShot.Slower(factor),
            TwoShot = TwoShot?.Slower(factor),
            HopSeconds = factor * HopSeconds,
            SmallRing = SmallRing.Slower(factor),
            LargeRing = LargeRing.Slower(factor),
        };
}

/// <summary>One way to exchange data.</summary>
/// <param name="StartSeconds">What it takes without data, steps of a ring apart.</param>
/// <param name="LinkShare">Share of the link's bandwidth that it reaches.</param>
internal readonly record struct ExchangeWay(double StartSeconds, double LinkShare)
{
    public ExchangeWay Slower(double factor) => this with { StartSeconds = factor * StartSeconds };
}

/// <summary>Kernels that send each token to the ranks of its experts.</summary>
/// <param name="StartSeconds">What they take without data.</param>
/// <param name="LinkShare">Share of the link's bandwidth that they reach.</param>
/// <param name="NicShare">Share of the bandwidth of a network port that they reach.</param>
internal readonly record struct ExchangeFigures(double StartSeconds, double LinkShare, double NicShare);
