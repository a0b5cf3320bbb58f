using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Properties;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>The chunks of a long prompt are one plan as long as each takes what the budget leaves.</summary>
public sealed class PromptChunkTests
{
    private static readonly IterationTimesModel s_times = new(
        SecondsPerIteration: 1e-3,
        SecondsPerToken: 1e-5,
        SecondsPerPair: 1e-8,
        SecondsPerContextToken: 1e-7
    );

    [Theory]
    [InlineData(EngineKind.Vllm, true)]
    [InlineData(EngineKind.Vllm, false)]
    [InlineData(EngineKind.TensorRtLlm, true)]
    public void A_long_prompt_takes_few_events_and_the_times_of_single_iterations(
        EngineKind kind,
        bool plansAhead
    )
    {
        var macro = Run(kind, plansAhead, maxIterationsPerEvent: 4096, out var events);
        var single = Run(kind, plansAhead, maxIterationsPerEvent: 1, out var singleEvents);

        foreach (var (expected, actual) in single.Zip(macro))
        {
            ClusterPropertyTests.AssertSame(expected, actual);
        }

        // 51 chunks of 98 tokens, and 200 tokens of two requests.
        Assert.True(singleEvents > 200, $"{singleEvents} single events");
        Assert.InRange(events, 1, 30);
    }

    [Fact]
    public void A_prompt_goes_on_by_as_many_tokens_as_it_got()
    {
        var chunk = new IterationBatch
        {
            PrefillRequests = 1,
            PrefillTokens = 98,
            PrefillComputedTokens = 10,
            PrefillAttentionPairs = Pairs(98, 10),
            DecodeRequests = 2,
            DecodeComputedTokens = 700,
            DecodeComputedTokensMin = 300,
            DecodeComputedTokensMax = 400,
        };

        var later = chunk.After(7);

        Assert.Equal((98, 10 + (7 * 98)), (later.PrefillTokens, later.PrefillComputedTokens));
        Assert.Equal(Pairs(98, 10 + (7 * 98)), later.PrefillAttentionPairs);
        Assert.Equal(
            (714, 307, 407),
            (later.DecodeComputedTokens, later.DecodeComputedTokensMin, later.DecodeComputedTokensMax)
        );
    }

    private static long Pairs(long tokens, long computed) =>
        (tokens * computed) + (tokens * (tokens + 1) / 2);

    private static List<RequestRecord> Run(
        EngineKind kind,
        bool plansAhead,
        int maxIterationsPerEvent,
        out long events
    )
    {
        var engine = new EngineSpec
        {
            Kind = kind,
            ChunkedPrefill = true,
            MaxBatchedTokens = 100,
            BlockTokens = 10,
            KvBlocks = 1001,
            AsyncScheduling = plansAhead,
            CapturedSizes = [],
        };
        var scenario = EngineScenarios.Cluster(s_times, engine, mixed: 1);
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            [
                Request(0, 0, 40, 150),
                Request(1, 0, 40, 200),
                Request(2, 0.01, 5000, 3),
                Request(3, 0.05, 30, 2),
            ],
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        cluster.Run(CancellationToken.None);
        events = cluster.EventCount;
        return [.. records.OrderBy(record => record.Id)];
    }

    private static RequestSpec Request(long id, double seconds, int input, int output) =>
        new(id, SimTime.FromSeconds(seconds), input, output, [.. Enumerable.Range(0, (input + 9) / 10)], 10);
}
