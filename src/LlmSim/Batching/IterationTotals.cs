using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <summary>What an instance has done in its iterations so far.</summary>
internal sealed class IterationTotals
{
    public long Iterations { get; private set; }

    /// <summary>Requests in the batch, summed over iterations.</summary>
    public long Requests { get; private set; }

    /// <summary>Time in which it computed.</summary>
    public SimTime Busy { get; private set; }

    /// <summary>Blocks in use, integrated over that time.</summary>
    public double UsedBlockSeconds { get; private set; }

    /// <summary>Adds the iterations of a plan.</summary>
    public void Add(IterationPlan times, int requests)
    {
        Iterations += times.Count;
        Requests += (long)times.Count * requests;
        Busy += times.End - times.Start;
    }

    /// <summary>Adds iterations of a plan that was cut off, and the time in it.</summary>
    public void AddEnded(int iterations, int requests, SimTime busy)
    {
        Iterations += iterations;
        Requests += (long)iterations * requests;
        Busy += busy;
    }

    /// <summary>Adds the blocks in use meanwhile.</summary>
    public void AddUse(SimTime duration, double usedBlocks) =>
        UsedBlockSeconds += duration.Seconds * usedBlocks;
}
