namespace LlmSim.Performance;

/// <summary>
/// A ring among accelerators of an instance. An all-reduce takes N − 1 steps to reduce and N − 1 to gather, each of which sends 1/N
/// of the data to a neighbour. Over the edge of a node a step is as slow as the network, and all ports of a node carry its data.
/// </summary>
internal readonly record struct RingAllReduce(int Ranks, double LatencySeconds, double BytesPerSecond)
{
    /// <summary>The ring of so many ranks of an instance.</summary>
    public static RingAllReduce Of(InstanceSpec instance, int ranks)
    {
        var interconnect = Interconnect.Of(instance);
        return interconnect.Nodes(ranks) == 1
            ? new(ranks, interconnect.LinkLatencySeconds, interconnect.LinkBytesPerSecond)
            : new(
                ranks,
                Math.Max(interconnect.LinkLatencySeconds, interconnect.NicLatencySeconds),
                Math.Min(
                    interconnect.LinkBytesPerSecond,
                    interconnect.RanksOfNode(ranks) * interconnect.NicBytesPerSecond
                )
            );
    }

    private int Steps => 2 * (Ranks - 1);

    /// <summary>Seconds to reduce so many bytes; none within one accelerator.</summary>
    public double Seconds(double bytes) => Steps * (LatencySeconds + bytes / Ranks / BytesPerSecond);
}
