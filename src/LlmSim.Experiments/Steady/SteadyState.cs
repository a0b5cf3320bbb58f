using LlmSim.Metrics;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Steady;

/// <summary>Simulations that are made to learn how a run behaves, before the one whose figures are reported.</summary>
internal static class SteadyState
{
    /// <summary>How many requests at the beginning of a run are of its warm-up, by MSER-5.</summary>
    /// <param name="configuration">The run.</param>
    /// <param name="scenario">Its cluster; its policies are not touched.</param>
    /// <param name="workload">Its requests.</param>
    /// <param name="cancellation">Stops it.</param>
    public static int WarmUp(
        RunConfiguration configuration,
        Scenario scenario,
        IEnumerable<RequestSpec> workload,
        CancellationToken cancellation
    ) => Observe(configuration, scenario, workload, null, cancellation).Series.WarmUp();

    /// <summary>Simulates all requests.</summary>
    public static (RunSummary Summary, RequestSeries Series) Observe(
        RunConfiguration configuration,
        Scenario scenario,
        IEnumerable<RequestSpec> workload,
        Action<RunProgress>? onProgress,
        CancellationToken cancellation
    )
    {
        var series = new RequestSeries(configuration.TtftSloSeconds, configuration.TpotSloSeconds);
        var summary = Simulator.Watch(
            scenario with
            {
                Measured = RequestWindow.All,
                Policies = Experiment.CreatePolicies(configuration),
            },
            workload,
            series.Add,
            onProgress,
            cancellation: cancellation
        );
        return (summary, series);
    }
}
