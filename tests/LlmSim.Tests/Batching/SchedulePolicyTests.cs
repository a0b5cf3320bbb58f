using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads;
using Xunit;
using static LlmSim.Tests.Batching.EngineScenarios;

namespace LlmSim.Tests.Batching;

/// <summary>SGLang's orders of waiting requests in small cases worked out by hand: 1 s an iteration and 0.01 s a token.</summary>
public sealed class SchedulePolicyTests
{
    private static readonly IterationTimesModel s_times = new(SecondsPerIteration: 1, SecondsPerToken: 0.01);

    private static readonly EngineSpec s_engine = new()
    {
        Kind = EngineKind.Sglang,
        MaxBatchedTokens = 60,
        BlockTokens = 10,
        KvBlocks = 1000,
        AsyncScheduling = false,
    };

    [Theory]
    [InlineData(SchedulePolicy.Fcfs, new[] { 1.5, 3.1, 4.7, 4.7, 5.85 })]
    [InlineData(SchedulePolicy.LongestPrefixMatch, new[] { 1.5, 4.7, 3.1, 5.85, 4.7 })]
    public void The_longest_match_goes_first(SchedulePolicy policy, double[] prefilled)
    {
        RequestSpec[] requests =
        [
            Request(0, 0, [7, 8, 9, 10, 1], output: 2),
            Request(1, 0.2, [1, 2, 3, 4, 5, 6]),
            Request(2, 0.4, [7, 8, 9, 10, 2], extra: 5),
            Request(3, 0.6, [20, 21, 22, 23]),
            Request(4, 2, [7, 8, 11, 12], output: 1),
        ];
        var (records, _) = Run(Cluster(s_times, With(policy), mixed: 1), requests);

        // 40 tokens of C and 20 of E are found: 15 and 20 are left to compute.
        // t     fcfs                             lpm
        // 0     A 50: 1.5 s                      the same; B, C, D come
        // 1.5   B 60: 1.6 s                      C 15, B 45 of 60: 1.6 s; E comes at 2
        // 3.1   C 15, D 40, E 5 of 20: 1.6 s     B 15, E 20, D 25 of 40: 1.6 s
        // 4.7   E 15: 1.15 s                     D 15: 1.15 s
        // 5.85  A decodes                        A decodes
        Assert.Equal(prefilled, records.Select(record => Math.Round(record.PrefillFinish.Seconds, 9)));
    }

    [Theory]
    [InlineData(SchedulePolicy.Fcfs, new[] { 2, 2, 3.5 })]
    [InlineData(SchedulePolicy.LongestPrefixMatch, new[] { 2, 3.1, 2 })]
    public void Who_begins_as_another_waits_for_what_that_one_computes(
        SchedulePolicy policy,
        double[] prefilled
    )
    {
        // Nothing is found of them, and the second begins with 40 tokens of the first. Beside it, it would compute them too.
        var engine = With(policy) with
        {
            MaxBatchedTokens = 100,
        };
        var (records, _) = Run(
            Cluster(s_times, engine, mixed: 1),
            [
                Request(0, 0, [20, 21, 22, 23, 1]),
                Request(1, 0, [20, 21, 22, 23, 2]),
                Request(2, 0, [30, 31, 32, 33, 34]),
            ]
        );

        Assert.Equal(prefilled, records.Select(record => Math.Round(record.PrefillFinish.Seconds, 9)));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Equal_beginnings_count_from_32_tokens_on(int blocks, bool together)
    {
        // Three blocks of 10 are 30 tokens.
        long[] Content(int own) => [.. Enumerable.Range(0, blocks).Select(block => 20L + block), own];
        var engine = With(SchedulePolicy.LongestPrefixMatch) with { MaxBatchedTokens = 1000 };
        var (records, _) = Run(
            Cluster(s_times, engine, mixed: 1),
            [Request(0, 0, Content(1)), Request(1, 0, Content(2))]
        );

        // Alone, the one that waits goes nevertheless: nobody else is before it.
        Assert.Equal(records[0].PrefillFinish, records[1].PrefillFinish);
        var (three, _) = Run(
            Cluster(s_times, engine with { MaxSequences = 2 }, mixed: 1),
            [Request(0, 0, Content(1)), Request(1, 0, Content(2)), Request(2, 0, [90, 91, 92, 93, 94])]
        );
        Assert.Equal(together, three[0].PrefillStart == three[1].PrefillStart);
    }

    [Theory]
    [InlineData(128, 0)]
    [InlineData(129, 1)]
    public void With_more_than_128_waiting_the_order_is_that_of_arrival(int waiting, int before)
    {
        // One at a time; the last to come would find 40 tokens. After the first of 129 there are 128.
        var engine = With(SchedulePolicy.LongestPrefixMatch) with
        {
            MaxSequences = 1,
        };
        var others = Enumerable.Range(1, waiting - 1).Select(id => Request(id, 10, [1000 + id]));
        var (records, _) = Run(
            Cluster(s_times, engine, mixed: 1),
            [Request(0, 0, [7, 8, 9, 10]), .. others, Request(waiting, 10, [7, 8, 9, 10, 11])]
        );

        Assert.Equal(before, records.Count(r => r.Id > 0 && r.PrefillStart < records[^1].PrefillStart));
    }

    [Theory]
    [InlineData(SchedulePolicy.LongestPrefixMatch, new[] { 2, 3, 4, 6, 5 })]
    [InlineData(SchedulePolicy.DfsWeight, new[] { 3, 4, 6, 2, 5 })]
    [InlineData(SchedulePolicy.LongestOutput, new[] { 5, 6, 4, 2, 3 })]
    public void Orders_of_those_that_come_to_a_filled_cache(SchedulePolicy policy, int[] order)
    {
        var engine = With(policy) with { MaxSequences = 1 };
        var (records, _) = Run(
            Cluster(s_times, engine, mixed: 1),
            [
                Request(0, 0, [7, 8, 9, 10]),
                Request(1, 4, [50, 51, 52, 53, 54]),
                // 50 tokens are found of it, 40 of the next two, nothing of the next, 40 of the last.
                Request(2, 10, [50, 51, 52, 53, 54, 1], output: 2),
                Request(3, 10, [7, 8, 9, 10, 1], output: 1),
                Request(4, 10, [7, 8, 9, 10, 2], output: 3),
                Request(5, 10, [60], output: 9),
                Request(6, 10, [7, 8, 9, 10, 3], output: 4),
            ]
        );

        Assert.Equal(order, Order(records).Where(id => id > 1).Select(id => (int)id));
    }

    [Fact]
    public void Branches_count_with_all_that_begin_like_them()
    {
        var engine = With(SchedulePolicy.DfsWeight) with { MaxSequences = 1 };
        var (records, _) = Run(
            Cluster(s_times, engine, mixed: 1),
            [
                Request(0, 0, [1, 2, 3, 4]),
                Request(1, 3, [1, 2, 5, 6]),
                Request(2, 6, [8, 9]),
                Request(3, 20, [8, 9, 90]),
                Request(4, 20, [8, 9, 91]),
                // Of four that begin with 1, 2 two go on with 5, 6, one with 3, 4; of one nothing more is found.
                Request(5, 20, [1, 2, 3, 4, 92]),
                Request(6, 20, [1, 2, 93]),
                Request(7, 20, [1, 2, 5, 6, 94]),
                Request(8, 20, [1, 2, 5, 6, 95]),
            ]
        );

        // Those who still wait count: when 5 goes, two begin with 1, 2 and two with 8, 9, and the former were before; then it is one to two.
        Assert.Equal([7L, 8, 5, 3, 4, 6], Order(records).Where(id => id > 2));
    }

    [Fact]
    public void A_shuffled_queue_loses_nobody_and_is_the_same_for_the_same_seed()
    {
        var requests = Enumerable.Range(0, 30).Select(id => Request(id, 0, [id])).ToArray();
        long[] OrderOf(int seed)
        {
            var engine = With(SchedulePolicy.Random) with { MaxSequences = 1 };
            var scenario = Cluster(s_times, engine, mixed: 1) with { Seed = seed };
            return [.. Order(Run(scenario, requests).Records)];
        }

        Assert.Equal(OrderOf(1), OrderOf(1));
        Assert.NotEqual(OrderOf(1), OrderOf(2));
        Assert.NotEqual(requests.Select(request => (long)request.Id), OrderOf(1));
        Assert.Equal(requests.Select(request => (long)request.Id), OrderOf(1).Order());
    }

    private static EngineSpec With(SchedulePolicy policy) => s_engine with { SchedulePolicy = policy };

    private static IEnumerable<long> Order(IEnumerable<RequestRecord> records) =>
        records.OrderBy(record => record.PrefillStart).Select(record => (long)record.Id);

    private static RequestSpec Request(
        int id,
        double arrival,
        long[] content,
        int output = 1,
        int extra = 0
    ) =>
        new(
            id,
            SimTime.FromSeconds(arrival),
            (10 * content.Length) + extra,
            output,
            content,
            HashBlockTokens: 10
        );
}
