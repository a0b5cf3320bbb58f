namespace LlmSim.Performance;

/// <summary>
/// Seconds of the exchanges between the accelerators of an instance: within a node the fastest of the known ways, over the edge of
/// nodes by levels or along one ring, whichever is faster. docs/performance-models.md has the formulas.
/// </summary>
internal sealed class CollectiveTimes
{
    private readonly Interconnect _interconnect;
    private readonly CollectiveFigures _figures;

    private CollectiveTimes(Interconnect interconnect, CollectiveFigures figures) =>
        (_interconnect, _figures) = (interconnect, figures);

    /// <summary>By a share of the link's own bandwidth, or as was measured where there is none.</summary>
    public static CollectiveTimes Of(InstanceSpec instance, double? linkShare) =>
        linkShare is { } share ? Bare(instance, share) : Measured(instance);

    /// <summary>As collectives over links of the same generation were measured.</summary>
    public static CollectiveTimes Measured(InstanceSpec instance)
    {
        var interconnect = Interconnect.Of(instance);
        return new(interconnect, CollectiveFigures.Measured(interconnect));
    }

    /// <summary>By the figures of link and port alone.</summary>
    public static CollectiveTimes Bare(InstanceSpec instance, double linkShare = 1)
    {
        var interconnect = Interconnect.Of(instance);
        return new(interconnect, CollectiveFigures.Bare(interconnect, linkShare));
    }

    /// <summary>Every rank gets the sum of so many bytes that each has; none within one accelerator.</summary>
    public double AllReduceSeconds(int ranks, double bytes)
    {
        if (ranks == 1)
        {
            return 0;
        }

        var within = AllReduceWithinNode(ranks, bytes);
        var nodes = _interconnect.Nodes(ranks);
        if (nodes == 1)
        {
            return within;
        }

        var ofNode = _interconnect.RanksOfNode(ranks);
        var byLevels =
            RingSeconds(ofNode, 2 * (ofNode - 1), 2 * (ofNode - 1) / ofNode * bytes)
            + NetworkSeconds(2 * (nodes - 1), 2.0 * (nodes - 1) / nodes * bytes / ofNode);
        var byRing = RingOverNodes(ranks, 2 * (ranks - 1), 2.0 * (ranks - 1) / ranks * bytes);
        return Math.Max(within, Math.Min(byLevels, byRing));
    }

    /// <summary>
    /// Of so many bytes each rank has a part at first and all at last (an all-gather), or all at first and the sum of a part at last
    /// (a reduce-scatter).
    /// </summary>
    public double GatherSeconds(int ranks, double bytes)
    {
        if (ranks == 1)
        {
            return 0;
        }

        var sentBytes = (ranks - 1.0) / ranks * bytes;
        var within = RingSeconds(ranks, ranks - 1, sentBytes);
        var nodes = _interconnect.Nodes(ranks);
        if (nodes == 1)
        {
            return within;
        }

        var ofNode = _interconnect.RanksOfNode(ranks);
        var byLevels =
            RingSeconds(ofNode, ofNode - 1, (ofNode - 1) / ofNode * bytes)
            + NetworkSeconds(nodes - 1, (nodes - 1.0) / nodes * bytes / ofNode);
        return Math.Max(within, Math.Min(byLevels, RingOverNodes(ranks, ranks - 1, sentBytes)));
    }

    /// <summary>A rank sends so many bytes to another one, of its node or not.</summary>
    public double SendSeconds(bool toAnotherNode, double bytes) =>
        toAnotherNode ? NetworkSeconds(1, bytes) : _figures.HopSeconds + RingSeconds(2, 0, bytes);

    /// <summary>
    /// Each rank sends every expert's copy of its tokens to that expert's rank, or gets the answers: a few tokens, for whose copies
    /// nobody looks whether two go the same way.
    /// </summary>
    public double FewTokensSeconds(int ranks, double tokensOfRank, int copies, double tokenBytes)
    {
        var ofNode = _interconnect.RanksOfNode(ranks);
        var bytes = tokensOfRank * copies * tokenBytes;
        return ExchangeSeconds(
            _figures.LowLatency,
            bytes * (ofNode - 1) / ranks,
            bytes * (ranks - ofNode) / ranks
        );
    }

    /// <summary>
    /// The same for many tokens: a token goes once through the network to each node that has an expert of it, and there once over
    /// the link to each such rank.
    /// </summary>
    public double ManyTokensSeconds(int ranks, double tokensOfRank, int copies, double tokenBytes)
    {
        double nodes = _interconnect.Nodes(ranks);
        var ofNode = _interconnect.RanksOfNode(ranks);
        var bytes = tokensOfRank * tokenBytes;
        return ExchangeSeconds(
            _figures.HighThroughput,
            bytes * Distinct(ranks, copies) * (ofNode - 1) / ofNode,
            bytes * Distinct(nodes, copies) * (nodes - 1) / nodes
        );
    }

    /// <summary>How many of so many places a token's experts are at, if each is anywhere.</summary>
    private static double Distinct(double places, int copies) =>
        places * (1 - Math.Pow(1 - 1 / places, copies));

    /// <summary>Link and port work at the same time.</summary>
    private double ExchangeSeconds(in ExchangeFigures figures, double linkBytes, double nicBytes) =>
        figures.StartSeconds
        + Math.Max(
            linkBytes / (figures.LinkShare * _interconnect.LinkBytesPerSecond),
            nicBytes / (figures.NicShare * _interconnect.NicBytesPerSecond)
        );

    private double AllReduceWithinNode(int ranks, double bytes)
    {
        var partBytes = 2 * (ranks - 1.0) / ranks * bytes;
        var seconds = RingSeconds(ranks, 2 * (ranks - 1), partBytes);
        if (ranks <= _figures.MostDirectRanks)
        {
            seconds = Math.Min(seconds, WaySeconds(_figures.OneShot, ranks, (ranks - 1) * bytes));
            if (_figures.TwoShot is { } twoShot)
            {
                seconds = Math.Min(seconds, WaySeconds(twoShot, ranks, partBytes));
            }
        }

        return seconds;
    }

    private double RingSeconds(double ranks, double steps, double sentBytes) =>
        steps * _figures.HopSeconds
        + Math.Min(
            WaySeconds(_figures.SmallRing, ranks, sentBytes),
            WaySeconds(_figures.LargeRing, ranks, sentBytes)
        );

    private double WaySeconds(in ExchangeWay way, double ranks, double bytes) =>
        way.StartSeconds
        + bytes / (way.LinkShare * (ranks > 2 ? _figures.CrowdShare : 1) * _interconnect.LinkBytesPerSecond);

    /// <summary>A ring of one rank of each node.</summary>
    private double NetworkSeconds(double steps, double sentBytes) =>
        steps * _interconnect.NicLatencySeconds
        + sentBytes / (_figures.NicShare * _interconnect.NicBytesPerSecond);

    /// <summary>One ring through all nodes: a step is as slow as the network, and all ports of a node carry its data.</summary>
    private double RingOverNodes(int ranks, double steps, double sentBytes)
    {
        var slowestStep = Math.Max(_figures.HopSeconds, _interconnect.NicLatencySeconds);
        var ports = _interconnect.RanksOfNode(ranks) * _figures.NicShare * _interconnect.NicBytesPerSecond;
        return steps * slowestStep + Math.Max(RingSeconds(ranks, steps: 0, sentBytes), sentBytes / ports);
    }
}
