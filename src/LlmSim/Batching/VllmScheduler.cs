using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// The rule of vLLM V1: when a block cannot be had, the last running request is preempted and starts over at the front of the queue, and
/// nobody is admitted. A request is admitted when what is known of it fits. Blocks are found from the iteration on that fills them.
/// </summary>
internal sealed class VllmScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting
) : RunningFirstScheduler(spec, role, cache, waiting)
{
    protected override bool TryHold(SequenceState sequence, int hits, int tokens) =>
        Cache.TryAdmit(sequence, hits, tokens);

    protected override void PreemptLast(SequenceState last)
    {
        TakeOut(last);
        Waiting.PutBack(last);
    }

    protected override void OnPlanned(SequenceState sequence) =>
        Cache.Publish(sequence, sequence.Computed + sequence.Scheduled);
}
