using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>Blocks that are read from tiers before a request is admitted.</content>
internal abstract partial class IterationScheduler
{
    /// <summary>
    /// Whether the selected waiting request is put aside, because blocks of its prompt are being read from a tier from now on. Others may be
    /// admitted meanwhile.
    /// </summary>
    protected bool IsBeingRead(SequenceState selected, SimTime now)
    {
        if (Cache.Tiers is null || !Cache.Tiers.TryRead(selected))
        {
            return false;
        }

        Waiting.PutAside(selected, now);
        return true;
    }
}
