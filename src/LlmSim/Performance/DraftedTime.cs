namespace LlmSim.Performance;

/// <summary>
/// Iterations under speculative decoding: those of the model that verifies, and what drafts. The drafter passes all tokens of an iteration once, as
/// its KV cache needs them, which gives the first draft; each further draft is an iteration of its own over the requests that decode.
/// </summary>
internal sealed class DraftedTime : TimesBeside
{
    private readonly IPerformanceModel? _drafter;
    private readonly SpeculationSpec _speculation;

    private DraftedTime(IPerformanceModel verifier, IPerformanceModel? drafter, SpeculationSpec speculation)
        : base(verifier)
    {
        _drafter = drafter;
        _speculation = speculation;
    }

    /// <summary>The times of an instance; those of the model alone where nothing is drafted.</summary>
    /// <param name="served">The model that verifies.</param>
    /// <param name="instance">Where both are.</param>
    /// <param name="verifier">The times of the model that verifies.</param>
    /// <param name="times">Gives those of another model on an instance; null where they are not known.</param>
    public static IPerformanceModel Of(
        ServedModel served,
        InstanceSpec instance,
        IPerformanceModel verifier,
        Func<ServedModel, InstanceSpec, IPerformanceModel?> times
    )
    {
        if (instance.Engine is not { Speculation: { } speculation } engine)
        {
            return verifier;
        }

        var drafter = Drafter.Of(served, instance);
        var alone = Alone(instance with { Engine = engine with { Speculation = null } }, served, drafter);
        return new DraftedTime(verifier, drafter is null ? null : times(drafter, alone), speculation);
    }

    /// <summary>How experts are met, and which have replicas, is said of the model that verifies: of a drafter that has as many, too.</summary>
    private static InstanceSpec Alone(InstanceSpec instance, ServedModel served, ServedModel? drafter)
    {
        var plain = instance with { TwoBatchOverlap = false };
        return drafter?.Model.MixtureOfExperts?.Experts == served.Model.MixtureOfExperts?.Experts
            ? plain
            : plain with
            {
                ExpertSkew = null,
                RedundantExperts = 0,
            };
    }

    /// <inheritdoc />
    public override double Seconds(in IterationBatch batch)
    {
        var seconds = Model.Seconds(batch);
        if (_drafter is not null)
        {
            seconds += _drafter.Seconds(batch);
            if (batch.DecodeRequests > 0)
            {
                seconds += (_speculation.DraftTokens - 1) * _drafter.Seconds(FurtherDraft(batch));
            }
        }

        return batch.DecodeRequests > 0 ? seconds + _speculation.DraftSeconds : seconds;
    }

    /// <inheritdoc />
    public override DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = Model.Trend(batch);
        if (_drafter is not null)
        {
            trend = trend
                .Plus(_drafter.Trend(batch))
                .Plus(_drafter.Trend(FurtherDraft(batch)), _speculation.DraftTokens - 1);
        }

        return trend with
        {
            Seconds = trend.Seconds + _speculation.DraftSeconds,
        };
    }

    /// <summary>One token of each request that decodes. Their contexts grow as they do under the verifier.</summary>
    private static IterationBatch FurtherDraft(in IterationBatch batch) =>
        new()
        {
            DecodeRequests = batch.DecodeRequests,
            DecodeComputedTokens = batch.DecodeComputedTokens,
            DecodeComputedTokensMin = batch.DecodeComputedTokensMin,
            DecodeComputedTokensMax = batch.DecodeComputedTokensMax,
            AcceptedDraftTokens = batch.AcceptedDraftTokens,
            GroupTokens = Share(batch.GroupTokens, batch),
            ExpertTokens = Share(batch.ExpertTokens, batch),
        };

    /// <summary>Of tokens of an iteration that only decodes; beside prompts nobody is padded.</summary>
    private static int Share(int tokens, in IterationBatch batch) =>
        batch.PrefillTokens > 0 ? 0 : (tokens + batch.QueriesEach - 1) / batch.QueriesEach;
}
