namespace LlmSim.Performance;

/// <summary>What joins the accelerators of an instance: a link within a node, a port of each into the network between nodes.</summary>
internal readonly record struct Interconnect(
    double LinkBytesPerSecond,
    double LinkLatencySeconds,
    int NodeSize,
    double NicBytesPerSecond,
    double NicLatencySeconds
)
{
    /// <summary>The figures of an instance, or else of its accelerator.</summary>
    public static Interconnect Of(InstanceSpec instance) =>
        new(
            instance.LinkBytesPerSecond ?? instance.Hardware.LinkBytesPerSecond,
            instance.LinkLatencySeconds ?? instance.Hardware.LinkLatencySeconds,
            instance.NodeSize,
            instance.NicBytesPerSecond ?? instance.Hardware.NicBytesPerSecond,
            instance.NicLatencySeconds ?? instance.Hardware.NicLatencySeconds
        );

    /// <summary>Nodes that so many ranks need.</summary>
    public int Nodes(int ranks) => ((ranks - 1) / NodeSize) + 1;

    /// <summary>Ranks in each of these nodes, evenly.</summary>
    public double RanksOfNode(int ranks) => (double)ranks / Nodes(ranks);
}
