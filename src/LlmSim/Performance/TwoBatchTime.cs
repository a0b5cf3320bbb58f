namespace LlmSim.Performance;

/// <summary>A model that knows what the exchange of tokens with experts takes in its iterations.</summary>
internal interface IExchangesTokens
{
    /// <summary>Layers with an exchange; 0 where there is none.</summary>
    int ExchangeLayers { get; }

    /// <summary>Seconds of one of them for so many tokens of each instance.</summary>
    double ExchangeSeconds(double tokens);
}

/// <summary>
/// Two-batch overlap, as SGLang (docs/advanced_features, enable-two-batch-overlap) and DeepSeek (profile-data: two micro-batches) have it: an iteration is halved, and while
/// the tokens of one half go to the experts of a layer and back, the other half is computed.
/// </summary>
/// <remarks>
/// With c for computing a half and m for its exchange, each over all L layers: the longer of both is never idle, and the other one sticks out at one end,
/// 2 · max(c, m) + min(c, m) / L.
/// </remarks>
internal sealed class TwoBatchTime : TimesBeside
{
    private readonly IExchangesTokens _exchange;

    private TwoBatchTime(IPerformanceModel model, IExchangesTokens exchange)
        : base(model) => _exchange = exchange;

    /// <summary>The times of an instance; those of the model where it does not overlap halves.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="model">Its times of whole iterations.</param>
    /// <exception cref="UserErrorException">There is no exchange, or the times do not tell it.</exception>
    public static IPerformanceModel Of(InstanceSpec instance, IPerformanceModel model)
    {
        if (!instance.TwoBatchOverlap)
        {
            return model;
        }

        return model switch
        {
            IExchangesTokens { ExchangeLayers: > 0 } exchange => new TwoBatchTime(model, exchange),
            IExchangesTokens => throw new UserErrorException(
                "two_batch_overlap: no tokens are exchanged that could overlap; allowed with experts that are divided over data-parallel instances, "
                    + "expert_parallel above tp_size"
            ),
            _ => throw new UserErrorException(
                "two_batch_overlap: these times do not tell the exchange of tokens; allowed with --performance roofline, calibrated and kernels"
            ),
        };
    }

    /// <inheritdoc />
    public override double Seconds(in IterationBatch batch)
    {
        if (!TryHalve(batch, out var half))
        {
            return Model.Seconds(batch);
        }

        var exchange = Exchange(half);
        var compute = Model.Seconds(half) - exchange;
        return (2 * Math.Max(compute, exchange)) + (Math.Min(compute, exchange) / _exchange.ExchangeLayers);
    }

    /// <inheritdoc />
    public override DecodeTrend Trend(in IterationBatch batch)
    {
        if (!TryHalve(batch, out var half))
        {
            return Model.Trend(batch);
        }

        var (exchange, layers) = (Exchange(half), _exchange.ExchangeLayers);
        var trend = Model.Trend(half);
        var compute = trend.Seconds - exchange;
        if (compute >= exchange)
        {
            return new((2 * compute) + (exchange / layers), 2 * trend.GrowthSeconds, trend.Iterations);
        }

        // Until computing takes longer than the exchange, it only sticks out at the end.
        var iterations =
            trend.GrowthSeconds > 0
                ? Math.Min(trend.Iterations, 1 + Math.Floor((exchange - compute) / trend.GrowthSeconds))
                : trend.Iterations;
        return new((2 * exchange) + (compute / layers), trend.GrowthSeconds / layers, (int)iterations);
    }

    private double Exchange(in IterationBatch half) =>
        _exchange.ExchangeLayers * _exchange.ExchangeSeconds(Math.Max(half.Tokens, half.GroupTokens));

    /// <summary>
    /// The larger half. Contexts are divided as requests are, so that those of later iterations are what they were and grew by; one prompt alone is
    /// divided by its tokens.
    /// </summary>
    private static bool TryHalve(in IterationBatch batch, out IterationBatch half)
    {
        if (batch.Tokens < 2)
        {
            half = batch;
            return false;
        }

        var decoding = Half(batch.DecodeRequests);
        half = batch with
        {
            PrefillRequests = Half(batch.PrefillRequests),
            PrefillTokens = Half(batch.PrefillTokens),
            // The parts of one prompt come after none and half of its tokens: after a quarter in the mean.
            PrefillComputedTokens =
                batch.PrefillRequests == 1
                    ? batch.PrefillComputedTokens + (batch.PrefillTokens / 4)
                    : Half(batch.PrefillComputedTokens),
            PrefillAttentionPairs = Half(batch.PrefillAttentionPairs),
            PrefillChunks = default,
            DecodeRequests = decoding,
            DecodeComputedTokens =
                decoding == 0 ? 0 : batch.DecodeComputedTokens * decoding / batch.DecodeRequests,
            AcceptedDraftTokens =
                decoding == 0 ? 0 : batch.AcceptedDraftTokens * decoding / batch.DecodeRequests,
            GroupTokens = Half(batch.GroupTokens),
            ExpertTokens = Half(batch.ExpertTokens),
        };
        return true;
    }

    private static int Half(int number) => (number + 1) / 2;

    private static long Half(long number) => (number + 1) / 2;
}
