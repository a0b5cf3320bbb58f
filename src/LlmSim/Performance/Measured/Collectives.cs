namespace LlmSim.Performance.Measured;

/// <summary>What accelerators pay to exchange the hidden states of so many tokens, over rings.</summary>
internal sealed class Collectives(ModelDescription model, Precision precision, InstanceSpec instance)
{
    private readonly double _memoryBytesPerSecond = instance.Hardware.MemoryBytesPerSecond;
    private readonly int _tensorRanks = instance.TpSize;
    private readonly int _expertRanks = instance.ExpertParallel;
    private readonly double _hiddenBytes = model.HiddenSize * precision.HiddenState.BytesPerValue;
    private readonly double _routerBytes =
        (model.MixtureOfExperts?.Experts ?? 0) * precision.HiddenState.BytesPerValue;

    private readonly RingAllReduce _allReduce = RingAllReduce.Of(instance, instance.TpSize);
    private readonly RingAllReduce _expertRing = RingAllReduce.Of(instance, instance.ExpertParallel);

    /// <summary>One all-reduce among the tensor-parallel ranks, with what each step reads and writes in memory.</summary>
    public double AllReduceSeconds(double tokens)
    {
        var bytes = tokens * _hiddenBytes;
        var reducedBytes = 3 * (_tensorRanks - 1) * bytes / _tensorRanks;
        return _allReduce.Seconds(bytes) + reducedBytes / _memoryBytesPerSecond;
    }

    /// <summary>Before the experts: each of their ranks gets the tokens of all, with what the router says.</summary>
    public double AllGatherSeconds(double tokens) =>
        RingSeconds(
            (_expertRanks - 1)
                * Math.Max(1, Math.Floor(tokens / _expertRanks))
                * (_hiddenBytes + _routerBytes)
        );

    /// <summary>After the experts: what they computed is summed, and each rank gets its own tokens.</summary>
    public double ReduceScatterSeconds(double tokens) =>
        RingSeconds((_expertRanks - 1) * tokens * _hiddenBytes / _expertRanks);

    private double RingSeconds(double sentBytes) =>
        (_expertRanks - 1) * _expertRing.LatencySeconds + sentBytes / _expertRing.BytesPerSecond;
}
