using LlmSim.Batching;
using LlmSim.Performance;
using LlmSim.Policies;
using Xunit;
using static LlmSim.Tests.Batching.EngineScenarios;

namespace LlmSim.Tests.Batching;

/// <summary>What vLLM does beside forming batches, in small cases worked out by hand: 1 s an iteration and 0.01 s a token.</summary>
public sealed class VllmRulesTests
{
    private static readonly IterationTimesModel s_times = new(SecondsPerIteration: 1, SecondsPerToken: 0.01);

    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 100,
        BlockTokens = 10,
        KvBlocks = 1001,
        AsyncScheduling = false,
    };

    [Theory]
    [InlineData(256, 8192, 512, 51)]
    [InlineData(1024, 8192, 512, 51)]
    [InlineData(128, 2048, 256, 35)]
    [InlineData(129, 2048, 256, 35)]
    [InlineData(136, 2048, 272, 36)]
    [InlineData(256, 100, 96, 15)]
    [InlineData(3, 8192, 4, 3)]
    [InlineData(1, 8192, 2, 2)]
    [InlineData(1, 1, 1, 1)]
    public void Sizes_are_those_that_vllm_captures(int sequences, int tokens, int largest, int count)
    {
        var sizes = new EngineSpec { MaxSequences = sequences, MaxBatchedTokens = tokens }.CapturedSizes;

        Assert.Equal((largest, count), (sizes[^1], sizes.Count));
        Assert.Equal(sizes.Distinct().Order(), sizes);
        Assert.All(sizes, size => Assert.True(size is 1 or 2 or 4 || size % (size <= 256 ? 8 : 16) == 0));
    }

    [Fact]
    public void Limits_of_the_batch_that_are_set_later_move_the_sizes()
    {
        var small = new EngineSpec { MaxSequences = 2 };

        Assert.Equal([1, 2, 4], small.CapturedSizes);
        Assert.Equal(8, (small with { MaxSequences = 4 }).CapturedSizes[^1]);
        Assert.Equal([5], (small with { CapturedSizes = [5] } with { MaxSequences = 4 }).CapturedSizes);
        Assert.Equal(new EngineSpec(), new EngineSpec());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 10)]
    [InlineData(10, 10)]
    [InlineData(11, 11)]
    [InlineData(1000, 1000)]
    public void Tokens_are_padded_to_the_next_size_and_beyond_the_largest_not_at_all(int tokens, int padded)
    {
        Assert.Equal(padded, new GraphPadding([3, 10]).Padded(tokens));
        Assert.Equal(tokens, new GraphPadding([]).Padded(tokens));
    }

    [Fact]
    public void Iterations_that_only_decode_are_computed_for_the_next_size_and_mixed_ones_for_their_tokens()
    {
        // Three prompts of 10 tokens: 1.3 s. Then three decode at size 4, and two at size 2.
        var (records, _) = Run(Cluster(s_times, s_engine, mixed: 1), (0, 10, 2), (0, 10, 3), (0, 10, 3));

        Assert.All(records, record => Assert.Equal(1.3, record.TtftSeconds, 1e-9));
        Assert.Equal(1.3 + 1.04, records[0].Finish.Seconds, 1e-9);
        Assert.Equal(1.3 + 1.04 + 1.02, records[2].Finish.Seconds, 1e-9);
    }

    [Fact]
    public void Members_of_a_group_are_padded_to_the_size_of_the_largest_once_nobody_has_a_prompt()
    {
        var group = s_engine with
        {
            DataParallelGroup = "g",
            CapturedSizes = [8],
            PrefillIterationSeconds = 0.5,
        };
        var shared = s_times with { SecondsPerExpertToken = 0.001 };
        var cluster = Cluster(shared, group, mixed: 2) with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs"),
        };
        var (records, _) = Run(cluster, (0, 60, 3), (0, 10, 3));

        // 60 tokens and 10; both experts see all 70. Then 8 tokens each.
        const double Prompt = 1 + 0.60 + 0.070 + 0.5;
        const double Decode = 1 + 0.08 + 0.016;
        Assert.All(records, record => Assert.Equal(Prompt, record.TtftSeconds, 1e-9));
        Assert.All(records, record => Assert.Equal(Prompt + (2 * Decode), record.Finish.Seconds, 1e-9));
    }

    [Fact]
    public void A_member_without_work_computes_a_dummy_token_for_the_experts()
    {
        var group = s_engine with { DataParallelGroup = "g", CapturedSizes = [] };
        var cluster = Cluster(s_times with { SecondsPerExpertToken = 0.001 }, group, mixed: 2);
        var (records, _) = Run(cluster, (0, 60, 2));

        Assert.Equal(1.6 + 0.061, records[0].TtftSeconds, 1e-9);
        // Without sizes to pad to, both members compute as much as the larger one.
        Assert.Equal(1.6 + 0.061 + 1.01 + 0.002, records[0].Finish.Seconds, 1e-9);
    }

    [Fact]
    public void Several_chunks_are_known_one_by_one()
    {
        var (records, _) = Run(
            Cluster(s_times with { SecondsPerChunk = 0.1 }, s_engine, mixed: 1),
            (0, 10, 1),
            (0, 20, 1),
            (0, 30, 1),
            (9, 40, 1)
        );

        Assert.Equal([1.9, 1.9, 1.9, 1.4], records.Select(record => Math.Round(record.TtftSeconds, 9)));
    }

    [Theory]
    [InlineData(2, 10, false)]
    [InlineData(2, 11, true)]
    [InlineData(5, 40, false)]
    [InlineData(5, 41, true)]
    public void The_engine_keeps_a_block_for_itself(int blocks, int tokens, bool isRejected)
    {
        var small = s_engine with { KvBlocks = blocks };
        var (records, summary) = Run(Cluster(s_times, small, mixed: 1), (0, tokens, 1));

        Assert.Equal(isRejected, records[0].IsRejected);
        Assert.Equal((blocks - 1) * 10, summary.Instances[0].KvCapacityBytes);
    }

    [Fact]
    public void An_engine_with_no_block_but_its_own_is_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Run(Cluster(s_times, s_engine with { KvBlocks = 1 }, mixed: 1), (0, 1, 1))
        );

        Assert.StartsWith("kv_blocks: found 1; allowed: a whole number from 2", error.Message);
    }

    [Theory]
    [InlineData(true, 1.5 + 1.01 + 1.01)]
    [InlineData(false, 1.5 + 1.01)]
    public void A_request_is_taken_in_at_the_first_boundary_after_its_arrival(bool isAhead, double started)
    {
        var engine = s_engine with { AsyncScheduling = isAhead, CapturedSizes = [] };
        var (records, _) = Run(Cluster(s_times, engine, mixed: 1), (0, 50, 9), (1.6, 10, 1), (100, 20, 1));

        // The second comes during the second iteration, the last to an idle engine.
        Assert.Equal(
            [0, 1.5 + 1.01, 100],
            records.Select(record => Math.Round(record.TakenIn!.Value.Seconds, 9))
        );
        Assert.Equal(started, records[1].PrefillStart.Seconds, 1e-9);
    }
}
