using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Workloads;
using Xunit;
using static LlmSim.Tests.Batching.EngineScenarios;

namespace LlmSim.Tests.Batching;

/// <summary>SGLang's rule in small cases worked out by hand: 1 s an iteration and 0.01 s a token.</summary>
public sealed class SglangSchedulerTests
{
    private static readonly IterationTimesModel s_times = new(SecondsPerIteration: 1, SecondsPerToken: 0.01);

    private static readonly EngineSpec s_engine = new()
    {
        Kind = EngineKind.Sglang,
        MaxBatchedTokens = 100,
        BlockTokens = 10,
        KvBlocks = 1000,
        AsyncScheduling = false,
    };

    [Fact]
    public void Prompts_come_first_and_alone()
    {
        var (records, summary) = Run(
            Cluster(s_times, s_engine, mixed: 1),
            (0, 60, 4),
            (0, 70, 3),
            (3, 30, 2),
            (7, 20, 2),
            (9, 150, 1)
        );

        // t     computed
        // 0     A 60, B 40 of 70: 2 s
        // 2     B 30: 1.3 s; A, who has a token, waits
        // 3.3   C 30: 1.3 s
        // 4.6   A, B, C decode: 1.03 s; C ends
        // 5.63  A, B decode: 1.02 s; B ends
        // 6.65  A decodes: 1.01 s and ends
        // 7.66  D 20: 1.2 s
        // 8.86  D decodes: 1.01 s and ends
        // 9.87  E 100 of 150: 2 s
        // 11.87 E 50: 1.5 s
        Assert.Equal([2.0, 3.3, 4.6, 8.86, 13.37], records.Select(record => Round(record.PrefillFinish)));
        Assert.Equal([7.66, 6.65, 5.63, 9.87, 13.37], records.Select(record => Round(record.Finish)));
        Assert.Equal(0, summary.Evictions);
    }

    [Fact]
    public void A_prompt_that_exceeds_the_budget_for_whole_ones_waits_for_the_next_iteration()
    {
        // As on accelerators where chunked_prefill_size is no less than max_prefill_tokens: nothing is computed in parts.
        var whole = s_engine with
        {
            MaxPrefillTokens = 100,
        };
        var (records, _) = Run(Cluster(s_times, whole, mixed: 1), (0, 60, 1), (0, 70, 1), (0, 150, 1));

        Assert.Equal([1.6, 3.3, 6.8], records.Select(record => Round(record.PrefillFinish)));
    }

    [Fact]
    public void Mixed_chunks_decode_beside_prompts()
    {
        // A 50; B 99 of 150 beside A's one token; B 51 beside A; A decodes twice.
        var mixed = s_engine with
        {
            MixedChunk = true,
        };
        var (records, _) = Run(Cluster(s_times, mixed, mixed: 1), (0, 50, 5), (1, 150, 1));

        Assert.Equal(1.5 + 2 + 1.52, records[1].PrefillFinish.Seconds, 1e-9);
        Assert.Equal(1.5 + 2 + 1.52 + (2 * 1.01), records[0].Finish.Seconds, 1e-9);
    }

    [Theory]
    [InlineData(false, 1.5 + 1.3)]
    [InlineData(true, 1.5 + 1.01 + 1.3)]
    public void An_iteration_that_is_planned_ahead_does_not_know_who_has_come(bool isAhead, double expected)
    {
        var engine = s_engine with { AsyncScheduling = isAhead };
        var (records, _) = Run(Cluster(s_times, engine, mixed: 1), (0, 50, 5), (1, 30, 1));

        Assert.Equal(expected, records[1].PrefillFinish.Seconds, 1e-9);
    }

    [Fact]
    public void The_request_with_the_least_output_is_retracted_and_waits_again()
    {
        // 13 blocks. A ends with 70 tokens of KV cache, B too. When B comes, A may generate 50 more, of which 0.7 are counted:
        // 11 free blocks − 35 tokens hold B's 70. Both decode 40 times; the 41st asks for 14 blocks.
        var small = s_engine with
        {
            KvBlocks = 13,
            PrefixCaching = false,
        };
        var (records, summary) = Run(Cluster(s_times, small, mixed: 1), (0, 20, 51), (0.5, 20, 51));

        // Of equal ones the last. What A may generate is now counted in full: B fits when A has ended, and recomputes 61 tokens.
        var alone = 1.2 + 1.2 + (40 * 1.02) + (10 * 1.01);
        Assert.Equal(1, summary.Evictions);
        Assert.Equal([0, 1], records.Select(record => record.Evictions));
        Assert.Equal(alone, records[0].Finish.Seconds, 1e-9);
        Assert.Equal(alone + 1.61 + (9 * 1.01), records[1].Finish.Seconds, 1e-9);
    }

    [Fact]
    public void A_retracted_request_waits_under_the_local_policy_and_finds_its_blocks()
    {
        var small = s_engine with { KvBlocks = 13 };
        var (records, _) = Run(Cluster(s_times, small, mixed: 1), (0, 20, 51), (0.5, 20, 51), (10, 20, 101));

        // C has not fitted since 10 s. B, who came before it, goes first when A has ended, and computes one token of 61 anew.
        Assert.Equal([0, 1, 0], records.Select(record => record.Evictions));
        Assert.Equal(records[0].Finish.Seconds + (10 * 1.01), records[1].Finish.Seconds, 1e-9);
        Assert.Equal(records[1].Finish, records[2].PrefillStart);
    }

    [Fact]
    public void Who_does_not_fit_beside_what_others_may_generate_waits_until_one_leaves()
    {
        // 10 blocks. A may come to 59 tokens of KV cache, B too: 100 − 20 − 0.7 · 39 hold no 60.
        var small = s_engine with
        {
            KvBlocks = 10,
        };
        var (records, _) = Run(Cluster(s_times, small, mixed: 1), (0, 20, 40), (0.5, 30, 30));

        Assert.Equal(1.2 + (39 * 1.01), records[0].Finish.Seconds, 1e-9);
        Assert.Equal(records[0].Finish, records[1].PrefillStart);
    }

    [Fact]
    public void Prompts_side_by_side_share_nothing_and_later_ones_find_them()
    {
        RequestSpec[] requests =
        [
            new(0, SimTime.Zero, 35, 1, [7, 8, 9, 1], HashBlockTokens: 10),
            new(1, SimTime.Zero, 35, 1, [7, 8, 9, 2], HashBlockTokens: 10),
            new(2, SimTime.FromSeconds(10), 35, 1, [7, 8, 9, 3], HashBlockTokens: 10),
        ];
        var (sglang, _) = Run(Cluster(s_times, s_engine, mixed: 1), requests);
        var (vllm, _) = Run(Cluster(s_times, s_engine with { Kind = EngineKind.Vllm }, mixed: 1), requests);

        Assert.Equal([1.7, 1.7, 1.05], sglang.Select(record => Math.Round(record.TtftSeconds, 9)));
        Assert.Equal([1.4, 1.4, 1.05], vllm.Select(record => Math.Round(record.TtftSeconds, 9)));
    }

    private static double Round(SimTime time) => Math.Round(time.Seconds, 9);
}
