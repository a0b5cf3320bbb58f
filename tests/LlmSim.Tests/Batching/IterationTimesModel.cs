using LlmSim.Performance;

namespace LlmSim.Tests.Batching;

/// <summary>Times that are linear in what an iteration consists of, so that a test can work them out by hand.</summary>
internal sealed record IterationTimesModel(
    double SecondsPerIteration,
    double SecondsPerToken = 0,
    double SecondsPerPair = 0,
    double SecondsPerContextToken = 0,
    double SecondsPerChunk = 0,
    double SecondsPerExpertToken = 0,
    int TrendIterations = 1
) : IPerformanceModel
{
    public DecodeTrend Trend(in IterationBatch batch) =>
        new(Seconds(batch), SecondsPerContextToken * batch.DecodeRequests, TrendIterations);

    public double Seconds(in IterationBatch batch) =>
        SecondsPerIteration
        + (SecondsPerToken * Math.Max(batch.Tokens, batch.GroupTokens))
        + (SecondsPerPair * batch.PrefillAttentionPairs)
        + (SecondsPerContextToken * batch.DecodeComputedTokens)
        + (SecondsPerChunk * batch.PrefillChunks.Length)
        + (SecondsPerExpertToken * batch.ExpertTokens);
}
