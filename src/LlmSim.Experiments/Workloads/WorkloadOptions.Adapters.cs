using LlmSim.Workloads;

namespace LlmSim.Experiments.Workloads;

/// <content>Adapters of the requests.</content>
internal sealed partial record WorkloadOptions
{
    /// <summary>The same requests with their adapters. Classes of a mix have their own.</summary>
    private IEnumerable<RequestSpec> WithAdapters(RequestSource source, IEnumerable<RequestSpec> requests)
    {
        if (Adapters is { } count && source != RequestSource.Mix)
        {
            return source == RequestSource.Trace
                ? throw new UserErrorException(
                    "adapters: a trace says which its requests ask for, in the column of columns adapter=NAME; allowed with synthetic sources only"
                )
                : new AdapterChoice(count, AdapterPopularity).Apply(requests, Seed);
        }

        return Adapter is { } one
            ? requests.Select(request => request.Adapter is null ? request with { Adapter = one } : request)
            : requests;
    }
}
