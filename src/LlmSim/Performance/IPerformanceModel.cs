namespace LlmSim.Performance;

/// <summary>
/// How long the iterations of one instance (a model on so many accelerators of a kind) take. Implementations are pure functions of
/// their arguments: the simulator calls them often and in any order.
/// </summary>
public interface IPerformanceModel
{
    /// <summary>
    /// Seconds of one iteration: of a prompt alone, of decoding requests alone, or of chunks of prompts beside decoding requests.
    /// </summary>
    /// <param name="batch">The batch, with at least one token; finite and at least 0 is allowed.</param>
    double Seconds(in IterationBatch batch);

    /// <summary>
    /// The time of an iteration that only decodes and how it goes on while the batch stays as it is: each iteration adds a token to
    /// each context, and the drafts that are accepted (<see cref="IterationBatch.After" />). A model whose times are linear in the contexts, piece by piece, makes long
    /// runs of iterations as cheap as one; others leave this as it is and are asked iteration by iteration.
    /// </summary>
    /// <param name="batch">The batch of the first iteration: at least one request that decodes, no chunk of a prompt.</param>
    DecodeTrend Trend(in IterationBatch batch) => new(Seconds(batch), GrowthSeconds: 0, Iterations: 1);
}

/// <summary>Decoding requests alone.</summary>
/// <param name="Requests">Requests in the batch.</param>
/// <param name="ContextTokens">Sum over the batch of the tokens that attention reads, the one being computed included.</param>
/// <param name="LongestContextTokens">The longest context of the batch.</param>
/// <param name="QueriesEach">Tokens that are computed of each request.</param>
internal readonly record struct DecodeBatch(
    int Requests,
    long ContextTokens,
    int LongestContextTokens,
    int QueriesEach = 1
);

/// <summary>Successive decode iterations of an unchanged batch, each longer than the one before by the same amount.</summary>
/// <param name="Seconds">Seconds of the first.</param>
/// <param name="GrowthSeconds">What each further one takes longer, in seconds.</param>
/// <param name="Iterations">For how many iterations that holds, the first included: at least 1.</param>
public readonly record struct DecodeTrend(double Seconds, double GrowthSeconds, int Iterations)
{
    /// <summary>So many times as long.</summary>
    internal DecodeTrend Slowed(double factor) =>
        factor == 1 ? this : new(Seconds * factor, GrowthSeconds * factor, Iterations);

    /// <summary>Both in each iteration, the other so many times.</summary>
    internal DecodeTrend Plus(in DecodeTrend other, double times = 1) =>
        new(
            Seconds + times * other.Seconds,
            GrowthSeconds + times * other.GrowthSeconds,
            Math.Min(Iterations, other.Iterations)
        );
}
