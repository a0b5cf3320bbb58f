using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// The rule of vLLM V1: when a block cannot be had, the last running request, or the one that is chosen, is preempted and starts over, and
/// nobody is admitted. A request is admitted when what is known of it fits. Blocks are found from the iteration on that fills them.
/// </summary>
internal sealed class VllmScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting,
    Func<SimTime, List<RunningState>, int>? victims
) : RunningFirstScheduler(spec, role, cache, waiting, victims)
{
    protected override bool TryHold(SequenceState sequence, int hits, int tokens) =>
        Cache.TryAdmit(sequence, hits, tokens);

    protected override void Preempt(SequenceState sequence, SimTime now) => TakeOutToWait(sequence, now);

    protected override void OnPlanned(SequenceState sequence) =>
        Cache.Publish(sequence, sequence.Computed + sequence.Scheduled);
}
