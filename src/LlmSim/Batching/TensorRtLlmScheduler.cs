using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// The rule of TensorRT-LLM's PyTorch backend. With its default capacity policy, GUARANTEED_NO_EVICT, a request is admitted when the blocks
/// of its prompt and of all its output are free of what others may yet ask for, so that nothing is ever evicted; with MAX_UTILIZATION when what is known of it
/// fits, and the latest one is paused when a block is missing. Blocks are found from the end of the iteration on that fills them.
/// </summary>
internal sealed class TensorRtLlmScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting
)
    : RunningFirstScheduler(
        spec,
        role,
        cache,
        waiting,
        reservesToEnd: spec.CapacityPolicy == CapacityPolicy.GuaranteedNoEvict
    )
{
    /// <summary>Iterations in a row in which prompts have been held back.</summary>
    private int _heldBack;

    /// <summary>max_batch_size is of a micro-batch.</summary>
    protected override (int Each, int Together) Most => (Spec.MaxSequences, Spec.MaxSequences * MicroBatches);

    public override void OnEnded() => PublishComputed();

    public override void Clear()
    {
        base.Clear();
        _heldBack = 0;
    }

    public override bool TryReserve(SequenceState sequence) =>
        Cache.TryReserve(sequence, TokensToReserve(sequence));

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
        Math.Max(sequence.Length, TokensToReserve(sequence));

    /// <summary>Tokens that a request has blocks for when it is admitted, taken or not; 0 for those that it takes.</summary>
    private long TokensToReserve(SequenceState sequence) =>
        Spec.CapacityPolicy == CapacityPolicy.GuaranteedNoEvict ? MostTokens(sequence.Request) : 0;

    public override NextIteration LooksAhead(SimTime now, int departing)
    {
        var (prompts, decoding) = (0, Decoding.Count);
        foreach (var sequence in Single)
        {
            var decodes = sequence.Request.GeneratedTokens > 0;
            decoding += decodes ? 1 : 0;
            prompts += decodes ? 0 : 1;
        }

        return new(
            HasPrompt: prompts > 0
                || MayAdmit(now, departing, Spec.MaxBatchedTokens - (decoding * DecodeTokensEach)),
            HasPlace: decoding < Spec.MaxSequences,
            Decodes: decoding > 0
        );
    }

    /// <summary>Whether the next waiting request may be admitted to an iteration with so many tokens left.</summary>
    private bool MayAdmit(SimTime now, int departing, int budget)
    {
        if (Waiting.Seen == 0 || Running + departing >= MostRunning || budget <= 0)
        {
            return false;
        }

        var next = Waiting.Select(now);
        var hits = Cache.CountHits(next);
        var isWithinBudget = Spec.ChunkedPrefill || next.Length - Cache.ComputedWith(next, hits) <= budget;
        return isWithinBudget && Cache.BlocksFromFree(next, hits, TokensToHold(next)) <= Cache.Available;
    }

    /// <summary>
    /// Of the prompts those count that the iteration could take, as in PyExecutor._waiting_requests, which is not asked while the next one could
    /// not be admitted: then iterations do not count either.
    /// </summary>
    protected override bool HoldsBack(SimTime now, int departing, int budget)
    {
        if (HoldsPromptsBack && Waiting.Seen > 0)
        {
            return true;
        }

        if (Spec.BatchWaitIterations == 0 || !MayAdmit(now, departing, budget))
        {
            return false;
        }

        var decoding = Spec.MaxBatchedTokens - budget;
        var holds =
            decoding > 0
            && _heldBack < Spec.BatchWaitIterations
            && decoding + Waiting.TokensWithin(budget, Spec.ChunkedPrefill)
                < Spec.BatchWaitTokensRatio * Spec.MaxBatchedTokens;
        _heldBack = holds ? _heldBack + 1 : 0;
        return holds;
    }

    protected override void Preempt(SequenceState sequence, SimTime now)
    {
        Invariant.Require(
            Spec.CapacityPolicy == CapacityPolicy.MaxUtilization,
            $"{sequence.Request} lacks a KV block that was reserved for it"
        );
        TakeOut(sequence);
        Waiting.PutBack(sequence);
    }
}
