using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>What a router may estimate of the work that a batched instance has before it.</summary>
internal sealed class WorkAhead(IPerformanceModel performance, GraphPadding padding)
{
    /// <summary>Seconds of the prefills that run and wait. While one runs, no iteration is unsettled.</summary>
    public static double PrefillSeconds(ReadOnlySpan<SequenceState> running, WaitingRequests waiting)
    {
        var seconds = waiting.PrefillDuration.Seconds;
        foreach (var sequence in running)
        {
            if (sequence.Request.GeneratedTokens == 0)
            {
                var left = sequence.Length - sequence.Computed;
                seconds += sequence.PrefillAhead.Seconds * left / sequence.Length;
            }
        }

        return seconds;
    }

    /// <summary>Tokens that the running and waiting requests are expected to generate yet.</summary>
    public static long TokensToCome(
        ReadOnlySpan<SequenceState> running,
        int unsettledIterations,
        WaitingRequests waiting
    )
    {
        var tokens = 0L;
        foreach (var sequence in running)
        {
            tokens += OutputEstimate.RemainingTokens(sequence.Request, unsettledIterations);
        }

        return tokens + waiting.Sum(0, static (request, _) => OutputEstimate.RemainingTokens(request));
    }

    /// <summary>Seconds of as many iterations, in the batch as it is, as its decoding requests want on average.</summary>
    public double DecodeSeconds(ReadOnlySpan<SequenceState> running, int unsettledIterations)
    {
        var (requests, computed, tokens) = (0, 0L, 0L);
        foreach (var sequence in running)
        {
            if (sequence.Request.GeneratedTokens > 0)
            {
                requests++;
                computed += sequence.Computed + unsettledIterations;
                tokens += OutputEstimate.RemainingTokens(sequence.Request, unsettledIterations);
            }
        }

        if (requests == 0)
        {
            return 0;
        }

        var mean = (int)(computed / requests);
        var batch = new IterationBatch
        {
            DecodeRequests = requests,
            DecodeComputedTokens = computed,
            DecodeComputedTokensMin = mean,
            DecodeComputedTokensMax = mean,
            GroupTokens = padding.Padded(requests),
        };
        return (double)tokens / requests * performance.Seconds(batch);
    }
}
