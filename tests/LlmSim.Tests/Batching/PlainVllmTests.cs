using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>One engine of vLLM against a schedule that was written apart from it.</summary>
public sealed class PlainVllmTests
{
    private const int Scenarios = 300;

    [Fact]
    public void The_schedule_is_that_of_a_plain_one()
    {
        var (preemptions, chunks, tokens) = (0, 0, 0L);
        for (var seed = 0; seed < Scenarios; seed++)
        {
            var random = new RandomStream(seed, "plain");
            var blockTokens = 1 << random.Next(5);
            var longest = 20 + random.Next(300);
            var engine = new EngineSpec
            {
                MaxBatchedTokens = 16 + random.Next(300),
                MaxSequences = 1 + random.Next(24),
                ChunkedPrefill = random.Next(4) > 0,
                BlockTokens = blockTokens,
                PrefixCaching = false,
                AsyncScheduling = false,
                CapturedSizes = [],
                PrefillIterationSeconds = random.NextDouble() * 1e-3,
                KvBlocks = ((longest + 150 + random.Next(1500)) / blockTokens) + 2,
                LongPrefillTokens = seed % 3 == 0 ? 1 + (seed % 60) : 0,
            };
            var times = new IterationTimesModel(
                1e-3 + (random.NextDouble() * 1e-2),
                random.NextDouble() * 1e-4,
                random.NextDouble() * 1e-6,
                random.NextDouble() * 1e-6,
                TrendIterations: seed % 2 == 0 ? int.MaxValue : 1
            );
            var arrival = 0.0;
            var rate = 2 + (random.NextDouble() * 60);
            var requests = Enumerable
                .Range(0, 60)
                .Select(id =>
                {
                    arrival += random.Next(5) == 0 ? 0 : random.NextExponential(rate);
                    return new RequestSpec(
                        id,
                        SimTime.FromSeconds(arrival),
                        1 + random.Next(longest),
                        1 + random.Next(100)
                    );
                })
                .ToList();

            var plain = new PlainVllm(engine, times);
            var expected = plain.Run(requests);
            var scenario = EngineScenarios.Cluster(times, engine, mixed: 1);
            var (records, _) = EngineScenarios.Run(scenario, requests);

            Assert.Equal(expected.Count, records.Count);
            foreach (var (sequence, record) in expected.Zip(records))
            {
                var what = $"seed {seed}, request {record.Id}";
                Assert.True(sequence.Evictions == record.Evictions, what);
                Assert.True(Math.Abs(sequence.FirstToken - record.PrefillFinish.Seconds) < 1e-6, what);
                Assert.True(Math.Abs(sequence.LastToken - record.Finish.Seconds) < 1e-6, what);
                tokens += record.TraceOutputTokens;
            }

            preemptions += plain.Preemptions;
            chunks += requests.Count(request => request.InputTokens > engine.MaxBatchedTokens);
        }

        Assert.True(preemptions > 500, $"{preemptions} preemptions");
        Assert.True(chunks > 500, $"{chunks} prompts beyond the budget");
        Assert.True(tokens > 500_000, $"{tokens} tokens");
    }
}
