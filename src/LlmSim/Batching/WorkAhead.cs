using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// What a router may estimate of the work that a batched instance has before it. The micro-batches of a pipeline are computed side by side.
/// </summary>
internal sealed class WorkAhead(
    IPerformanceModel performance,
    GraphPadding padding,
    MicroBatches batches,
    WaitingRequests waiting,
    Drafting? drafting
)
{
    /// <summary>Tokens that an iteration gives a decoding request, on average and at most.</summary>
    private readonly double _meanTokens = drafting?.MeanTokensPerIteration ?? 1;
    private readonly int _mostTokens = 1 + (drafting?.Tokens ?? 0);

    /// <summary>Pieces of a trend that are looked at for a bound; beyond them nothing is known.</summary>
    private const int MostPieces = 4;

    /// <summary>Seconds of the prefills that run and wait.</summary>
    public double PrefillSeconds
    {
        get
        {
            var seconds = waiting.PrefillDuration.Seconds;
            foreach (var batch in batches.All)
            {
                foreach (var sequence in batch.Single)
                {
                    if (sequence.Request.GeneratedTokens == 0)
                    {
                        var left = sequence.Length - sequence.Computed;
                        seconds += sequence.PrefillAhead.Seconds * left / sequence.Length;
                    }
                }
            }

            return seconds / batches.SideBySide;
        }
    }

    /// <summary>What the planned iteration takes off those seconds.</summary>
    private double PrefillStep
    {
        get
        {
            var seconds = 0.0;
            foreach (var sequence in batches.First.Single)
            {
                if (sequence.Request.GeneratedTokens == 0)
                {
                    seconds += sequence.PrefillAhead.Seconds * sequence.Scheduled / sequence.Length;
                }
            }

            return seconds;
        }
    }

    /// <summary>Tokens that the running and waiting requests are expected to generate yet.</summary>
    public long TokensToCome
    {
        get
        {
            var tokens = waiting.ExpectedTokens;
            foreach (var batch in batches.All)
            {
                tokens += batch.Decoding.ExpectedTokens;
                foreach (var sequence in batch.Single)
                {
                    tokens += OutputEstimate.RemainingTokens(sequence.Request);
                }
            }

            return tokens;
        }
    }

    /// <summary>What that is at least from now on, with so many iterations of a plan to come that may take tokens off each running request.</summary>
    public WorkBound BoundTokens(in PlanAhead plan) =>
        plan.Bound(
            TokensToCome,
            (double)batches.First.Requests * _mostTokens,
            batches.First.Requests + waiting.ExpectedTokens
        );

    /// <summary>Seconds of as many iterations, in the batch as it is, as its decoding requests want on average.</summary>
    public double DecodeSeconds()
    {
        var batch = MeanBatch(out var tokens);
        return batch.DecodeRequests == 0
            ? 0
            : tokens / _meanTokens / batch.DecodeRequests * performance.Seconds(batch);
    }

    /// <summary>What these and other seconds are at least from now on.</summary>
    public WorkBound BoundSeconds(double others, in PlanAhead plan)
    {
        // Iterations that repeat themselves take parts of a prompt off, but not its last one.
        var step = plan.Iterations > 1 ? PrefillStep : 0;
        var left =
            step == 0 ? others : others - (plan.Iterations * step) - (WorkIndex.Tolerance * (1 + others));
        var batch = MeanBatch(out var tokens);
        if (batch.DecodeRequests == 0)
        {
            return plan.Bound(others, step, left);
        }

        // The mean context grows with the iterations, and each takes its tokens off the mean of what is to come.
        var shortest = LeastSeconds(batch, plan.Iterations);
        return shortest is { } seconds
            ? plan.Bound(
                others + (tokens / _meanTokens / batch.DecodeRequests * seconds),
                step + (_mostTokens / _meanTokens * seconds),
                left + (seconds / _meanTokens)
            )
            : WorkBound.None;
    }

    /// <summary>The shortest iteration of a batch and so many that follow; null when the model tells it too slowly.</summary>
    private double? LeastSeconds(in IterationBatch batch, int following)
    {
        var (least, looked) = (double.PositiveInfinity, 0);
        for (var pieces = 0; looked <= following; pieces++)
        {
            if (pieces == MostPieces)
            {
                return null;
            }

            var trend = performance.Trend(batch.After(looked));
            var last = Math.Min(trend.Iterations - 1, following - looked);
            least = Math.Min(least, Math.Min(trend.Seconds, trend.Seconds + (last * trend.GrowthSeconds)));
            looked += trend.Iterations;
        }

        return least;
    }

    /// <summary>The decoding requests, each with the mean context.</summary>
    private IterationBatch MeanBatch(out long tokens)
    {
        var (requests, computed) = (0, 0L);
        tokens = 0;
        foreach (var batch in batches.All)
        {
            var decoding = batch.Decoding;
            (requests, computed) = (requests + decoding.Count, computed + decoding.Computed);
            tokens += decoding.ExpectedTokens;
            foreach (var sequence in batch.Single)
            {
                if (sequence.Request.GeneratedTokens > 0)
                {
                    requests++;
                    computed += sequence.Computed;
                    tokens += OutputEstimate.RemainingTokens(sequence.Request);
                }
            }
        }

        if (batches.SideBySide > 1)
        {
            (requests, computed, tokens) = batches.Share(requests, computed, tokens);
        }

        var mean = requests == 0 ? 0 : (int)(computed / requests);
        return new IterationBatch
        {
            DecodeRequests = requests,
            DecodeComputedTokens = computed,
            DecodeComputedTokensMin = mean,
            DecodeComputedTokensMax = mean,
            GroupTokens = padding.Padded(requests * _mostTokens),
            DraftTokens = _mostTokens - 1,
            AcceptedDraftTokens = requests * (_meanTokens - 1),
        };
    }
}
