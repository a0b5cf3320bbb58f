namespace LlmSim.Experiments.Validation.Bench;

/// <summary>A request that a load test sent and that got its tokens.</summary>
/// <param name="Lengths">Its tokens.</param>
/// <param name="StartSeconds">When it was to be sent, by the client's clock; null where that was not saved.</param>
/// <param name="EndSeconds">When its last token came; null where that was not saved.</param>
internal sealed record ServedRequest(
    RequestLengths Lengths,
    double? StartSeconds = null,
    double? EndSeconds = null
);

/// <summary>The requests of a load test that were served.</summary>
internal sealed class ServedRequests
{
    /// <summary>How far the number of random arrivals in a span may be off, in standard deviations.</summary>
    private const double Deviations = 3;

    /// <summary>What a client is late by without being blamed for it.</summary>
    private const double Tolerance = 0.1;

    private readonly IReadOnlyList<ServedRequest> _requests;

    /// <summary>In the order of sending, where that is known.</summary>
    public ServedRequests(IEnumerable<ServedRequest> requests) =>
        _requests = [.. requests.OrderBy(request => request.StartSeconds)];

    public int Count => _requests.Count;

    public IReadOnlyList<RequestLengths> Lengths => [.. _requests.Select(request => request.Lengths)];

    /// <summary>Requests of which only the lengths are known.</summary>
    public static ServedRequests Of(IEnumerable<int> inputs, IEnumerable<int> outputs) =>
        new(inputs.Zip(outputs, (input, output) => new ServedRequest(new(input, output))));

    /// <summary>When they were sent, from the start of the test on; null where that was not saved.</summary>
    /// <param name="durationSeconds">How long the test took: what is left of it lies before the first request.</param>
    public IReadOnlyList<double>? SentSeconds(double durationSeconds)
    {
        if (_requests.Any(request => request.StartSeconds is null))
        {
            return null;
        }

        var first = _requests[0].StartSeconds!.Value;
        var end = _requests.Max(request => request.EndSeconds ?? double.PositiveInfinity);
        var lead = double.IsFinite(end) ? Math.Max(0, durationSeconds - (end - first)) : 0;
        return [.. _requests.Select(request => lead + (request.StartSeconds!.Value - first))];
    }

    /// <summary>How far the rate at which so many requests were sent may be from the one that was asked for, as a share of it.</summary>
    /// <param name="requests">Requests.</param>
    /// <param name="burstiness">Shape of the gaps' distribution.</param>
    public static double RateTolerance(int requests, double burstiness) =>
        Tolerance + (Deviations / Math.Sqrt(Math.Max(1, requests * burstiness)));
}
