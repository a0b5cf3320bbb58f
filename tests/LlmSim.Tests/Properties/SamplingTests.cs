using LlmSim.Metrics.Sampling;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>Samples are right, and change nothing.</summary>
public sealed class SamplingTests
{
    private const int Scenarios = 60;

    /// <summary>No divisor of anything: instants fall inside macro-steps.</summary>
    private const double IntervalSeconds = 0.0317;

    public static TheoryData<string> Presets => ["standard", "reference"];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Samples_inside_a_macro_step_are_those_of_single_steps(string preset)
    {
        var compared = 0;
        ForEachScenario(
            preset,
            scenario =>
            {
                var macro = AtInterval(scenario, maxIterationsPerEvent: 4096);
                var single = AtInterval(scenario, maxIterationsPerEvent: 1);
                // A plan that was cut leaves an event behind, so that the clock of macro-steps may go on over an idle cluster.
                var common = Math.Min(single.Count, macro.Count);
                Assert.Equal(single.Take(common), macro.Take(common));
                Assert.All(single.Concat(macro).Skip(2 * common), AssertIdle);
                compared += single.Count(sample => sample.HeldKvBytes > 0);
            }
        );
        Assert.True(compared > 10_000, $"only {compared} samples of busy instances");
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Samples_agree_with_what_became_of_the_requests(string preset) =>
        ForEachScenario(
            preset,
            scenario =>
            {
                var samples = new List<InstanceSample>();
                var records = Run(
                    scenario,
                    new SamplingPlan(samples.Add) { IntervalSeconds = IntervalSeconds },
                    maxIterationsPerEvent: 4096
                )
                    .Records.Where(record => !record.IsRejected)
                    .ToArray();
                foreach (var sample in samples.Where(sample => sample.Stage == "prefill"))
                {
                    var here = records.Where(record => record.PrefillInstance == sample.Index).ToArray();
                    Assert.Equal(
                        here.Count(r => r.PrefillStart <= sample.Time && sample.Time < r.PrefillFinish),
                        sample.RunningRequests
                    );
                    Assert.Equal(
                        here.Count(r => r.Arrival <= sample.Time && sample.Time < r.PrefillStart),
                        sample.QueuedRequests
                    );
                }

                foreach (var sample in samples.Where(sample => sample.Stage == "decode"))
                {
                    var here = records.Where(record => record.DecodeInstance == sample.Index);
                    Assert.Equal(
                        here.Count(r => r.TransferFinish <= sample.Time && sample.Time < r.Finish),
                        sample.RunningRequests + sample.QueuedRequests
                    );
                }
            }
        );

    [Theory]
    [MemberData(nameof(Presets))]
    public void Sampling_changes_no_result(string preset) =>
        ForEachScenario(
            preset,
            scenario =>
            {
                var count = 0;
                var plan = new SamplingPlan(_ => count++)
                {
                    IntervalSeconds = IntervalSeconds,
                    EventRate = 0.5,
                };
                var sampled = Run(scenario, plan, maxIterationsPerEvent: 4096);
                var plain = Run(scenario, plan: null, maxIterationsPerEvent: 4096);

                Assert.True(count > 0);
                Assert.Equal(plain.Records, sampled.Records);
                Assert.Equal(plain.Events, sampled.Events);
            }
        );

    [Fact]
    public void Samples_after_events_come_at_their_rate_and_list_the_queue()
    {
        var sampledEvents = 0.0;
        var events = 0L;
        var queued = 0;
        ForEachScenario(
            "standard",
            scenario =>
            {
                var samples = new List<InstanceSample>();
                var run = Run(
                    scenario,
                    new SamplingPlan(samples.Add) { EventRate = 0.25 },
                    maxIterationsPerEvent: 4096
                );
                events += run.Events;
                sampledEvents += (double)samples.Count / run.Instances;
                var arrivals = run.Records.ToDictionary(record => record.Id);
                foreach (var sample in samples)
                {
                    Assert.Equal(sample.QueuedRequests, sample.Queue!.Count);
                    foreach (var request in sample.Queue)
                    {
                        queued++;
                        Assert.Equal(
                            (arrivals[request.Id].Arrival - sample.Time).Seconds + run.TtftSloSeconds,
                            request.SecondsToTtftDeadline,
                            1e-6
                        );
                    }
                }
            }
        );

        Assert.InRange(sampledEvents / events, 0.23, 0.27);
        Assert.True(queued > 100, $"only {queued} queued requests were sampled");
    }

    [Fact]
    public void An_interval_that_doubles_keeps_the_instants_bounded_and_evenly_spaced()
    {
        const int MaxInstants = 64;
        var times = new SortedSet<long>();
        Run(
            new RandomScenario(1, Semantics.Standard),
            new SamplingPlan(sample => times.Add(sample.Time.Nanoseconds))
            {
                IntervalSeconds = 1e-4,
                MaxInstants = MaxInstants,
            },
            maxIterationsPerEvent: 4096
        );

        var interval = times.Max - times.SkipLast(1).Last();
        var even = times.Where(time => time % interval == 0).ToArray();
        Assert.InRange(even.Length, MaxInstants / 2, MaxInstants);
        Assert.Equal(Enumerable.Range(0, even.Length).Select(i => i * interval), even);
    }

    private static void AssertIdle(InstanceSample sample)
    {
        Assert.Equal(0, sample.QueuedRequests);
        Assert.Equal(0, sample.RunningRequests);
        Assert.Equal(0, sample.HeldKvBytes);
    }

    private static List<InstanceSample> AtInterval(RandomScenario scenario, int maxIterationsPerEvent)
    {
        var samples = new List<InstanceSample>();
        Run(
            scenario,
            new SamplingPlan(samples.Add) { IntervalSeconds = IntervalSeconds },
            maxIterationsPerEvent
        );
        return samples;
    }

    private static void ForEachScenario(string preset, Action<RandomScenario> test)
    {
        var semantics = preset == "standard" ? Semantics.Standard : Semantics.Reference;
        for (var seed = 0; seed < Scenarios; seed++)
        {
            test(new RandomScenario(seed, semantics));
        }
    }

    private static SampledRun Run(RandomScenario random, SamplingPlan? plan, int maxIterationsPerEvent) =>
        SampledRun.Of(random.NewScenario(), random.Requests, plan, maxIterationsPerEvent);
}
