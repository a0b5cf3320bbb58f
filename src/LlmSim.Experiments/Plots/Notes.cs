using System.Globalization;

namespace LlmSim.Experiments.Plots;

/// <summary>What pictures say of requests that they leave out.</summary>
internal static class Notes
{
    /// <summary>Requests that were rejected, and so have no latency; null when there are none.</summary>
    public static string? NotServed(IReadOnlyList<PlotRun> runs)
    {
        var count = runs.Sum(run => run.Requests.Count(request => !request.IsServed));
        return count == 0
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{count:N0} rejected {(count == 1 ? "request is" : "requests are")} left out"
            );
    }
}
