using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Properties;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Output with a grammar: what masks and compiling cost, worked out by hand.</summary>
public sealed class StructuredOutputTests
{
    private const double IterationSeconds = 0.01;

    private static readonly IterationTimesModel s_equal = new(
        IterationSeconds,
        TrendIterations: int.MaxValue
    );

    private static readonly EngineSpec s_engine = new()
    {
        KvBlocks = 100_000,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    /// <summary>Two requests of three tokens, then one of them for two more: 3 · (0.01 + 0.001 + 2 · 0.002) and 2 · (0.01 + 0.001 + 0.002).</summary>
    [Fact]
    public void Each_token_has_its_mask()
    {
        var spec = new StructuredOutputSpec
        {
            MaskSeconds = 0.002,
            IterationSeconds = 0.001,
            Overlaps = false,
        };
        var (records, _) = Run(spec, Request(0, 0, 3, "a"), Request(1, 0, 5, "a"), Request(2, 10, 4, null));

        Assert.Equal(0.045, records[0].EndToEndSeconds, 9);
        Assert.Equal(0.071, records[1].EndToEndSeconds, 9);
        // It has no grammar.
        Assert.Equal(0.04, records[2].EndToEndSeconds, 9);
    }

    [Fact]
    public void With_overlap_only_what_is_longer_than_the_iteration_counts()
    {
        var spec = new StructuredOutputSpec { MaskSeconds = 0.004 };
        var (records, _) = Run(
            spec,
            [.. Enumerable.Range(0, 4).Select(id => Request(id, 0, 2, "a")), Request(4, 10, 2, "a")]
        );

        Assert.All(records.Take(4), record => Assert.Equal(0.032, record.EndToEndSeconds, 9));
        Assert.Equal(0.02, records[4].EndToEndSeconds, 9);
    }

    /// <summary>Iterations of 10, 11, 12, … ms beside masks of 12.5 ms.</summary>
    [Fact]
    public void A_growing_iteration_becomes_longer_than_its_masks()
    {
        var spec = new StructuredOutputSpec { MaskSeconds = 0.0125 };
        var model = new IterationTimesModel(
            0.01,
            SecondsPerContextToken: 0.001,
            TrendIterations: int.MaxValue
        );
        var times = StructuredTime.Of(Spec(spec), model);
        var batch = IterationBatch.OfDecode(new(1, 1, 1)) with { MaskedTokens = 1 };
        var free = batch with { MaskedTokens = 0 };

        var first = model.Seconds(free);
        Assert.Equal(first < 0.0125 ? 0.0125 : first, times.Seconds(batch), 12);
        var trend = times.Trend(batch);
        var expected = Enumerable.Range(0, 20).Select(i => Math.Max(0.0125, first + (0.001 * i))).ToArray();
        for (var i = 0; i < Math.Min(20, trend.Iterations); i++)
        {
            Assert.Equal(expected[i], trend.Seconds + (i * trend.GrowthSeconds), 12);
        }

        Assert.True(trend.Iterations is > 1 and < 20, $"{trend.Iterations}");
        Assert.Equal(model.Trend(free), times.Trend(free));
    }

    [Fact]
    public void A_grammar_is_compiled_once_and_others_go_ahead()
    {
        var spec = new StructuredOutputSpec { MaskSeconds = 0, CompileSeconds = 1 };
        var (records, summary) = Run(
            spec,
            Request(0, 0, 2, "a"),
            Request(1, 0, 2, null),
            Request(2, 0.5, 2, "a"),
            Request(3, 2, 2, "a"),
            Request(4, 3, 2, "b")
        );

        Assert.Equal(1.02, records[0].EndToEndSeconds, 9);
        Assert.Equal(0.02, records[1].EndToEndSeconds, 9);
        // It waits for the same end.
        Assert.Equal(0.52, records[2].EndToEndSeconds, 9);
        Assert.Equal(0.02, records[3].EndToEndSeconds, 9);
        Assert.Equal(1.02, records[4].EndToEndSeconds, 9);
        Assert.Equal(new StructuredOutputUsage(4, 2, 2.5), summary.StructuredOutput);
        Assert.Equal(0.625, summary.StructuredOutput!.MeanWaitSeconds, 9);
    }

    /// <summary>Thoughts of three tokens are free, and the mask comes with the tokens behind the first of the answer.</summary>
    [Fact]
    public void Thoughts_have_no_grammar()
    {
        var spec = new StructuredOutputSpec { MaskSeconds = 0.005, Overlaps = false };
        var (records, _) = Run(spec, Request(0, 0, 6, "a") with { ThinkingTokens = 3 });

        Assert.Equal(0.04, records[0].TtfoSeconds, 9);
        Assert.Equal((4 * 0.01) + (2 * 0.015), records[0].EndToEndSeconds, 9);
    }

    [Fact]
    public void Without_a_cost_nothing_is_said_and_nothing_changes()
    {
        var scenario = AbstractScenario.OfEngines(s_equal, s_engine, mixed: 1);
        var (with, summary) = EngineScenarios.Run(scenario, [Request(0, 0, 6, "a"), Request(1, 0, 9, "b")]);
        var (without, _) = EngineScenarios.Run(scenario, [Request(0, 0, 6, null), Request(1, 0, 9, null)]);

        Assert.Equal(without, with);
        Assert.Null(summary.StructuredOutput);
    }

    [Theory]
    [InlineData(EngineKind.Vllm, false)]
    [InlineData(EngineKind.Vllm, true)]
    [InlineData(EngineKind.Sglang, false)]
    [InlineData(EngineKind.TensorRtLlm, false)]
    public void Macro_steps_give_what_single_steps_give(EngineKind kind, bool speculates)
    {
        long compilations = 0;
        long savedEvents = 0;
        Parallel.For(
            0,
            200,
            seed =>
            {
                var random = new RandomEngineScenario(seed, kind, speculates: speculates);
                var draws = new RandomStream(seed, "structured");
                var spec = new StructuredOutputSpec
                {
                    MaskSeconds = draws.NextDouble() * 2e-3,
                    IterationSeconds = draws.NextDouble() * 1e-3,
                    CompileSeconds = draws.Next(3) == 0 ? 0 : draws.NextDouble(),
                    Overlaps = draws.Next(2) == 0,
                };
                RequestSpec[] requests =
                [
                    .. random.Requests.Select(request =>
                        draws.Next(3) == 0
                            ? request
                            : request with
                            {
                                Schema = FormattableString.Invariant($"schema{draws.Next(3)}"),
                                ThinkingTokens = draws.Next(2) * draws.Next(request.OutputTokens),
                            }
                    ),
                ];
                var (macro, macroCluster) = RunRandom(random, spec, requests, 4096);
                var (single, singleCluster) = RunRandom(random, spec, requests, 1);
                Assert.Equal(
                    requests.Select(request => request.Id),
                    macro.Select(record => record.Id).Order()
                );
                foreach (var (expected, actual) in single.Zip(macro))
                {
                    ClusterPropertyTests.AssertSame(expected, actual);
                }

                foreach (
                    var (one, other) in singleCluster.BatchedInstances.Zip(macroCluster.BatchedInstances)
                )
                {
                    Assert.Equal(one.Totals.Iterations, other.Totals.Iterations);
                    Assert.Equal(one.Grammars!.Compilations, other.Grammars!.Compilations);
                    Interlocked.Add(ref compilations, other.Grammars.Compilations);
                }

                Interlocked.Add(ref savedEvents, singleCluster.EventCount - macroCluster.EventCount);
            }
        );

        Assert.True(compilations > 200, $"{compilations} compilations");
        Assert.True(savedEvents > 1_000, $"{savedEvents} events saved");
    }

    private static (List<RequestRecord> Records, Cluster Cluster) RunRandom(
        RandomEngineScenario random,
        StructuredOutputSpec spec,
        IReadOnlyList<RequestSpec> requests,
        int maxIterationsPerEvent
    )
    {
        var scenario = random.NewScenario();
        var times = scenario.PerformanceModelFactory!;
        InstanceSpec[] With(IReadOnlyList<InstanceSpec> specs) =>
            [.. specs.Select(one => one with { Engine = one.Engine! with { StructuredOutput = spec } })];
        scenario = scenario with
        {
            PrefillInstances = With(scenario.PrefillInstances),
            DecodeInstances = With(scenario.DecodeInstances),
            MixedInstances = With(scenario.MixedInstances),
            PerformanceModelFactory = one => StructuredTime.Of(one, times(one)),
        };
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            requests,
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        cluster.Run(CancellationToken.None);
        return (records, cluster);
    }

    private static InstanceSpec Spec(StructuredOutputSpec spec) =>
        AbstractScenario
            .OfEngines(s_equal, s_engine with { StructuredOutput = spec }, mixed: 1)
            .MixedInstances[0];

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        StructuredOutputSpec spec,
        params RequestSpec[] requests
    ) =>
        EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, s_engine with { StructuredOutput = spec }, mixed: 1) with
            {
                PerformanceModelFactory = one => StructuredTime.Of(one, s_equal),
            },
            requests
        );

    private static RequestSpec Request(int id, double arrival, int output, string? schema) =>
        new(id, SimTime.FromSeconds(arrival), 10, output) { Schema = schema };
}
