using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// The rule of TensorRT-LLM's PyTorch backend with its default capacity policy, GUARANTEED_NO_EVICT: a request is admitted when the blocks
/// of its prompt and of all its output are free of what others may yet ask for, so that nothing is ever evicted. Blocks are found from
/// the end of the iteration on that fills them.
/// </summary>
internal sealed class TensorRtLlmScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting
) : RunningFirstScheduler(spec, role, cache, waiting, reservesToEnd: true)
{
    /// <summary>Iterations in a row in which prompts have been held back.</summary>
    private int _heldBack;

    public override void OnEnded() => PublishComputed();

    public override void Clear()
    {
        base.Clear();
        _heldBack = 0;
    }

    public override bool TryReserve(SequenceState sequence) =>
        Cache.TryReserve(sequence, MostTokens(sequence.Request));

    protected override void OnRepeated(int iterations) => PublishComputed();

    protected override bool TryHold(SequenceState sequence, int hits, int tokens)
    {
        if (!Cache.TryAdmit(sequence, hits, tokens, TokensToHold(sequence)))
        {
            return false;
        }

        // What has come from another instance can be found at once.
        Cache.Publish(sequence, sequence.Computed);
        return true;
    }

    protected override long TokensToHold(SequenceState sequence) =>
        Math.Max(sequence.Length, MostTokens(sequence.Request));

    /// <summary>Of the prompts those count that the iteration could take, as in PyExecutor._waiting_requests.</summary>
    protected override bool HoldsBack(int budget)
    {
        var decoding = Spec.MaxBatchedTokens - budget;
        var holds =
            decoding > 0
            && Waiting.Seen > 0
            && _heldBack < Spec.BatchWaitIterations
            && decoding + Waiting.TokensWithin(budget, Spec.ChunkedPrefill)
                < Spec.BatchWaitTokensRatio * Spec.MaxBatchedTokens;
        _heldBack = holds ? _heldBack + 1 : 0;
        return holds;
    }

    protected override void Preempt(SequenceState sequence, SimTime now) =>
        throw new InvariantViolationException(
            $"{sequence.Request} lacks a KV block that was reserved for it"
        );
}
