using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Batching;
using Xunit;

namespace LlmSim.Tests.Stages;

/// <summary>Who sends the first token where one instance prefills and another decodes: 10 ms a prompt token, 1 s an iteration.</summary>
public sealed class FirstTokenTests
{
    private static readonly ServiceTimes s_times = new(secondsPerPromptToken: 0.01, secondsPerIteration: 1);

    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 1000,
        KvBlocks = 10_000,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    [Fact]
    public void An_engine_that_decodes_sends_it_when_it_takes_the_request_in()
    {
        var (records, summary) = Run(OnePlace(Semantics.Standard), (0, 50, 4), (0, 50, 4));

        // One iteration has both prompts. The second request waits for the only place until the first has its three other tokens.
        var prefilled = records[0].PrefillFinish.Seconds;
        var place = records[0].Finish.Seconds;
        Assert.Equal(prefilled, records[0].TtftSeconds, 1e-9);
        Assert.Equal(place, records[1].FirstDecodeStart.Seconds, 1e-9);
        Assert.Equal(place, records[1].TtftSeconds, 1e-9);
        Assert.Equal(place - prefilled, records[1].DecodeQueueSeconds, 1e-9);
        Assert.Equal(records[0].TpotSeconds, records[1].TpotSeconds, 1e-9);
        Assert.Equal(6, summary.ItlSeconds.Count);
        Assert.Equal(records[0].TpotSeconds, summary.ItlSeconds.Mean, 1e-9);
    }

    [Fact]
    public void The_option_has_the_prefill_send_it()
    {
        var (records, summary) = Run(
            OnePlace(Semantics.Standard with { FirstToken = FirstToken.Prefill }),
            (0, 50, 4),
            (0, 50, 4)
        );

        Assert.Equal(records[0].TtftSeconds, records[1].TtftSeconds, 1e-9);
        Assert.Equal(
            (records[1].Finish - records[1].PrefillFinish).Seconds / 3,
            records[1].TpotSeconds,
            1e-9
        );
        Assert.Equal(records.Average(record => record.TpotSeconds), summary.ItlSeconds.Mean, 1e-9);
    }

    /// <summary>Instances without an engine are the two stages of papers, where the prefill answers.</summary>
    [Theory]
    [InlineData("engines", 10)]
    [InlineData("prefill", 10)]
    [InlineData("decode", 35)]
    public void Without_engines_the_prefill_sends_it_unless_told_otherwise(string option, double ttftSeconds)
    {
        var times = new ServiceTimes(secondsPerPromptToken: 0.1, secondsPerIteration: 10);
        var scenario = Scenarios.Abstract(times, kvCapacityTokens: 60);
        var semantics = scenario.Semantics with
        {
            FirstToken = Enum.Parse<FirstToken>(option, ignoreCase: true),
        };

        // The second is prefilled at 10, and has no room beside the first, which decodes from 5 to 35.
        var (records, _) = Run(scenario with { Semantics = semantics }, (0, 50, 4), (0, 50, 4));

        Assert.Equal([5, ttftSeconds], records.Select(record => record.TtftSeconds));
    }

    /// <summary>It changes when the client sees the first token and nothing else: by the transfer and the wait for a place.</summary>
    [Fact]
    public void Times_to_the_first_token_differ_by_transfer_and_queue()
    {
        var later = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new RandomEngineScenario(seed);
            var (early, _) = Run(random, FirstToken.Prefill);
            var (late, summary) = Run(random, FirstToken.Decode);

            Assert.Equal(early.Count, late.Count);
            foreach (var (one, other) in early.Zip(late))
            {
                Assert.Equal(
                    (one.Id, one.Finish, one.FirstDecodeStart),
                    (other.Id, other.Finish, other.FirstDecodeStart)
                );
                var wait =
                    one.IsRejected || one.DecodeInstance < 0
                        ? 0
                        : one.TransferSeconds + one.DecodeQueueSeconds;
                if (!one.IsRejected)
                {
                    Assert.Equal(one.TtftSeconds + wait, other.TtftSeconds, 1e-6);
                    later += wait > 0 ? 1 : 0;
                }
            }

            Assert.Equal(
                late.Where(record => !record.IsRejected)
                    .Sum(record => (record.Finish - record.NewToken).Seconds),
                summary.ItlSeconds.Count == 0 ? 0 : summary.ItlSeconds.Count * summary.ItlSeconds.Mean,
                1e-3
            );
        }

        Assert.True(later > 1000, $"only {later} requests waited between their stages");
    }

    private static Scenario OnePlace(Semantics semantics)
    {
        var scenario = Scenarios.AbstractEngines(s_times, s_engine, prefill: 1, decode: 1);
        var decode = scenario.DecodeInstances[0];
        return scenario with
        {
            DecodeInstances = [decode with { Engine = decode.Engine! with { MaxSequences = 1 } }],
            Semantics = semantics,
        };
    }

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        RandomEngineScenario random,
        FirstToken firstToken
    )
    {
        var records = new List<RequestRecord>();
        var scenario = random.NewScenario();
        var summary = Simulator.Run(
            scenario with
            {
                Semantics = scenario.Semantics with { FirstToken = firstToken },
            },
            random.Requests,
            records.Add
        );
        return ([.. records.OrderBy(record => record.Id)], summary);
    }

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        params (double Arrival, int Input, int Output)[] requests
    ) => EngineScenarios.Run(scenario, requests);
}
