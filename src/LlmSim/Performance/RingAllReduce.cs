namespace LlmSim.Performance;

/// <summary>
/// A ring all-reduce among the accelerators of an instance: N − 1 steps to reduce and N − 1 to gather, each of which
/// sends 1/N of the data to a neighbour.
/// </summary>
internal readonly record struct RingAllReduce(int Ranks, double LatencySeconds, double BytesPerSecond)
{
    /// <summary>The ring of an instance's tensor-parallel ranks.</summary>
    public static RingAllReduce Of(InstanceSpec instance, double linkEfficiency = 1) =>
        new(
            instance.TpSize,
            instance.LinkLatencySeconds ?? instance.Hardware.LinkLatencySeconds,
            linkEfficiency * (instance.LinkBytesPerSecond ?? instance.Hardware.LinkBytesPerSecond)
        );

    private int Steps => 2 * (Ranks - 1);

    /// <summary>Bytes that each accelerator sends to reduce so many bytes.</summary>
    public double SentBytes(double bytes) => Steps * bytes / Ranks;

    /// <summary>Seconds to reduce so many bytes; none within one accelerator.</summary>
    public double Seconds(double bytes) => Steps * LatencySeconds + SentBytes(bytes) / BytesPerSecond;
}
