using LlmSim.Performance;
using LlmSim.Policies;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>TensorRT-LLM's balance of prompts over data-parallel ranks, with iterations of 10 ms that were worked out by hand.</summary>
public sealed class PromptBalanceTests
{
    /// <summary>Two requests decode from the second iteration on, one on each rank; the count of iterations comes to 5 at 0.05 s, 0.1 s and so on.</summary>
    [Theory]
    [InlineData(0.015, 0.05)]
    [InlineData(0.035, 0.05)]
    [InlineData(0.045, 0.05)]
    [InlineData(0.055, 0.10)]
    [InlineData(0.085, 0.10)]
    [InlineData(0.105, 0.15)]
    public void A_prompt_alone_waits_for_the_timeout(double arrival, double start) =>
        Assert.Equal(start, Starts(timeout: 5, batching: 0, arrival)[2], 1e-9);

    [Theory]
    [InlineData(0, 0.04)]
    [InlineData(2, 0.06)]
    public void Prompts_on_all_ranks_are_computed_together(int batching, double start)
    {
        var starts = Starts(timeout: 50, batching, 0.031, 0.032);

        Assert.Equal([start, start], starts[2..], (one, other) => Math.Abs(one - other) < 1e-9);
    }

    [Fact]
    public void A_prompt_waits_for_one_on_the_other_rank()
    {
        var starts = Starts(timeout: 50, batching: 0, 0.031, 0.072);

        Assert.Equal([0.08, 0.08], starts[2..], (one, other) => Math.Abs(one - other) < 1e-9);
    }

    [Fact]
    public void Nobody_waits_without_it() =>
        Assert.Equal(
            [0.04, 0.08],
            Starts(timeout: null, batching: 0, 0.031, 0.072)[2..],
            (one, other) => Math.Abs(one - other) < 1e-9
        );

    [Fact]
    public void Nobody_waits_for_a_rank_that_does_not_decode()
    {
        var (records, _) = EngineScenarios.Run(
            Cluster(timeout: 50, batching: 0),
            (0, 10, 100),
            (0.031, 10, 5),
            (0.033, 10, 5)
        );

        Assert.Equal(
            [0, 0.04],
            records.Take(2).Select(record => record.PrefillStart.Seconds),
            (one, other) => Math.Abs(one - other) < 1e-9
        );
    }

    private static double[] Starts(int? timeout, int batching, params double[] arrivals)
    {
        var (records, _) = EngineScenarios.Run(
            Cluster(timeout, batching),
            [(0, 10, 100), (0, 10, 100), .. arrivals.Select(arrival => (arrival, 10, 5))]
        );
        return [.. records.Select(record => record.PrefillStart.Seconds)];
    }

    private static Scenario Cluster(int? timeout, int batching) =>
        EngineScenarios.Cluster(
            new IterationTimesModel(0.01),
            new()
            {
                Kind = EngineKind.TensorRtLlm,
                KvBlocks = 1000,
                AsyncScheduling = false,
                DataParallelGroup = "ranks",
                AttentionDpTimeoutIterations = timeout,
                AttentionDpBatchingWaitIterations = batching,
            },
            mixed: 2
        ) with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("least_requests", "fcfs", "least_requests", "fcfs"),
        };
}
