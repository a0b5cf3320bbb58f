using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Properties;
using LlmSim.Workloads;
using MathNet.Numerics.Distributions;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Requests that think before they answer: lengths, and when their answer begins.</summary>
public sealed class ReasoningTests
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

    /// <summary>E[min(X, b)] of a lognormal X is m Φ((ln b − μ − σ²) / σ) + b (1 − Φ((ln b − μ) / σ)).</summary>
    [Theory]
    [InlineData(2000, 1, 1000)]
    [InlineData(2000, 1, 8000)]
    [InlineData(500, 0.3, 400)]
    [InlineData(500, 1.5, null)]
    public void The_mean_output_is_that_of_thoughts_within_the_budget_and_of_the_answer(
        double mean,
        double sigma,
        int? budget
    )
    {
        var answers = LognormalLengths.WithMean(250, 1, SyntheticWorkload.DefaultMaxTokens);
        var requests = new ThinkingLengths(mean, sigma, budget)
            .Apply(
                SyntheticWorkload.Independent(new UniformLengths("input_len", 10, 1), answers, seed: 5),
                seed: 5
            )
            .Take(200_000)
            .ToArray();

        double most = budget ?? SyntheticWorkload.DefaultMaxTokens;
        var mu = Math.Log(mean) - (sigma * sigma / 2);
        var within =
            (mean * Normal.CDF(0, 1, (Math.Log(most) - mu - (sigma * sigma)) / sigma))
            + (most * (1 - Normal.CDF(0, 1, (Math.Log(most) - mu) / sigma)));
        // The standard error is below 1 %.
        Assert.Equal(within, requests.Average(request => request.ThinkingTokens), 0.02 * within);
        Assert.Equal(within + 250, requests.Average(request => request.OutputTokens), 0.02 * (within + 250));
        Assert.All(requests, request => Assert.InRange(request.ThinkingTokens, 1, most));
    }

    [Fact]
    public void Thoughts_do_not_shift_other_numbers()
    {
        static IEnumerable<RequestSpec> Plain() =>
            SyntheticWorkload
                .Independent(
                    new UniformLengths("input_len", 100, 0.5),
                    LognormalLengths.WithMean(250, 1, 10_000),
                    seed: 5
                )
                .Take(100);
        var thinking = new ThinkingLengths(100, 1, 300).Apply(Plain(), seed: 5);

        Assert.Equal(
            Plain().Select(request => (request.InputTokens, request.OutputTokens)),
            thinking.Select(request => (request.InputTokens, request.OutputTokens - request.ThinkingTokens))
        );
    }

    /// <summary>The prompt gives the first token at 0.01 s, and each iteration another one.</summary>
    [Fact]
    public void The_answer_begins_with_the_token_behind_the_thoughts()
    {
        var (records, summary) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, s_engine, mixed: 1),
            [Request(0, 0, 6, 3), Request(1, 0, 10, 0), Request(2, 0, 4, 4), Request(3, 1, 2, 1)]
        );

        Assert.Equal(0.04, records[0].TtfoSeconds, 9);
        Assert.Equal(double.NaN, records[1].TtfoSeconds);
        // It only thinks.
        Assert.Equal(double.NaN, records[2].TtfoSeconds);
        Assert.Equal(0.02, records[3].TtfoSeconds, 9);
        Assert.Equal(2, summary.TtfoSeconds!.Value.Count);
        Assert.Equal(0.03, summary.TtfoSeconds.Value.Mean, 9);
        Assert.Equal(8, summary.ThinkingTokens);
        Assert.Equal(
            [0.06, 0.1, 0.04, 0.02],
            records.Select(record => Math.Round(record.EndToEndSeconds, 9))
        );
    }

    [Fact]
    public void Without_an_engine_it_begins_there_too()
    {
        var (records, summary) = EngineScenarios.Run(
            AbstractScenario.Of(s_equal),
            [Request(0, 0, 6, 3), Request(1, 5, 10, 0), Request(2, 10, 2, 1)]
        );

        Assert.Equal(0.04, records[0].TtfoSeconds, 9);
        Assert.Equal(double.NaN, records[1].TtfoSeconds);
        Assert.Equal(0.02, records[2].TtfoSeconds, 9);
        Assert.Equal(2, summary.TtfoSeconds!.Value.Count);
    }

    [Fact]
    public void Who_does_not_think_has_no_such_figures()
    {
        var (_, summary) = EngineScenarios.Run(AbstractScenario.Of(s_equal), [Request(0, 0, 6, 0)]);

        Assert.Null(summary.TtfoSeconds);
        Assert.Null(summary.ThinkingTokens);
    }

    [Theory]
    [InlineData(EngineKind.Vllm, false)]
    [InlineData(EngineKind.Vllm, true)]
    [InlineData(EngineKind.Sglang, false)]
    [InlineData(EngineKind.TensorRtLlm, true)]
    public void Macro_steps_see_answers_when_single_steps_do(EngineKind kind, bool speculates)
    {
        var answers = 0;
        Parallel.For(
            0,
            200,
            seed =>
            {
                var random = new RandomEngineScenario(seed, kind, speculates: speculates);
                var requests = Thinking(random.Requests, seed);
                var macro = Run(random.NewScenario(), requests, 4096);
                var single = Run(random.NewScenario(), requests, 1);
                var plain = Run(random.NewScenario(), random.Requests, 4096);
                AssertSameAnswers(requests, single, macro);
                // Who looks at answers does not change what happens.
                foreach (var (expected, actual) in plain.Zip(macro))
                {
                    var plainly = actual with { FirstAnswer = null, ThinkingTokens = 0 };
                    ClusterPropertyTests.AssertSame(expected, plainly);
                }

                Interlocked.Add(ref answers, macro.Count(record => record.FirstAnswer is not null));
            }
        );

        Assert.True(answers > 1_000, $"{answers} answers");
    }

    [Fact]
    public void Macro_steps_of_decode_instances_see_answers_when_single_steps_do()
    {
        var answers = 0;
        Parallel.For(
            0,
            400,
            seed =>
            {
                var random = new RandomScenario(
                    seed,
                    seed % 2 == 0 ? Semantics.Standard : Semantics.Reference
                );
                var requests = Thinking(random.Requests, seed);
                var macro = Run(random.NewScenario(), requests, 4096);
                var single = Run(random.NewScenario(), requests, 1);
                AssertSameAnswers(requests, single, macro);
                Interlocked.Add(ref answers, macro.Count(record => record.FirstAnswer is not null));
            }
        );

        Assert.True(answers > 1_000, $"{answers} answers");
    }

    private static void AssertSameAnswers(
        IReadOnlyList<RequestSpec> requests,
        List<RequestRecord> single,
        List<RequestRecord> macro
    )
    {
        var specs = requests.ToDictionary(request => request.Id);
        foreach (var (expected, actual) in single.Zip(macro))
        {
            ClusterPropertyTests.AssertSame(expected, actual);
            var spec = specs[actual.Id];
            var answers =
                !actual.IsRejected && spec.ThinkingTokens > 0 && spec.ThinkingTokens < spec.OutputTokens;
            Assert.Equal(answers, actual.FirstAnswer is not null);
            if (answers)
            {
                Assert.Equal(expected.FirstAnswer!.Value.Seconds, actual.FirstAnswer!.Value.Seconds, 1e-6);
                Assert.True(actual.PrefillFinish < actual.FirstAnswer && actual.FirstAnswer <= actual.Finish);
            }
        }
    }

    private static List<RequestSpec> Thinking(IReadOnlyList<RequestSpec> requests, int seed)
    {
        var random = new RandomStream(seed, "thinking");
        return
        [
            .. requests.Select(request =>
                request with
                {
                    ThinkingTokens = random.Next(request.OutputTokens + 1),
                }
            ),
        ];
    }

    private static List<RequestRecord> Run(
        Scenario scenario,
        IReadOnlyList<RequestSpec> requests,
        int maxIterationsPerEvent
    )
    {
        var records = new List<RequestRecord>();
        new Cluster(scenario, requests, Recorders.For(scenario, records.Add), maxIterationsPerEvent).Run(
            CancellationToken.None
        );
        return records;
    }

    private static RequestSpec Request(int id, double arrival, int output, int thinking) =>
        new(id, SimTime.FromSeconds(arrival), 10, output) { ThinkingTokens = thinking };
}
