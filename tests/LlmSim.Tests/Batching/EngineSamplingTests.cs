using LlmSim.Metrics.Sampling;
using LlmSim.Performance;
using LlmSim.Policies;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Samples of batched instances are right, and change nothing.</summary>
public sealed class EngineSamplingTests
{
    private const int Scenarios = 200;

    /// <summary>No divisor of anything: instants fall inside macro-steps.</summary>
    private const double IntervalSeconds = 0.0317;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Samples_inside_a_macro_step_are_those_of_single_steps(bool plansAhead)
    {
        var busy = 0;
        for (var seed = 0; seed < Scenarios; seed++)
        {
            var macro = AtInterval(seed, plansAhead, maxIterationsPerEvent: 4096);
            var single = AtInterval(seed, plansAhead, maxIterationsPerEvent: 1);

            // A plan that was cut leaves an event behind, so that the clock of macro-steps may go on over an idle cluster.
            var common = Math.Min(single.Count, macro.Count);
            Assert.Equal(single.Take(common), macro.Take(common));
            Assert.All(single.Concat(macro).Skip(2 * common), AssertIdle);
            busy += single.Count(sample => sample.RunningRequests > 0 && sample.HeldKvBytes > 0);
        }

        Assert.True(busy > 10_000, $"only {busy} samples of busy instances");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sampling_changes_no_result(bool plansAhead)
    {
        for (var seed = 0; seed < Scenarios; seed++)
        {
            var count = 0;
            var plan = new SamplingPlan(_ => count++) { IntervalSeconds = IntervalSeconds, EventRate = 0.5 };
            var sampled = Run(seed, plansAhead, plan, maxIterationsPerEvent: 4096);
            var plain = Run(seed, plansAhead, plan: null, maxIterationsPerEvent: 4096);

            Assert.Equal(plain.Records, sampled.Records);
            Assert.Equal(plain.Events, sampled.Events);
            Assert.True(count > 0);
        }
    }

    [Fact]
    public void Queued_and_running_requests_are_those_that_the_records_place_there()
    {
        var compared = 0;
        for (var seed = 0; seed < Scenarios; seed++)
        {
            // A request whose prefix is being fetched is nowhere yet.
            if (new RandomEngineScenario(seed).NewScenario().Policies.PrefillGlobal is IPrefixFetchingPolicy)
            {
                continue;
            }

            var samples = new List<InstanceSample>();
            var plan = new SamplingPlan(samples.Add) { IntervalSeconds = IntervalSeconds };
            var records = Run(seed, plansAhead: false, plan, maxIterationsPerEvent: 4096).Records;
            // A request that starts on a mixed instance stays there from its arrival to its end.
            foreach (var sample in samples.Where(sample => sample.Stage == "mixed"))
            {
                var here = records.Where(record =>
                    !record.IsRejected && record.PrefillInstance == sample.Index
                );
                var there = records.Where(record =>
                    record.DecodeInstance == sample.Index && record.PrefillInstance != sample.Index
                );
                var expected =
                    here.Count(record => record.Arrival <= sample.Time && sample.Time < record.Finish)
                    + there.Count(record =>
                        record.TransferFinish <= sample.Time && sample.Time < record.Finish
                    );
                if (expected > 0)
                {
                    compared++;
                }

                Assert.Equal(expected, sample.RunningRequests + sample.QueuedRequests);
            }
        }

        Assert.True(compared > 1000, $"only {compared} samples of mixed instances with requests");
    }

    private static void AssertIdle(InstanceSample sample)
    {
        Assert.Equal(0, sample.QueuedRequests);
        Assert.Equal(0, sample.RunningRequests);
        Assert.Equal(0, sample.HeldKvBytes);
    }

    private static List<InstanceSample> AtInterval(int seed, bool plansAhead, int maxIterationsPerEvent)
    {
        var samples = new List<InstanceSample>();
        Run(
            seed,
            plansAhead,
            new SamplingPlan(samples.Add) { IntervalSeconds = IntervalSeconds },
            maxIterationsPerEvent
        );
        return samples;
    }

    private static SampledRun Run(int seed, bool plansAhead, SamplingPlan? plan, int maxIterationsPerEvent)
    {
        InstanceSpec[] Engines(IEnumerable<InstanceSpec> specs) =>
            [
                .. specs.Select(spec =>
                    spec with
                    {
                        Engine = spec.Engine! with { AsyncScheduling = plansAhead },
                    }
                ),
            ];
        var random = new RandomEngineScenario(seed);
        var scenario = random.NewScenario();
        scenario = scenario with
        {
            PrefillInstances = Engines(scenario.PrefillInstances),
            DecodeInstances = Engines(scenario.DecodeInstances),
            MixedInstances = Engines(scenario.MixedInstances),
        };
        return SampledRun.Of(scenario, random.Requests, plan, maxIterationsPerEvent);
    }
}
