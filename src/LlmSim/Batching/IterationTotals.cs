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

    /// <summary>Until when both were counted: the iterations of a pipeline overlap.</summary>
    private SimTime _busyUntil;
    private SimTime _usedUntil;

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
        AddBusy(times.Start, times.End);
    }

    /// <summary>Adds iterations of a plan that is cut off now, and the time in it.</summary>
    public void AddEnded(int iterations, int requests, SimTime start, SimTime now)
    {
        Iterations += iterations;
        Requests += (long)iterations * requests;
        AddBusy(start, now);
    }

    /// <summary>Time in which it has computed, when it does so since then.</summary>
    public SimTime BusyWith(SimTime start, SimTime now) => Busy + (now - Later(start, _busyUntil));

    /// <summary>Adds the blocks in use meanwhile.</summary>
    public void AddUse(SimTime start, SimTime end, double usedBlocks)
    {
        UsedBlockSeconds += (end - Later(start, _usedUntil)).Seconds * usedBlocks;
        _usedUntil = end;
    }

    private void AddBusy(SimTime start, SimTime end)
    {
        Busy += end - Later(start, _busyUntil);
        _busyUntil = end;
    }

    private static SimTime Later(SimTime one, SimTime other) => one > other ? one : other;
}
