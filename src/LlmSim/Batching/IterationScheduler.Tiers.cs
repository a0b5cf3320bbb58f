using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>Blocks that are read from tiers before a request is admitted.</content>
internal abstract partial class IterationScheduler
{
    /// <summary>
    /// Whether the selected waiting request is put aside, because blocks of its prompt are being read from a tier from now on. Others may be
    /// admitted meanwhile.
    /// </summary>
    /// <param name="selected">The request.</param>
    /// <param name="tokens">Those that there has to be memory for when it is admitted: what cannot be admitted is not read.</param>
    /// <param name="now">The simulated clock.</param>
    protected bool IsBeingRead(SequenceState selected, long tokens, SimTime now)
    {
        if (Cache.Tiers is null || !Cache.Tiers.TryRead(selected, tokens))
        {
            return false;
        }

        Waiting.PutAside(selected, now);
        return true;
    }
}
