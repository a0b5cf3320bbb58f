using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>
/// Says what an iteration computes: batching. It is the scheduler of an engine of kind vllm: asked before each iteration, it gives running requests tokens, preempts them and
/// admits waiting ones. The engine keeps the KV blocks, finds prefixes and says when the iteration has ended.
/// </summary>
public interface IBatchingPolicy
{
    /// <summary>Plans an iteration through the methods of the context. What is given no tokens keeps its blocks and its place.</summary>
    void Plan(in BatchingContext context);
}

/// <summary>The engine whose iteration is planned, and what can be done with it.</summary>
public readonly ref struct BatchingContext
{
    private readonly IBatchUnderPlan _batch;
    private readonly Instance _instance;

    internal BatchingContext(SimTime now, Instance instance, IBatchUnderPlan batch, RandomStream random)
    {
        Now = now;
        _instance = instance;
        _batch = batch;
        Random = random;
    }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; }

    /// <summary>The instance of the engine.</summary>
    public InstanceView Instance => new(_instance, PolicyDecisions.Batching.Stage());

    /// <summary>The decision's own random stream.</summary>
    public RandomStream Random { get; }

    /// <summary>Tokens that an iteration is meant to compute at most: max_num_batched_tokens. A policy may have a limit of its own.</summary>
    public int MaxBatchedTokens => _batch.MaxBatchedTokens;

    /// <summary>Most running requests: max_num_seqs. <see cref="Admit" /> keeps to it.</summary>
    public int MaxSequences => _batch.MaxSequences;

    /// <summary>Tokens of a KV block.</summary>
    public int BlockTokens => _batch.BlockTokens;

    /// <summary>KV blocks that can be taken: free ones, and those that nobody uses and that a prefix might be found in.</summary>
    public int FreeBlocks => _batch.FreeBlocks;

    /// <summary>Running requests, those admitted by this plan among them.</summary>
    public int Running => _batch.Running;

    /// <summary>Requests that wait to be admitted.</summary>
    public int Waiting => _batch.Waiting;

    /// <summary>A running request.</summary>
    /// <param name="position">From 0, in the order in which they joined the batch.</param>
    public BatchedRequest RunningAt(int position) => _batch.RunningAt(position);

    /// <summary>The request that <see cref="Admit" /> would admit: preempted ones first, then as prefill_local says.</summary>
    /// <returns>False when none can be admitted: nobody waits, or all places are taken.</returns>
    public bool TryNext(out BatchedRequest next) => _batch.TryNext(out next);

    /// <summary>Has a running request compute tokens in this iteration; it gets one when all that is known of it is computed.</summary>
    /// <param name="position">The request.</param>
    /// <param name="tokens">From 1 to its <see cref="BatchedRequest.TokensToCompute" />. A picture that has to be encoded first can make them fewer.</param>
    /// <returns>False when there are too few KV blocks: then nothing has changed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such request, or it has not as many tokens to compute.</exception>
    /// <exception cref="InvalidOperationException">It has tokens of this iteration already.</exception>
    public bool TryCompute(int position, int tokens)
    {
        var request = RunningAt(position);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, request.TokensToCompute);
        return request.PlannedTokens == 0
            ? _batch.TryCompute(position, tokens)
            : throw new InvalidOperationException(
                $"{request.Request.Source} has {request.PlannedTokens} tokens of this iteration already"
            );
    }

    /// <summary>Takes a running request out of the batch, and its blocks from it. It starts over, before others that wait; positions behind it move down by one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such request.</exception>
    /// <exception cref="InvalidOperationException">This plan has admitted somebody: blocks that running requests fill can be found since.</exception>
    public void Preempt(int position)
    {
        if (_batch.HasAdmitted)
        {
            throw new InvalidOperationException(
                "a plan that has admitted somebody cannot preempt any more: preempt before"
            );
        }

        _batch.Preempt(position);
    }

    /// <summary>Admits the next request, with KV blocks for what it computes in this iteration.</summary>
    /// <param name="tokens">Tokens that it computes at most, at least 1; what is found in the prefix cache is not computed.</param>
    /// <returns>How many it computes; 0 when nobody is admitted: nobody waits, all places are taken, or there are too few KV blocks.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No tokens.</exception>
    public int Admit(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        return _batch.Admit(tokens);
    }
}

/// <summary>A request of an engine.</summary>
/// <param name="Request">The request. What it has generated is known here alone: an engine brings requests up to date when they leave.</param>
/// <param name="ComputedTokens">Tokens of its context whose KV cache is there; of a waiting one those that would be found.</param>
/// <param name="TokensToCompute">Tokens that are known and not computed: of one that decodes, one.</param>
/// <param name="PlannedTokens">Tokens that this iteration computes, as far as it is planned.</param>
/// <param name="GeneratedTokens">Tokens that it has generated by now.</param>
/// <param name="KvBlocks">KV blocks that it holds.</param>
public readonly record struct BatchedRequest(
    RequestView Request,
    int ComputedTokens,
    int TokensToCompute,
    int PlannedTokens,
    int GeneratedTokens,
    int KvBlocks
)
{
    /// <summary>Whether its next token is all that it computes.</summary>
    public bool IsDecoding => TokensToCompute == 1 && GeneratedTokens > 0;
}
