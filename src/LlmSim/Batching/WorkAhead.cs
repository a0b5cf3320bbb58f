using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>What a router may estimate of the work that a batched instance has before it.</summary>
internal sealed class WorkAhead(IPerformanceModel performance, GraphPadding padding)
{
    /// <summary>Seconds of the prefills that run and wait. While one runs, no iteration is unsettled.</summary>
    public static double PrefillSeconds(ReadOnlySpan<SequenceState> single, WaitingRequests waiting)
    {
        var seconds = waiting.PrefillDuration.Seconds;
        foreach (var sequence in single)
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
        IterationScheduler scheduler,
        int unsettledIterations,
        WaitingRequests waiting
    )
    {
        var tokens = scheduler.Decoding.ExpectedTokens(unsettledIterations);
        foreach (var sequence in scheduler.Single)
        {
            tokens += OutputEstimate.RemainingTokens(sequence.Request, unsettledIterations);
        }

        return tokens + waiting.Sum(0, static (request, _) => OutputEstimate.RemainingTokens(request));
    }

    /// <summary>Seconds of as many iterations, in the batch as it is, as its decoding requests want on average.</summary>
    public double DecodeSeconds(IterationScheduler scheduler, int unsettledIterations)
    {
        var decoding = scheduler.Decoding;
        var requests = decoding.Count;
        var computed = decoding.Computed + ((long)requests * unsettledIterations);
        var tokens = decoding.ExpectedTokens(unsettledIterations);
        foreach (var sequence in scheduler.Single)
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
