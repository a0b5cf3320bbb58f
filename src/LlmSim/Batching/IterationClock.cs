using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <summary>When the iterations of batched instances begin and end.</summary>
internal abstract class IterationClock
{
    /// <summary>The instances whose iterations it times.</summary>
    public abstract IReadOnlyList<BatchedInstance> Members { get; }

    /// <summary>When the last of the iterations that have just ended began; now, when there were none.</summary>
    public abstract SimTime LastBegin { get; }

    /// <summary>Whether iterations have begun at this very instant, so that who comes now has missed them.</summary>
    public abstract bool HasBegunNow { get; }

    /// <summary>Takes an instance in; says in how many micro-batches its requests are, and the times of each.</summary>
    public abstract IterationPlan[] Add(BatchedInstance member);

    /// <summary>Something has changed at a member: an iteration looks at it as soon as possible.</summary>
    /// <param name="plannedAhead">Iterations after the present one that are planned already.</param>
    public abstract void Interrupt(int plannedAhead = 0);

    /// <summary>
    /// Its iterations end before those of clocks that were made later, where they end at one instant. Those of a pipeline are planned one by one, and have their place
    /// in any case.
    /// </summary>
    public virtual void KeepPlace() { }

    /// <summary>All members fail at once.</summary>
    public abstract void Fail();
}
