using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;
using static LlmSim.Tests.Batching.EngineScenarios;

namespace LlmSim.Tests.Batching;

/// <summary>The rules of the engine in small cases worked out by hand: 1 s an iteration and 0.01 s a token.</summary>
public sealed class BatchedInstanceTests
{
    private static readonly IterationTimesModel s_times = new(SecondsPerIteration: 1, SecondsPerToken: 0.01);

    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 100,
        BlockTokens = 10,
        KvBlocks = 1001,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    [Fact]
    public void A_request_alone_takes_its_prompt_and_an_iteration_for_each_further_token()
    {
        var (records, summary) = Run(Cluster(s_times, s_engine, mixed: 1), (5, 60, 4));

        var record = Assert.Single(records);
        Assert.Equal(1.6, record.TtftSeconds, 1e-9);
        Assert.Equal(1.01, record.TpotSeconds, 1e-9);
        Assert.Equal(1.6 + (3 * 1.01), record.EndToEndSeconds, 1e-9);
        Assert.Equal(0, record.TransferSeconds);
        Assert.Equal((0, 0), (record.PrefillInstance, record.DecodeInstance));
        Assert.Equal(3, summary.ItlSeconds.Count);
        Assert.Equal(1.01, summary.ItlSeconds.Mean, 1e-9);
    }

    [Fact]
    public void A_single_token_is_there_when_the_prompt_is_computed()
    {
        var (records, _) = Run(Cluster(s_times, s_engine, mixed: 1), (0, 60, 1));

        Assert.Equal(-1, records[0].DecodeInstance);
        Assert.Equal(1.6, records[0].EndToEndSeconds, 1e-9);
    }

    [Fact]
    public void A_prompt_beyond_the_budget_is_computed_in_chunks_beside_decoding_requests()
    {
        // A: 1.5, then decodes. B's 150 tokens: 99 beside A's one token, then 51 beside it.
        var (records, _) = Run(Cluster(s_times, s_engine, mixed: 1), (0, 50, 5), (1, 150, 1));

        Assert.Equal(1.5, records[0].PrefillFinish.Seconds, 1e-9);
        Assert.Equal(1.5, records[1].PrefillStart.Seconds, 1e-9);
        Assert.Equal(1.5 + 2 + 1.52, records[1].PrefillFinish.Seconds, 1e-9);
        Assert.Equal(1.5 + 2 + 1.52 + (2 * 1.01), records[0].Finish.Seconds, 1e-9);
    }

    [Fact]
    public void An_iteration_that_is_planned_ahead_does_not_know_who_has_come()
    {
        // B comes during A's prefill: the next iteration is planned by then, the one after it takes B.
        var ahead = s_engine with
        {
            AsyncScheduling = true,
        };
        var (records, _) = Run(Cluster(s_times, ahead, mixed: 1), (0, 50, 5), (1, 150, 1));

        Assert.Equal(1.5 + 1.01, records[1].PrefillStart.Seconds, 1e-9);
        Assert.Equal(1.5 + 1.01 + 2 + 1.52, records[1].PrefillFinish.Seconds, 1e-9);
    }

    [Theory]
    [InlineData(false, 2 + 1.51)]
    [InlineData(true, 2 + 1.01 + 1.51)]
    public void A_place_that_is_freed_counts_an_iteration_later_when_planned_ahead(
        bool isAhead,
        double expected
    )
    {
        var two = s_engine with { AsyncScheduling = isAhead, MaxSequences = 2 };
        var (records, _) = Run(Cluster(s_times, two, mixed: 1), (0, 50, 1), (0, 50, 3), (0, 50, 1));

        Assert.Equal(expected, records[2].PrefillFinish.Seconds, 1e-9);
    }

    [Fact]
    public void An_idle_engine_takes_a_request_at_once_whether_or_not_it_plans_ahead()
    {
        var ahead = s_engine with { AsyncScheduling = true, MaxSequences = 1, PrefillIterationSeconds = 0.5 };
        var (records, _) = Run(Cluster(s_times, ahead, mixed: 1), (0, 50, 1), (0, 50, 1), (9, 50, 2));

        // Beside what it computes, an iteration with a part of a prompt takes half a second.
        Assert.Equal([2.0, 4.0, 11.0], records.Select(record => Math.Round(record.PrefillFinish.Seconds, 9)));
        Assert.Equal(11 + 1.01, records[2].Finish.Seconds, 1e-9);
    }

    [Fact]
    public void Prompts_that_fit_the_budget_together_are_computed_together()
    {
        var (records, _) = Run(
            Cluster(s_times, s_engine, prefill: 1, decode: 1),
            (0, 40, 1),
            (0, 60, 1),
            (0, 1, 1)
        );

        Assert.Equal([2, 2, 3.01], records.Select(record => Math.Round(record.TtftSeconds, 9)));
    }

    [Fact]
    public void Without_chunks_a_prompt_waits_until_the_budget_has_room_for_all_of_it()
    {
        var whole = s_engine with { ChunkedPrefill = false };
        var (records, _) = Run(Cluster(s_times, whole, mixed: 1), (0, 40, 1), (0, 70, 1), (0, 150, 1));

        // The second does not fit beside the first; the third, longer than the budget, begins an iteration of its own.
        Assert.Equal([1.4, 3.1, 5.6], records.Select(record => Math.Round(record.TtftSeconds, 9)));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(100_000)]
    public void A_chunk_that_holds_the_longest_prompts_is_no_chunk(int budget)
    {
        var requests = Enumerable.Range(0, 4).Select(id => (id * 7.0, 100 - id, 20)).ToArray();
        var chunked = s_engine with { MaxBatchedTokens = budget };

        var (expected, _) = Run(
            Cluster(s_times, chunked with { ChunkedPrefill = false }, mixed: 1),
            requests
        );
        var (actual, _) = Run(Cluster(s_times, chunked, mixed: 1), requests);

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void An_infinite_link_is_no_transfer()
    {
        // One request at a time: where it decodes makes no difference but for the transfer.
        var requests = Enumerable.Range(0, 20).Select(id => (id * 100.0, 10 + (20 * id), 1 + id)).ToArray();
        var (mixed, _) = Run(Cluster(s_times, s_engine, mixed: 1), requests);
        foreach (
            var transfer in new[]
            {
                KvTransfer.SharedLink,
                KvTransfer.ContendedLinks,
                KvTransfer.ContendedLinksPerLayer,
            }
        )
        {
            var cluster = Cluster(s_times, s_engine, prefill: 1, decode: 1);
            var (split, _) = Run(
                cluster with
                {
                    Semantics = cluster.Semantics with { KvTransfer = transfer },
                },
                requests
            );

            Assert.Equal(mixed, split);
        }
    }

    [Fact]
    public void The_last_request_is_preempted_and_starts_over_before_those_that_wait()
    {
        // 4 blocks beside the engine's own. A and B take 2 each; A wants a third for its 21st token: B is preempted. C waits behind it.
        var small = s_engine with
        {
            KvBlocks = 5,
            PrefixCaching = false,
        };
        var (records, summary) = Run(Cluster(s_times, small, mixed: 1), (0, 18, 8), (0, 18, 4), (0.5, 10, 1));

        Assert.Equal(1, summary.Evictions);
        Assert.Equal([0, 1, 0], records.Select(record => record.Evictions));
        // 36 tokens, two iterations of two, then A alone until its 8 tokens; then B with 18 + 3 tokens, and C.
        var alone = 1.36 + (2 * 1.02) + (5 * 1.01);
        Assert.Equal(alone, records[0].Finish.Seconds, 1e-9);
        Assert.Equal(alone + 1.31, records[1].Finish.Seconds, 1e-9);
        Assert.Equal(alone + 1.31, records[2].Finish.Seconds, 1e-9);
    }

    [Fact]
    public void A_preempted_request_finds_its_blocks_when_nobody_took_them()
    {
        var small = s_engine with { KvBlocks = 5 };
        var (_, without) = Run(
            Cluster(s_times, small with { PrefixCaching = false }, mixed: 1),
            (0, 18, 8),
            (0, 18, 4)
        );
        var (_, with) = Run(Cluster(s_times, small, mixed: 1), (0, 18, 8), (0, 18, 4));

        // 21 tokens to recompute; its first block is still there.
        Assert.Equal(0.10, without.MakespanSeconds - with.MakespanSeconds, 1e-9);
    }

    [Fact]
    public void Equal_prefixes_are_computed_once()
    {
        RequestSpec[] requests =
        [
            new(0, SimTime.Zero, 35, 1, [7, 8, 9, 1], HashBlockTokens: 10),
            // Two equal blocks, then another one.
            new(1, SimTime.FromSeconds(10), 35, 1, [7, 8, 5, 6], HashBlockTokens: 10),
            // All of it is there, but the last token is computed anew, and with it its block.
            new(2, SimTime.FromSeconds(20), 30, 1, [7, 8, 9], HashBlockTokens: 10),
        ];
        var (records, summary) = Run(Cluster(s_times, s_engine, mixed: 1), requests);

        Assert.Equal([1.35, 1.15, 1.10], records.Select(record => Math.Round(record.TtftSeconds, 9)));
        Assert.Equal(
            (100, 40, 11, 4),
            (
                summary.PagedCache!.PromptTokens,
                summary.PagedCache.HitTokens,
                summary.PagedCache.PromptBlocks,
                summary.PagedCache.HitBlocks
            )
        );
    }

    [Fact]
    public void What_can_never_fit_is_rejected()
    {
        var small = s_engine with { KvBlocks = 5 };
        var (records, _) = Run(Cluster(s_times, small, mixed: 1), (0, 40, 1), (0, 40, 2), (0, 41, 1));

        Assert.Equal([false, true, true], records.Select(record => record.IsRejected));
    }

    [Fact]
    public void Members_of_a_group_advance_together_padded_to_the_largest()
    {
        var group = s_engine with { DataParallelGroup = "g" };
        var cluster = Cluster(s_times, group, mixed: 2) with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("vllm_front", "fcfs", "vllm_front", "fcfs"),
        };
        var (records, _) = Run(cluster, (0, 90, 2), (0, 10, 2), (2, 30, 1));

        // Both take 1.9 s; the third comes while both decode and waits for the end of their iteration.
        Assert.Equal([1.9, 1.9], records.Take(2).Select(record => Math.Round(record.TtftSeconds, 9)));
        Assert.Equal([2.91, 2.91], records.Take(2).Select(record => Math.Round(record.Finish.Seconds, 9)));
        Assert.Equal(2.91, records[2].PrefillStart.Seconds, 1e-9);
    }

    [Fact]
    public void A_group_has_one_role()
    {
        var cluster = Cluster(s_times, s_engine with { DataParallelGroup = "g" }, prefill: 1, decode: 1);

        Assert.Throws<UserErrorException>(() => Run(cluster, (0, 1, 1)));
    }

    [Fact]
    public void A_request_is_served_by_either_kind_of_instance()
    {
        var cluster = Cluster(s_times, s_engine, prefill: 1, decode: 1, mixed: 1) with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs"),
        };
        var (records, _) = Run(cluster, (0, 50, 3), (0, 50, 3), (0, 50, 3));

        // The mixed one is number 1, after the others. The third goes to prefill, and its decode to the mixed one.
        Assert.Equal([0, 1, 0], records.Select(record => record.PrefillInstance));
        Assert.Equal([0, 1, 1], records.Select(record => record.DecodeInstance));
    }

    [Fact]
    public void Reference_semantics_have_no_engine()
    {
        var cluster = Cluster(s_times, s_engine, mixed: 1);
        var error = Assert.Throws<UserErrorException>(() =>
            Run(
                cluster with
                {
                    Semantics = cluster.Semantics with { OutputTokens = OutputTokens.AllFromDecode },
                },
                (0, 1, 1)
            )
        );

        Assert.Contains("output_tokens", error.Message, StringComparison.Ordinal);
    }
}
