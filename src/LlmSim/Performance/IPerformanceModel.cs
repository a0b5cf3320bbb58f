namespace LlmSim.Performance;

/// <summary>
/// How long one instance (a model on so many accelerators of a kind) takes for its two kinds of work. Implementations
/// are pure functions of their arguments: the simulator calls them often and in any order.
/// </summary>
public interface IPerformanceModel
{
    /// <summary>Seconds to prefill one prompt alone.</summary>
    /// <param name="promptTokens">Length of the prompt, at least 1.</param>
    double PrefillSeconds(int promptTokens);

    /// <summary>Seconds of one decode iteration, which gives each request of the batch one token.</summary>
    /// <param name="batch">The batch, with at least one request.</param>
    double DecodeSeconds(in DecodeBatch batch);

    /// <summary>
    /// The time of a decode iteration and how it goes on while the batch stays as it is: each iteration adds a token to
    /// each context. A model whose times are linear in the contexts, piece by piece, makes long runs of iterations as cheap
    /// as one; others leave this as it is and are asked iteration by iteration.
    /// </summary>
    /// <param name="batch">The batch of the first iteration, with at least one request.</param>
    DecodeTrend DecodeTrend(in DecodeBatch batch) =>
        new(DecodeSeconds(batch), GrowthSeconds: 0, Iterations: 1);

    /// <summary>Seconds of one iteration that may mix chunks of prompts with decoding requests.</summary>
    /// <param name="batch">The batch, with at least one scheduled token.</param>
    /// <exception cref="UserErrorException">The model knows whole prompts and pure decode batches only.</exception>
    double IterationSeconds(in IterationBatch batch) =>
        throw new UserErrorException(
            $"{GetType().Name} has no time for mixed batches: mixed instances and chunked prefill need a performance model that has"
        );
}

/// <summary>What the time of a decode iteration depends on.</summary>
/// <param name="Requests">Requests in the batch.</param>
/// <param name="ContextTokens">Sum over the batch of the tokens that attention reads, the one being computed included.</param>
/// <param name="LongestContextTokens">The longest context of the batch.</param>
public readonly record struct DecodeBatch(int Requests, long ContextTokens, int LongestContextTokens);

/// <summary>Successive decode iterations of an unchanged batch, each longer than the one before by the same amount.</summary>
/// <param name="Seconds">Seconds of the first.</param>
/// <param name="GrowthSeconds">What each further one takes longer, in seconds.</param>
/// <param name="Iterations">For how many iterations that holds, the first included: at least 1.</param>
public readonly record struct DecodeTrend(double Seconds, double GrowthSeconds, int Iterations);
