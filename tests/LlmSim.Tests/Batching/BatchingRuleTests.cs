using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Properties;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Rules to compare with that of vLLM. An iteration takes a second, and a hundredth for each token.</summary>
public sealed class BatchingRuleTests
{
    private static readonly IterationTimesModel s_times = new(SecondsPerIteration: 1, SecondsPerToken: 0.01);

    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 100,
        BlockTokens = 10,
        KvBlocks = 13,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    [Fact]
    public void Static_batches_begin_when_the_last_request_of_the_one_before_has_ended()
    {
        var records = Run(BatchingRule.Static, (0, 20, 2), (0, 30, 6), (0.5, 10, 3), (1, 10, 2));

        // t      computed
        // 0      A 20, B 30: 1.5 s
        // 1.5    A, B decode: 1.02 s; A ends
        // 2.52   B decodes four times: 1.01 s each
        // 6.56   C 10, D 10: 1.2 s
        // 7.76   C, D decode: 1.02 s; D ends
        // 8.78   C decodes: 1.01 s
        Assert.Equal([1.5, 1.5, 7.76, 7.76], records.Select(record => Round(record.PrefillFinish.Seconds)));
        Assert.Equal([2.52, 6.56, 9.79, 8.78], records.Select(record => Round(record.Finish.Seconds)));
    }

    /// <summary>Equal requests at once: a prompt's iteration and one for each further token, batch by batch.</summary>
    [Theory]
    [InlineData(4, 4)]
    [InlineData(12, 4)]
    [InlineData(10, 3)]
    public void The_makespan_of_static_batches_is_that_of_their_closed_form(int requests, int places)
    {
        const int Output = 5;
        var scenario = EngineScenarios.Cluster(
            new IterationTimesModel(0.25),
            s_engine with
            {
                Batching = BatchingRule.Static,
                MaxSequences = places,
                KvBlocks = 1000,
            },
            mixed: 1
        );
        var (records, _) = EngineScenarios.Run(scenario, [.. Enumerable.Repeat((0.0, 10, Output), requests)]);

        var batches = (requests + places - 1) / places;
        Assert.Equal(batches * Output * 0.25, records.Max(record => record.Finish.Seconds), 1e-9);
    }

    [Fact]
    public void Orca_has_requests_join_at_every_iteration_with_memory_for_all_their_output()
    {
        var records = Run(BatchingRule.Orca, (0, 40, 21), (0, 30, 11), (0.5, 20, 12), (0.5, 5, 2));

        // A may come to 6 of 12 blocks and B to 4; C, who may come to 4, waits for B, and D behind it: as TensorRT-LLM's rule without a budget of tokens.
        Assert.Equal([1.7, 1.7, 13.16, 13.16], records.Select(record => Round(record.PrefillFinish.Seconds)));
        Assert.Equal([22.35, 11.9, 24.37, 14.19], records.Select(record => Round(record.Finish.Seconds)));
    }

    [Fact]
    public void Orca_computes_prompts_as_a_whole_and_as_many_as_have_memory()
    {
        var chunked = Run(BatchingRule.Own, (0, 60, 2), (0, 45, 2));
        var whole = Run(BatchingRule.Orca, (0, 60, 2), (0, 45, 2));

        // Own: A 60, B 40 (2 s); A's token and B's 5 (1.06 s). Orca: A 60, B 45 (2.05 s).
        Assert.Equal([2, 3.06], chunked.Select(record => Round(record.PrefillFinish.Seconds)));
        Assert.Equal([2.05, 2.05], whole.Select(record => Round(record.PrefillFinish.Seconds)));
    }

    [Theory]
    [InlineData(BatchingRule.Orca, false)]
    [InlineData(BatchingRule.Orca, true)]
    [InlineData(BatchingRule.Static, false)]
    [InlineData(BatchingRule.Static, true)]
    public void Rules_keep_what_holds_for_all_engines(BatchingRule rule, bool speculates)
    {
        long saved = 0;
        Parallel.For(
            0,
            300,
            seed =>
            {
                try
                {
                    var random = new RandomEngineScenario(
                        seed,
                        speculates: speculates,
                        ppSize: seed % 5 == 0 && !speculates ? 2 : 1,
                        tiers: seed % 4 == 0,
                        batching: rule
                    );
                    // A run states at its end that every token was given and no block is held.
                    var (macro, cluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 4096);
                    var (single, singleCluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 1);
                    Assert.Equal(single.Count, macro.Count);
                    foreach (var (expected, actual) in single.Zip(macro))
                    {
                        ClusterPropertyTests.AssertSame(expected, actual);
                    }

                    Assert.Equal(
                        random.Requests.Select(request => request.Id),
                        macro.Select(record => record.Id).Order()
                    );
                    Assert.Equal(0, cluster.Evictions);
                    Interlocked.Add(ref saved, singleCluster.EventCount - cluster.EventCount);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );

        Assert.True(saved > 10_000, $"{saved} events saved");
    }

    private static List<RequestRecord> Run(
        BatchingRule rule,
        params (double Arrival, int Input, int Output)[] requests
    ) =>
        EngineScenarios
            .Run(EngineScenarios.Cluster(s_times, s_engine with { Batching = rule }, mixed: 1), requests)
            .Records;

    private static double Round(double seconds) => Math.Round(seconds, 6);
}
