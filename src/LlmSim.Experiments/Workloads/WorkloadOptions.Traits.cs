using LlmSim.Workloads;

namespace LlmSim.Experiments.Workloads;

/// <content>What requests have beside lengths: adapters, grammars and thoughts.</content>
internal sealed partial record WorkloadOptions
{
    /// <summary>Synthetic: share of requests whose output has a grammar, above 0 and up to 1; null for none.</summary>
    public double? StructuredShare { get; init; }

    /// <summary>How many grammars they have between them, at least 1.</summary>
    public int StructuredSchemas { get; init; } = 1;

    /// <summary>Synthetic: mean tokens that come before an answer, above 0; null for none.</summary>
    public double? ThinkingMean { get; init; }

    /// <summary>Deviation of the logarithm of these, from 0 to 10.</summary>
    public double ThinkingSigma { get; init; } = 1;

    /// <summary>Most of these tokens, at least 1; null for no limit.</summary>
    public int? ThinkingBudget { get; init; }

    /// <summary>The same requests with all that. Classes of a mix have their own.</summary>
    private IEnumerable<RequestSpec> WithTraits(RequestSource source, IEnumerable<RequestSpec> requests)
    {
        if (source == RequestSource.Mix)
        {
            return requests;
        }

        if (source == RequestSource.Trace)
        {
            RequireNotGiven("adapters", "adapter", Adapters);
            RequireNotGiven("structured_share", "schema", StructuredShare);
            RequireNotGiven("thinking_mean", "thinking", ThinkingMean);
        }

        return WithThoughts(source, WithSchemas(WithAdapters(requests)));

        static void RequireNotGiven(string option, string column, double? value)
        {
            if (value is not null)
            {
                throw new UserErrorException(
                    $"{option}: a trace says it of its requests, in the column of columns {column}=NAME; allowed with synthetic sources only"
                );
            }
        }
    }

    private IEnumerable<RequestSpec> WithAdapters(IEnumerable<RequestSpec> requests) =>
        Adapters is { } count ? new AdapterChoice(count, AdapterPopularity).Apply(requests, Seed)
        : Adapter is { } one
            ? requests.Select(request => request.Adapter is null ? request with { Adapter = one } : request)
        : requests;

    private IEnumerable<RequestSpec> WithSchemas(IEnumerable<RequestSpec> requests) =>
        StructuredShare is { } share
            ? new SchemaChoice(share, StructuredSchemas).Apply(requests, Seed)
            : requests;

    private IEnumerable<RequestSpec> WithThoughts(RequestSource source, IEnumerable<RequestSpec> requests)
    {
        if (ThinkingMean is not { } mean)
        {
            return ThinkingBudget is { } budget
                ? throw new UserErrorException(
                    FormattableString.Invariant(
                        $"thinking_budget: found {budget} without thoughts; allowed: with thinking_mean"
                    )
                )
                : requests;
        }

        return source is RequestSource.Chat or RequestSource.Agent
            ? throw new UserErrorException(
                $"thinking_mean: found with request_source {RequestSources.Name(source)}; allowed: sources without conversations"
            )
            : new ThinkingLengths(mean, ThinkingSigma, ThinkingBudget).Apply(requests, Seed);
    }
}
