using LlmSim.Instances.Queues;
using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>Requests whose adapter has no slot are passed over.</content>
internal sealed partial class WaitingRequests
{
    /// <summary>Where adapters are; null without any.</summary>
    public AdapterSlots? Adapters { get; init; }

    /// <summary>The request that is next of those that may join; null for none. The others keep their places.</summary>
    public SequenceState? SelectAmong(SimTime now, Func<SequenceState, bool> mayJoin)
    {
        var early = arrivedHoldBlocks ? SelectAmong(arrived, now, mayJoin) : null;
        return early
            ?? SelectPreempted(mayJoin)
            ?? (arrivedHoldBlocks ? null : SelectAmong(arrived, now, mayJoin))
            ?? SelectAmong(fresh, now, mayJoin);
    }

    private SequenceState? SelectPreempted(Func<SequenceState, bool> mayJoin)
    {
        foreach (var sequence in _preempted)
        {
            if (mayJoin(sequence))
            {
                _selectedFrom = null;
                return sequence;
            }
        }

        return null;
    }

    private SequenceState? SelectAmong(RequestQueue queue, SimTime now, Func<SequenceState, bool> mayJoin)
    {
        if (queue.Count == 0 || queue.SelectAmong(instance, now, mayJoin) is not { } request)
        {
            return null;
        }

        _selectedFrom = queue;
        return request.Sequence;
    }
}
