using LlmSim.Kernel;
using LlmSim.Performance;
using Xunit;
using static LlmSim.Tests.Batching.EngineScenarios;

namespace LlmSim.Tests.Batching;

/// <summary>TensorRT-LLM's rule in small cases worked out by hand: 1 s an iteration and 0.01 s a token.</summary>
public sealed class TensorRtLlmSchedulerTests
{
    private static readonly IterationTimesModel s_times = new(SecondsPerIteration: 1, SecondsPerToken: 0.01);

    private static readonly EngineSpec s_engine = new()
    {
        Kind = EngineKind.TensorRtLlm,
        MaxBatchedTokens = 100,
        ChunkedPrefill = false,
        BlockTokens = 10,
        KvBlocks = 12,
        AsyncScheduling = false,
    };

    [Fact]
    public void A_request_waits_until_all_its_output_is_sure_of_blocks()
    {
        var (records, summary) = Run(
            Cluster(s_times, s_engine, mixed: 1),
            (0, 40, 21),
            (0, 30, 11),
            (0, 20, 12),
            (0, 5, 2)
        );

        // A may come to 6 blocks and B to 4. C, who may come to 4, waits although 5 are free, and D behind it.
        // t      computed
        // 0      A 40, B 30: 1.7 s
        // 1.7    A, B decode ten times: 1.02 s each; B ends
        // 11.9   A decodes beside C 20, D 5: 1.26 s
        // 13.16  A, C, D decode: 1.03 s; D ends
        // 14.19  A, C decode eight times: 1.02 s each; A ends
        // 22.35  C decodes twice: 1.01 s each
        Assert.Equal([1.7, 1.7, 13.16, 13.16], records.Select(record => Round(record.PrefillFinish)));
        Assert.Equal([22.35, 11.9, 24.37, 14.19], records.Select(record => Round(record.Finish)));
        Assert.Equal(0, summary.Evictions);
    }

    [Fact]
    public void With_maximum_utilization_the_latest_is_paused_when_a_block_is_missing()
    {
        var (records, _) = Run(
            Cluster(s_times, s_engine with { CapacityPolicy = CapacityPolicy.MaxUtilization }, mixed: 1),
            (0, 40, 61),
            (0, 30, 61)
        );

        // t      computed
        // 0      A 40, B 30: 1.7 s
        // 1.7    A, B decode 20 times: 1.02 s each; A has 60 tokens in 6 blocks, B 50 in 5
        // 22.1   A takes a 7th, and B, who needs a 6th, is paused; A decodes 40 times: 1.01 s each, and takes three of B's five blocks, the last ones
        // 62.5   B's 51 tokens anew, but for the 20 that are still found: 1.31 s
        // 63.81  B decodes 39 times: 1.01 s each
        Assert.Equal([0, 1], records.Select(record => record.Evictions));
        Assert.Equal([62.5, 103.2], records.Select(record => Round(record.Finish)));
    }

    [Fact]
    public void The_rule_of_vllm_admits_at_once_and_preempts_in_the_same_memory()
    {
        var vllm = s_engine with { Kind = EngineKind.Vllm };
        var (records, summary) = Run(Cluster(s_times, vllm, mixed: 1), (0, 40, 21), (0, 30, 21), (0, 20, 31));

        Assert.Equal(1.9, records[2].PrefillFinish.Seconds, 1e-9);
        Assert.True(summary.Evictions > 0);
    }

    [Fact]
    public void A_prompt_longer_than_the_budget_begins_an_iteration_of_its_own()
    {
        var large = s_engine with { KvBlocks = 100 };
        var (records, _) = Run(Cluster(s_times, large, mixed: 1), (0, 50, 3), (0, 150, 1), (0, 99, 1));

        // B waits until A no longer decodes, and C behind it.
        Assert.Equal(1.5 + (2 * 1.01), records[0].Finish.Seconds, 1e-9);
        Assert.Equal(records[0].Finish.Seconds + 2.5, records[1].PrefillFinish.Seconds, 1e-9);
        Assert.Equal(records[1].Finish.Seconds + 1.99, records[2].PrefillFinish.Seconds, 1e-9);
    }

    [Theory]
    [InlineData(false, new[] { 1.1, 4.73, 8.36 })]
    [InlineData(true, new[] { 1.1, 3.1, 6.33 })]
    public void Prompts_are_held_back_by_the_tokens_that_the_iteration_could_take(
        bool chunked,
        double[] prefilled
    )
    {
        var engine = s_engine with
        {
            KvBlocks = 100,
            ChunkedPrefill = chunked,
            BatchWaitIterations = 2,
            BatchWaitTokensRatio = 0.9,
        };

        var (records, _) = Run(Cluster(s_times, engine, mixed: 1), (0, 10, 20), (0.5, 60, 1), (0.5, 60, 1));

        // A decodes from 1.1 on. Whole prompts: of B and C one has room, 61 of 90 tokens, so it waits for two iterations of 1.01 s; then
        // C does. In parts: B and 39 tokens of C fill the budget at once, and what is left of C waits like a prompt that has begun: not at all.
        Assert.Equal(prefilled[..2], records[..2].Select(record => Round(record.PrefillFinish)));
        Assert.True(chunked || Round(records[2].PrefillFinish) == prefilled[2]);
    }

    [Fact]
    public void A_decode_instance_is_sure_of_all_blocks_before_a_kv_cache_is_sent_to_it()
    {
        var scenario = Cluster(s_times, s_engine, prefill: 1, decode: 1);
        scenario = scenario with
        {
            Semantics = scenario.Semantics with { KvTransfer = KvTransfer.ContendedLinks },
        };
        var (records, summary) = Run(scenario, (0, 40, 41), (0, 30, 41));

        // 8 blocks and 7: the second is sent when the first has ended, although its prompt takes 3.
        Assert.Equal(0, summary.Evictions);
        Assert.True(records[1].DecodeStart >= records[0].Finish);
    }

    [Fact]
    public void What_can_never_be_sure_of_its_blocks_is_rejected_with_its_reason()
    {
        var (records, _) = Run(Cluster(s_times, s_engine, mixed: 1), (0, 100, 21), (0, 100, 22), (0, 121, 1));

        Assert.Equal(
            [
                null,
                "prompt and output exceed the KV memory of every mixed instance",
                "prompt exceeds the KV memory of every mixed instance",
            ],
            records.Select(record => record.RejectionReason)
        );
    }

    private static double Round(SimTime time) => Math.Round(time.Seconds, 9);
}
