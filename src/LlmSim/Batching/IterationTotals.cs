using LlmSim.Kernel;
using LlmSim.Performance;

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

    /// <summary>Times that a decoding request had drafts verified, the drafts, and those of them that were accepted.</summary>
    public long VerifiedSteps { get; private set; }

    public long DraftTokens { get; private set; }

    public long AcceptedDraftTokens { get; set; }

    /// <summary>Adds what so many iterations of a batch verified.</summary>
    public void AddDrafts(int iterations, in IterationBatch batch)
    {
        var steps = batch.DraftTokens > 0 ? (long)iterations * batch.DecodeRequests : 0;
        VerifiedSteps += steps;
        DraftTokens += steps * batch.DraftTokens;
    }

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
