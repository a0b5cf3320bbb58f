using LlmSim.Performance;

namespace LlmSim.Tests.Performance;

/// <summary>Iteration batches from what each request brings.</summary>
internal static class Batches
{
    /// <summary>The batch of these requests.</summary>
    /// <param name="prefills">Scheduled and computed tokens of each request with a chunk of prompt.</param>
    /// <param name="decodes">Computed tokens of each request that decodes.</param>
    public static IterationBatch Mixed((int Scheduled, int Computed)[] prefills, int[] decodes) =>
        new()
        {
            PrefillRequests = prefills.Length,
            PrefillTokens = prefills.Sum(chunk => chunk.Scheduled),
            PrefillComputedTokens = prefills.Sum(chunk => (long)chunk.Computed),
            PrefillAttentionPairs = prefills.Sum(chunk =>
                (long)chunk.Scheduled * chunk.Computed + (long)chunk.Scheduled * (chunk.Scheduled + 1) / 2
            ),
            DecodeRequests = decodes.Length,
            DecodeComputedTokens = decodes.Sum(tokens => (long)tokens),
            DecodeComputedTokensMin = decodes.DefaultIfEmpty().Min(),
            DecodeComputedTokensMax = decodes.DefaultIfEmpty().Max(),
        };
}
