using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Workloads;

namespace LlmSim;

/// <summary>Runs simulations: the entrance to the library.</summary>
public static class Simulator
{
    /// <summary>Simulates a scenario on a workload until every request has finished or was rejected.</summary>
    /// <param name="scenario">The cluster, model, policies and options.</param>
    /// <param name="workload">Requests in order of arrival, pulled one ahead of the clock.</param>
    /// <param name="onRequest">Called for each request when it finishes or is rejected.</param>
    /// <param name="cancellation">Stops the run with an <see cref="OperationCanceledException" />.</param>
    /// <exception cref="UserErrorException">The scenario or workload is impossible; the message says why.</exception>
    public static RunSummary Run(
        Scenario scenario,
        IEnumerable<RequestSpec> workload,
        Action<RequestRecord>? onRequest = null,
        CancellationToken cancellation = default
    ) => Watch(scenario, workload, onRequest, cancellation: cancellation);

    /// <summary>Simulates a scenario as <see cref="Run" /> does, with reports while it runs.</summary>
    /// <param name="scenario">The cluster, model, policies and options.</param>
    /// <param name="workload">Requests in order of arrival, pulled one ahead of the clock.</param>
    /// <param name="onRequest">Called for each request when it finishes or is rejected.</param>
    /// <param name="onProgress">Called now and then.</param>
    /// <param name="sampling">Samples of the instances over time; null for none. It does not change the results.</param>
    /// <param name="attainments">Pairs of SLOs, beside that of the scenario, that are to be watched; null for none.</param>
    /// <param name="cancellation">Stops the run with an <see cref="OperationCanceledException" />.</param>
    internal static RunSummary Watch(
        Scenario scenario,
        IEnumerable<RequestSpec> workload,
        Action<RequestRecord>? onRequest = null,
        Action<RunProgress>? onProgress = null,
        SamplingPlan? sampling = null,
        IReadOnlyList<SloAttainment>? attainments = null,
        CancellationToken cancellation = default
    )
    {
        var recorder = new MetricsRecorder(
            scenario.Semantics.Tpot,
            scenario.TtftSloSeconds,
            scenario.TpotSloSeconds,
            onRequest,
            scenario.Measured,
            attainments
        )
        {
            OwnModel = scenario.OtherModels.Count > 0 ? scenario.Model.Id : null,
            Images = scenario.TakesImages
                ? new ImageRecorder(scenario.TakesVideos, scenario.TakesAudio)
                : null,
        };
        var cluster = new Cluster(scenario, workload, recorder, MaxIterationsPerEvent);
        if (sampling is not null)
        {
            cluster.Observe(
                new ClusterSampler(sampling, scenario.Seed, cluster.StagedInstances, () => cluster.Now)
            );
            foreach (var instance in cluster.Instances)
            {
                instance.OnIteration = sampling.OnIteration;
            }
        }

        if (onProgress is not null)
        {
            recorder.CompletionObserver = completed =>
            {
                if (completed % ProgressInterval == 0)
                {
                    onProgress(new RunProgress(completed, cluster.Now.Seconds));
                }
            };
        }

        cluster.Run(cancellation);
        var summary = recorder.Summarize(
            makespanSeconds => ClusterReport.Usages(cluster, makespanSeconds),
            ClusterReport.PolicyCounters(cluster, scenario.Policies),
            cluster.Evictions,
            cluster.DecodeIterations,
            ClusterReport.CacheUsage(cluster),
            cluster.EventCount
        );
        return summary with
        {
            // A closed loop fills up at its start and has a bound.
            QueueGrows = summary.QueueGrows && scenario.Concurrency is null,
            PerformanceRange = ClusterReport.PerformanceRange(cluster),
            Service = ClusterReport.Service(cluster, recorder, summary.MeasuredSeconds),
            Speculation = ClusterReport.SpeculationUsage(cluster),
            KvTiers = ClusterReport.TierUsage(cluster),
            Encoder = cluster.EncoderUsage(),
            Adapters = ClusterReport.AdapterUsage(cluster),
            StructuredOutput = ClusterReport.StructuredOutputUsage(cluster),
            Fleet = cluster.FleetSummary(),
        };
    }

    /// <summary>Bounds the memory of a macro-step's plan.</summary>
    private const int MaxIterationsPerEvent = 4096;

    private const int ProgressInterval = 1024;
}

/// <summary>How far a simulation has come.</summary>
/// <param name="CompletedRequests">Requests finished or rejected.</param>
/// <param name="SimulatedSeconds">The simulated clock.</param>
internal readonly record struct RunProgress(long CompletedRequests, double SimulatedSeconds);
