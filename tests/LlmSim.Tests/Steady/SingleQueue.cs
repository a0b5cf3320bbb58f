using LlmSim.Experiments.Steady;
using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Tests.Steady;

/// <summary>A prefill instance with Poisson arrivals and exponential service of 1 s on average: an M/M/1 queue, whose figures are known.</summary>
internal static class SingleQueue
{
    private const double TokensPerSecond = 1e6;

    /// <summary>Mean time to first token: the time in the system is exponential.</summary>
    public static double MeanTtft(double load) => 1 / (1 - load);

    /// <summary>Its 99th percentile.</summary>
    public static double P99Ttft(double load) => Math.Log(100) / (1 - load);

    /// <summary>The requests of a run that begins empty.</summary>
    public static RequestSeries Run(double load, int requests, long seed)
    {
        var series = new RequestSeries(ttftSloSeconds: 10, tpotSloSeconds: 1);
        Simulator.Run(
            Scenarios.Abstract(new ServiceTimes(1 / TokensPerSecond, 1)),
            Requests(load, requests, seed),
            series.Add
        );
        return series;
    }

    private static IEnumerable<RequestSpec> Requests(double load, int requests, long seed)
    {
        var arrivals = new RandomStream(seed, "arrivals");
        var prompts = new RandomStream(seed, "prompts");
        var seconds = 0.0;
        for (var id = 0; id < requests; id++)
        {
            seconds += arrivals.NextExponential(load);
            var tokens = Math.Max(1, (int)Math.Round(prompts.NextExponential(1 / TokensPerSecond)));
            yield return new RequestSpec(id, SimTime.FromSeconds(seconds), tokens, 1);
        }
    }
}
