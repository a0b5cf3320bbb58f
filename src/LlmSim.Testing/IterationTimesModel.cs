using LlmSim.Performance;

namespace LlmSim.Testing;

/// <summary>Times that are linear in what an iteration consists of, so that a test can work them out by hand.</summary>
/// <param name="SecondsPerIteration">Of every iteration.</param>
/// <param name="SecondsPerToken">For each token computed, or of the group where that has more.</param>
/// <param name="SecondsPerPair">For each pair of query and key of the prompts.</param>
/// <param name="SecondsPerContextToken">For each token whose KV cache a decoding request reads.</param>
/// <param name="SecondsPerChunk">For each chunk of a prompt.</param>
/// <param name="SecondsPerExpertToken">For each token that comes to the experts here.</param>
/// <param name="TrendIterations">Iterations that a trend is given for.</param>
public sealed record IterationTimesModel(
    double SecondsPerIteration,
    double SecondsPerToken = 0,
    double SecondsPerPair = 0,
    double SecondsPerContextToken = 0,
    double SecondsPerChunk = 0,
    double SecondsPerExpertToken = 0,
    int TrendIterations = 1
) : IPerformanceModel
{
    /// <inheritdoc />
    public DecodeTrend Trend(in IterationBatch batch) =>
        new(
            Seconds(batch),
            SecondsPerContextToken * (batch.DecodeRequests + batch.AcceptedDraftTokens),
            TrendIterations
        );

    /// <inheritdoc />
    public double Seconds(in IterationBatch batch) =>
        SecondsPerIteration
        + (SecondsPerToken * Math.Max(batch.Tokens, batch.GroupTokens))
        + (SecondsPerPair * batch.PrefillAttentionPairs)
        + (SecondsPerContextToken * batch.DecodeComputedTokens)
        + (SecondsPerChunk * batch.PrefillChunks.Length)
        + (SecondsPerExpertToken * batch.ExpertTokens);
}
