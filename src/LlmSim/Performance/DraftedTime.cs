namespace LlmSim.Performance;

/// <summary>
/// Iterations under speculative decoding: those of the model that verifies, and what drafts. The drafter passes all tokens of an iteration once, as
/// its KV cache needs them, which gives the first draft; each further draft is an iteration of its own over the requests that decode.
/// </summary>
internal sealed class DraftedTime : IPerformanceModel, IRangeReporting
{
    private static readonly IReadOnlyDictionary<string, long> s_nothing = new Dictionary<string, long>();

    private readonly IPerformanceModel _verifier;
    private readonly IPerformanceModel? _drafter;
    private readonly IRangeReporting? _range;
    private readonly SpeculationSpec _speculation;

    private DraftedTime(IPerformanceModel verifier, IPerformanceModel? drafter, SpeculationSpec speculation)
    {
        _verifier = verifier;
        _drafter = drafter;
        _range = verifier as IRangeReporting;
        _speculation = speculation;
    }

    /// <inheritdoc />
    public long Iterations => _range?.Iterations ?? 0;

    /// <inheritdoc />
    public long IterationsOutOfRange => _range?.IterationsOutOfRange ?? 0;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, long> OutOfRange => _range?.OutOfRange ?? s_nothing;

    /// <summary>The times of an instance; those of the model alone where nothing is drafted.</summary>
    /// <param name="served">The model that verifies.</param>
    /// <param name="instance">Where both are.</param>
    /// <param name="verifier">The times of the model that verifies.</param>
    /// <param name="times">Gives those of another model on an instance.</param>
    public static IPerformanceModel Of(
        ServedModel served,
        InstanceSpec instance,
        IPerformanceModel verifier,
        Func<ServedModel, InstanceSpec, IPerformanceModel> times
    )
    {
        if (instance.Engine is not { Speculation: { } speculation } engine)
        {
            return verifier;
        }

        var alone = instance with { Engine = engine with { Speculation = null } };
        var drafter = Drafter.Of(served, instance);
        return new DraftedTime(verifier, drafter is null ? null : times(drafter, alone), speculation);
    }

    /// <inheritdoc />
    public double Seconds(in IterationBatch batch)
    {
        var seconds = _verifier.Seconds(batch);
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
    public DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = _verifier.Trend(batch);
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
