using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Speculative decoding against its closed form, and against engines without it.</summary>
public sealed class SpeculationTests
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
        PrefixCaching = false,
    };

    /// <summary>Leviathan et al., arXiv:2211.17192, equation 1.</summary>
    [Theory]
    [InlineData(0.0, 3)]
    [InlineData(0.3, 1)]
    [InlineData(0.6, 2)]
    [InlineData(0.8, 4)]
    [InlineData(0.95, 7)]
    [InlineData(1.0, 3)]
    public void Tokens_of_an_iteration_are_those_of_the_closed_form(double p, int drafts)
    {
        const int Requests = 400;
        const int Output = 1201;
        var expected = p == 1 ? drafts + 1 : (1 - Math.Pow(p, drafts + 1)) / (1 - p);

        var (records, _) = EngineScenarios.Run(
            Cluster(p, drafts),
            [.. Enumerable.Range(0, Requests).Select(i => (i * 0.001, 10, Output))]
        );

        // All iterations last equally long, so that the time between the first token and the last one counts them.
        var iterations =
            records.Average(record => (record.Finish - record.PrefillFinish).Seconds) / IterationSeconds;
        // A renewal process: E[iterations] = tokens / mean + (second moment / mean² − 1 / mean) / 2 + o(1), the part of the last one that is not needed.
        Assert.InRange((Output - 1) / iterations, expected * 0.995, expected * 1.005);
    }

    [Fact]
    public void Positions_have_probabilities_of_their_own_and_the_last_goes_on()
    {
        var (records, _) = EngineScenarios.Run(
            AbstractScenario.OfEngines(
                s_equal,
                s_engine with
                {
                    Speculation = Speculation(3, 0.9, 0.5),
                },
                mixed: 1
            ),
            [.. Enumerable.Range(0, 300).Select(i => (i * 0.001, 10, 1001))]
        );

        var iterations =
            records.Average(record => (record.Finish - record.PrefillFinish).Seconds) / IterationSeconds;
        Assert.InRange(1000 / iterations, 0.99 * 2.575, 1.01 * 2.575);
    }

    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void Nothing_accepted_is_no_speculation(EngineKind kind)
    {
        var engine = s_engine with { Kind = kind };
        (double, int, int)[] requests =
        [
            .. Enumerable.Range(0, 200).Select(i => (i * 0.004, 1 + (i % 50), 1 + (i % 90))),
        ];

        var (without, _) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, engine, mixed: 2),
            requests
        );
        var (with, _) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, engine with { Speculation = Speculation(4, 0.0) }, mixed: 2),
            requests
        );

        Assert.Equal(
            without.Select(record => (record.PrefillFinish, record.Finish)),
            with.Select(record => (record.PrefillFinish, record.Finish))
        );
    }

    [Fact]
    public void Drafts_are_computed_whether_they_are_accepted_or_not()
    {
        var perToken = new IterationTimesModel(0, SecondsPerToken: 0.001);
        var (records, _) = EngineScenarios.Run(
            AbstractScenario.OfEngines(
                perToken,
                s_engine with
                {
                    Speculation = Speculation(3, 0.0),
                },
                mixed: 1
            ),
            (0, 10, 6)
        );

        // Ten tokens of the prompt, then five iterations of one token and three drafts.
        Assert.Equal(0.010 + (5 * 0.004), records[0].Finish.Seconds, 9);
    }

    [Fact]
    public void All_accepted_gives_whole_drafts_and_stops_at_the_last_token()
    {
        var (records, _) = EngineScenarios.Run(Cluster(1, 3), (0, 10, 11));

        // 10 tokens after the first: 4 + 4 + 2.
        Assert.Equal(0.01 + (3 * IterationSeconds), records[0].Finish.Seconds, 9);
    }

    [Fact]
    public void Classes_have_an_acceptance_of_their_own()
    {
        var speculation = Speculation(3, 0.0) with
        {
            AcceptanceByClass = new Dictionary<string, IReadOnlyList<double>> { ["code"] = [1.0] },
        };
        var code = new RequestOrigin { Class = "code" };
        var (records, _) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, s_engine with { Speculation = speculation }, mixed: 1),
            new[]
            {
                new RequestSpec(0, default, 10, 9),
                new RequestSpec(1, default, 10, 9) { Origin = code },
            }
        );

        Assert.Equal([8, 2], records.Select(record => Iterations(record.Finish.Seconds)));
    }

    [Fact]
    public void Rejected_drafts_need_blocks_and_give_them_back()
    {
        // 16 tokens of prompt, 4 of output: 19 tokens of KV cache, and 5 drafts behind the 18th: two blocks of 16, or of 8 three.
        var engine = s_engine with
        {
            BlockTokens = 8,
            KvBlocks = 5,
            Speculation = Speculation(5, 0.0),
        };

        var (fits, _) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, engine, mixed: 1),
            (0, 16, 4)
        );
        var (tooLong, _) = EngineScenarios.Run(
            AbstractScenario.OfEngines(s_equal, engine with { KvBlocks = 3 }, mixed: 1),
            (0, 16, 4)
        );

        Assert.False(fits[0].IsRejected);
        Assert.True(tooLong[0].IsRejected);
    }

    [Fact]
    public void Random_numbers_of_a_request_do_not_depend_on_its_company()
    {
        var (alone, _) = EngineScenarios.Run(Cluster(0.7, 3), (0, 10, 500));
        var (among, _) = EngineScenarios.Run(
            Cluster(0.7, 3),
            [(0, 10, 500), .. Enumerable.Range(1, 50).Select(i => (i * 0.01, 20, 100))]
        );

        Assert.Equal(Iterations(Decode(alone[0])), Iterations(Decode(among[0])));

        static double Decode(RequestRecord record) => (record.Finish - record.PrefillFinish).Seconds;
    }

    private static int Iterations(double seconds) => (int)Math.Round(seconds / IterationSeconds) - 1;

    private static Scenario Cluster(double p, int drafts) =>
        AbstractScenario.OfEngines(
            s_equal,
            s_engine with
            {
                Speculation = Speculation(drafts, p),
                MaxSequences = 1000,
                MaxBatchedTokens = 100_000,
            },
            mixed: 1
        );

    private static SpeculationSpec Speculation(int drafts, params double[] acceptance) =>
        new()
        {
            Method = DraftMethod.Ngram,
            DraftTokens = drafts,
            Acceptance = acceptance,
        };
}
