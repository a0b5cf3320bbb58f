using LlmSim.Experiments.Verification;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Verification;

/// <summary>A run with what a second pass needs, so that a test can change any of it before the pass.</summary>
internal sealed record Verified(
    Scenario Scenario,
    RunSummary Summary,
    List<RequestRecord> Records,
    List<InstanceSample> Samples
)
{
    public static Verified Run(Scenario scenario, IEnumerable<RequestSpec> requests)
    {
        var records = new List<RequestRecord>();
        var samples = new List<InstanceSample>();
        var asked = new SamplingPlan(samples.Add) { IntervalSeconds = 0.0137, MaxInstants = 256 };
        var summary = Simulator.Watch(
            scenario,
            requests,
            records.Add,
            sampling: asked,
            cancellation: TestContext.Current.CancellationToken
        );
        return new Verified(scenario, summary, records, samples);
    }

    /// <summary>Makes the second pass.</summary>
    /// <exception cref="LlmSim.Kernel.InvariantViolationException">It found a difference.</exception>
    public string Require()
    {
        var verification = new RunVerification(Scenario);
        Records.ForEach(verification.Add);
        var plan = verification.Watch(new SamplingPlan(_ => { }) { IntervalSeconds = 1 });
        Samples.ForEach(plan.OnSample);
        return verification.Require(Summary, Scenario.TtftSloSeconds, Scenario.TpotSloSeconds);
    }
}
