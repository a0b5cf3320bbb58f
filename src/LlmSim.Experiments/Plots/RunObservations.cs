using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Plots;

/// <summary>What pictures and reports of a run are made of, collected while it goes on.</summary>
/// <param name="ttftSloSeconds">The TTFT SLO of requests that have none of their own.</param>
/// <param name="tpotSloSeconds">The TPOT SLO of those.</param>
internal sealed class RunObservations(double ttftSloSeconds, double tpotSloSeconds)
{
    private readonly List<ServicePoint> _service = [];

    private readonly List<(long Id, RequestPoint Point)> _requests = [];

    /// <summary>The requests by their number, which is the order of their arrival.</summary>
    public IReadOnlyList<RequestPoint> Requests =>
        field ??= [.. _requests.OrderBy(request => request.Id).Select(request => request.Point)];

    /// <summary>The same as the picture of the service sees them.</summary>
    public IReadOnlyList<ServicePoint> Service => _service;

    /// <summary>The instances at an interval.</summary>
    public IReadOnlyList<InstanceSample> Samples { get; set; } = [];

    /// <summary>Takes a request that has finished or was rejected.</summary>
    public void Add(RequestRecord record)
    {
        _requests.Add((record.Id, new RequestPoint(record)));
        _service.Add(
            new ServicePoint(
                record.Arrival.Seconds,
                record.IsRejected ? double.NaN : record.Finish.Seconds,
                record.Origin?.Class,
                SlosMet.Of(record, ttftSloSeconds, tpotSloSeconds).All
            )
        );
    }
}
