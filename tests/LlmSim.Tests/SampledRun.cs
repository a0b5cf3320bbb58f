using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Workloads;

namespace LlmSim.Tests;

/// <summary>A run that may be sampled.</summary>
internal sealed record SampledRun(
    List<RequestRecord> Records,
    long Events,
    int Instances,
    double TtftSloSeconds
)
{
    public static SampledRun Of(
        Scenario scenario,
        IReadOnlyList<RequestSpec> requests,
        SamplingPlan? plan,
        int maxIterationsPerEvent
    )
    {
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            requests,
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        if (plan is not null)
        {
            cluster.Observe(
                new ClusterSampler(plan, scenario.Seed, cluster.StagedInstances, () => cluster.Now)
            );
        }

        cluster.Run(CancellationToken.None);
        return new SampledRun(
            records,
            cluster.EventCount,
            cluster.StagedInstances.Count(),
            scenario.TtftSloSeconds
        );
    }
}
