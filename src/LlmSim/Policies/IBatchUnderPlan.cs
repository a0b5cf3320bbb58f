namespace LlmSim.Policies;

/// <summary>An engine as a batching policy handles it: what <see cref="BatchingContext" /> shows.</summary>
internal interface IBatchUnderPlan
{
    int MaxBatchedTokens { get; }

    int MaxSequences { get; }

    int BlockTokens { get; }

    int FreeBlocks { get; }

    int Running { get; }

    int Waiting { get; }

    /// <summary>Whether the plan has admitted somebody.</summary>
    bool HasAdmitted { get; }

    BatchedRequest RunningAt(int position);

    bool TryNext(out BatchedRequest next);

    bool TryCompute(int position, int tokens);

    void Preempt(int position);

    int Admit(int tokens);
}
