using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Performance;
using LlmSim.Tests.Golden;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Verification;

/// <summary>A second pass agrees with every run, and with none whose figures, records or samples were changed.</summary>
public sealed class VerificationTests
{
    private const int Seeds = 40;

    /// <summary>Figures of which records say no more than what they are at least and at most.</summary>
    private static readonly string[] s_bounded =
    [
        "ItlSeconds.Std",
        "ItlSeconds.P",
        "DecodeIterations",
        "Instances.MeanBatch",
        "Instances.PeakKvBytes",
        "Instances.KvOccupancy",
        "PagedCache.HitTokens",
        "PagedCache.HitBlocks",
        "PagedCache.Preemptions",
    ];

    /// <summary>Figures of which records say nothing.</summary>
    private static readonly string[] s_unknown =
    [
        "Events",
        "PagedCache.Evictions",
        "Instances.KvCapacityBytes",
    ];

    public static TheoryData<string> Goldens => ["a", "c", "s"];

    [Theory]
    [InlineData("clusters")]
    [InlineData("standard")]
    [InlineData("reference")]
    [InlineData("vllm")]
    [InlineData("sglang")]
    [InlineData("trtllm")]
    public void Random_runs_are_verified(string kind) =>
        Parallel.For(
            0,
            Seeds,
            seed =>
            {
                var run = Random(kind, seed);
                try
                {
                    run.Require();
                }
                catch (InvariantViolationException e)
                {
                    throw new InvalidOperationException($"{kind}, seed {seed}: {e.Message}", e);
                }
            }
        );

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Recorded_runs_of_the_reference_are_verified(string name) =>
        Verified.Run(ReferenceRunTests.ScenarioOf(name), ReferenceRunTests.WorkloadOf(name)).Require();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_closed_loop_and_a_front_end_are_verified(int concurrency)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomCluster(seed);
            var scenario = random.NewScenario();
            Verified.Run(scenario with { Concurrency = concurrency }, random.Requests).Require();
            Verified
                .Run(
                    random.NewScenario() with
                    {
                        RequestSeconds = 0.0123456789 * concurrency,
                    },
                    random.Requests
                )
                .Require();
        }
    }

    [Fact]
    public void What_warm_up_and_cool_down_leave_out_is_verified()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomCluster(seed);
            var measured = new RequestWindow(seed % 7, random.Requests.Count - (seed % 5));
            Verified.Run(random.NewScenario() with { Measured = measured }, random.Requests).Require();
        }
    }

    [Fact]
    public void Overload_is_judged_from_the_records_as_in_the_run()
    {
        var overloaded = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomStream(seed, "overload");
            var load = 0.5 + random.NextDouble();
            var seconds = 0.0;
            var requests = Enumerable
                .Range(0, 100 + random.Next(2000))
                .Select(id => new RequestSpec(
                    id,
                    SimTime.FromSeconds(seconds += random.NextExponential(load)),
                    1 + random.Next(3),
                    1
                ))
                .ToArray();
            var run = Verified.Run(Scenarios.Abstract(new ServiceTimes(0.5, 1)), requests);
            run.Require();
            overloaded += run.Summary.QueueGrows ? 1 : 0;
            var other = run with { Summary = run.Summary with { QueueGrows = !run.Summary.QueueGrows } };
            Assert.Contains("queue_grows", Difference(other), StringComparison.Ordinal);
        }

        Assert.InRange(overloaded, 5, Seeds - 5);
    }

    [Fact]
    public void A_figure_that_is_changed_is_found()
    {
        var run = Random("clusters", SeedWithEverything);
        var near = Figures.Of(run.Summary, isFar: false);
        var far = Figures.Of(run.Summary, isFar: true);
        Assert.True(near.Count > 100, $"{near.Count} figures");

        Assert.All(
            near.Where(figure => !IsAmong(s_bounded, figure.Name) && !IsAmong(s_unknown, figure.Name)),
            IsFound
        );
        Assert.All(far.Where(figure => IsAmong(s_bounded, figure.Name)), IsFound);
        Assert.All(
            s_bounded.Concat(s_unknown),
            name => Assert.Contains(near, figure => IsAmong([name], figure.Name))
        );

        void IsFound((string Name, Func<RunSummary, RunSummary> Change) figure) =>
            Assert.Throws<InvariantViolationException>(() =>
                (run with { Summary = figure.Change(run.Summary) }).Require()
            );

        static bool IsAmong(string[] beginnings, string name) =>
            beginnings.Any(beginning => name.StartsWith(beginning, StringComparison.Ordinal));
    }

    [Fact]
    public void A_record_that_is_changed_is_found()
    {
        var run = Random("standard", 3);
        var place = run.Records.FindIndex(record =>
            record.DecodeInstance >= 0 && record.TraceOutputTokens > 2
        );
        var later = new SimTime(1_000_000);
        Func<RequestRecord, RequestRecord>[] changes =
        [
            r => r with { Id = r.Id + 1 },
            r => r with { Arrival = r.Arrival + later },
            r => r with { TraceInputTokens = r.TraceInputTokens + 1 },
            r => r with { TraceOutputTokens = r.TraceOutputTokens + 1 },
            r => r with { InputTokens = r.InputTokens + 1 },
            r => r with { OutputTokens = r.OutputTokens - 1 },
            r => r with { PrefillStart = r.PrefillStart - later },
            r => r with { PrefillFinish = r.PrefillFinish + later },
            r => r with { TransferFinish = r.TransferFinish + later },
            r => r with { FirstDecodeStart = r.FirstDecodeStart - later },
            r => r with { DecodeStart = r.DecodeStart + later },
            r => r with { Finish = r.Finish + later },
            r => r with { Evictions = r.Evictions + 1 },
            r => r with { Recompute = r.Recompute + r.Finish },
            r => r with { TpotSeconds = r.TpotSeconds * (1 + 1e-9) },
            r => r with { DecodeInstance = r.DecodeInstance + 1 },
            r => r with { PrefillInstance = r.PrefillInstance + 1 },
            r => r with { RejectionReason = "none" },
            r => r with { IsMeasured = false },
        ];
        foreach (var change in changes)
        {
            var records = run.Records.ToList();
            records[place] = change(records[place]);
            Assert.NotEmpty(Difference(run with { Records = records }));
        }

        Assert.NotEmpty(Difference(run with { Records = run.Records[1..] }));
        Assert.NotEmpty(Difference(run with { Records = [.. run.Records, run.Records[0]] }));
    }

    [Fact]
    public void An_instance_that_shows_other_requests_than_are_there_is_found()
    {
        var run = Random("standard", 3);
        var place = run.Samples.FindIndex(sample => sample.RunningRequests > 0);
        Func<InstanceSample, InstanceSample>[] changes =
        [
            s => s with { QueuedRequests = s.QueuedRequests + 1 },
            s => s with { RunningRequests = s.RunningRequests - 1 },
            s => s with { HeldKvBytes = s.KvCapacityBytes + 1 },
            s => s with { HeldKvBytes = -1 },
            s => s with { Time = s.Time + SimTime.FromSeconds(1e6) },
        ];
        foreach (var change in changes)
        {
            var samples = run.Samples.ToList();
            samples[place] = change(samples[place]);
            Assert.NotEmpty(Difference(run with { Samples = samples }));
        }
    }

    /// <summary>Instances with and without engines in both stages, prefix hits, evictions and rejections.</summary>
    private static int SeedWithEverything { get; } =
        Enumerable
            .Range(0, 10_000)
            .First(seed =>
            {
                var run = Random("clusters", seed);
                return run.Summary is { Rejected: > 0, Evictions: > 0, PagedCache.HitTokens: > 0 }
                    && run.Scenario.PrefillInstances.Any(spec => spec.Engine is null)
                    && run.Scenario.DecodeInstances.Any(spec => spec.Engine is null)
                    && run.Summary.Instances.All(instance => instance.Requests > 0);
            });

    private static string Difference(Verified run) =>
        Assert.Throws<InvariantViolationException>(() => run.Require()).Message;

    private static Verified Random(string kind, int seed)
    {
        if (kind == "clusters")
        {
            var cluster = new RandomCluster(seed);
            return Verified.Run(cluster.NewScenario(), cluster.Requests);
        }

        if (kind is "standard" or "reference")
        {
            var random = new RandomScenario(
                seed,
                kind == "standard" ? Semantics.Standard : Semantics.Reference
            );
            return Verified.Run(random.NewScenario(), random.Requests);
        }

        var engineKind = EngineDefaults.Kinds[kind];
        var engines = new RandomEngineScenario(seed, engineKind, mixedChunk: seed % 2 == 0);
        return Verified.Run(engines.NewScenario(), engines.Requests);
    }
}
