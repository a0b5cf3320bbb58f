using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Plots;

/// <summary>What pictures and reports of a run are made of, collected while it goes on.</summary>
internal sealed class RunObservations
{
    private readonly List<(long Id, RequestPoint Point)> _requests = [];

    /// <summary>The requests by their number, which is the order of their arrival.</summary>
    public IReadOnlyList<RequestPoint> Requests =>
        field ??= [.. _requests.OrderBy(request => request.Id).Select(request => request.Point)];

    /// <summary>The instances at an interval.</summary>
    public IReadOnlyList<InstanceSample> Samples { get; set; } = [];

    /// <summary>Takes a request that has finished or was rejected.</summary>
    public void Add(RequestRecord record) => _requests.Add((record.Id, new RequestPoint(record)));
}
