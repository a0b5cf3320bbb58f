using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Orca's iteration-level scheduling (Yu et al., OSDI 2022): at every iteration requests leave and join, first come, first served. Prompts are computed as a whole
/// beside requests that decode, and a request is admitted when there is memory for its prompt and all its output, which it then keeps.
/// </summary>
/// <remarks>The paper has a limit on requests and none on tokens of an iteration.</remarks>
internal sealed class OrcaScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting
)
    : RunningFirstScheduler(
        spec with
        {
            ChunkedPrefill = false,
            MaxBatchedTokens = int.MaxValue,
        },
        role,
        cache,
        waiting,
        reservesToEnd: true
    )
{
    public override void OnEnded() => PublishComputed();

    public override bool TryReserve(SequenceState sequence) =>
        Cache.TryReserve(sequence, MostTokens(sequence.Request));

    protected override void OnRepeated(int iterations) => PublishComputed();

    protected override long TokensToHold(SequenceState sequence) =>
        Math.Max(sequence.Length, MostTokens(sequence.Request));

    protected override bool TryHold(SequenceState sequence, int hits, int tokens)
    {
        if (!Cache.TryAdmit(sequence, hits, tokens, MostTokens(sequence.Request)))
        {
            return false;
        }

        // What has come from another instance can be found at once.
        Cache.Publish(sequence, sequence.Computed);
        return true;
    }

    protected override void Preempt(SequenceState sequence, SimTime now) =>
        throw new InvariantViolationException(
            $"{sequence.Request} lacks a KV block that was reserved for it"
        );
}
