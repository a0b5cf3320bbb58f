using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Batching;
using LlmSim.Tests.Fleets;
using LlmSim.Tests.Properties;
using LlmSim.Tests.Verification;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>What must hold of requests with pictures whatever the batching rule, and wherever they are encoded, tried on random clusters.</summary>
public sealed class ImagePropertyTests
{
    public static TheoryData<EngineKind, BatchingRule, int, int> Rules { get; } =
        new()
        {
            { EngineKind.Vllm, BatchingRule.Own, 1, 400 },
            { EngineKind.Vllm, BatchingRule.Orca, 1, 200 },
            { EngineKind.Vllm, BatchingRule.Static, 1, 200 },
            { EngineKind.Vllm, BatchingRule.Own, 2, 100 },
            { EngineKind.Sglang, BatchingRule.Own, 1, 200 },
            { EngineKind.TensorRtLlm, BatchingRule.Own, 1, 190 },
        };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Macro_steps_give_what_single_steps_give_and_every_picture_is_encoded(
        EngineKind kind,
        BatchingRule batching,
        int ppSize,
        int seeds
    )
    {
        long savedEvents = 0;
        long evictions = 0;
        long found = 0;
        long apart = 0;
        ForEachSeed(
            RandomRuns.Count(seeds),
            seed =>
            {
                var random = Random(seed, kind, batching, ppSize);
                // A run states at its end that no embedding is held, and that no picture waits.
                var (macro, cluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 4096);
                var (single, singleCluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 1);

                Assert.Equal(single.Count, macro.Count);
                foreach (var (expected, actual) in single.Zip(macro))
                {
                    ClusterPropertyTests.AssertSame(expected, actual);
                }

                var usage = cluster.EncoderUsage()!;
                Assert.Equal(singleCluster.EncoderUsage(), usage);
                var served = macro.Where(record => !record.IsRejected).ToArray();
                Assert.InRange(
                    usage.Encoded + usage.Found,
                    served.Sum(record => record.Media),
                    long.MaxValue
                );
                Assert.Equal(
                    random.Requests.Sum(request => request.Media?.Count ?? 0),
                    usage.Images + usage.Videos + usage.Audio
                );
                foreach (var record in served)
                {
                    AssertPassesItsStages(cluster, random, record);
                }

                Interlocked.Add(ref savedEvents, singleCluster.EventCount - cluster.EventCount);
                Interlocked.Add(ref evictions, cluster.Evictions);
                Interlocked.Add(ref found, usage.Found);
                Interlocked.Add(ref apart, cluster.EncodeInstances.Sum(instance => instance.Encoded));
            }
        );

        // Micro-batches of a pipeline are planned one by one.
        Assert.True(ppSize > 1 || savedEvents > 10_000, $"{savedEvents} events saved");
        Assert.True(batching != BatchingRule.Own || evictions > 0, $"{evictions} evictions");
        Assert.True(apart > 1000, $"{apart} pictures encoded at instances of their own");
        var hasCache = kind == EngineKind.Vllm && batching == BatchingRule.Own && ppSize == 1;
        Assert.True(hasCache ? found > 1000 : found == 0, $"{found} pictures found");
    }

    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void A_second_pass_agrees(EngineKind kind) =>
        ForEachSeed(
            60,
            seed =>
            {
                var random = Random(seed, kind);
                Verified.Run(random.NewScenario(), random.Requests).Require();
            }
        );

    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void Encoders_change_nothing_for_requests_without_pictures(EngineKind kind) =>
        ForEachSeed(
            60,
            seed =>
            {
                var with = Random(seed, kind);
                var without = new RandomEngineScenario(seed, kind, mixedChunk: seed % 2 == 0);

                Assert.Equal(
                    Run(without.NewScenario(), without.Requests),
                    Run(with.NewScenario(), without.Requests)
                );
            }
        );

    /// <summary>An encoder that takes no time: a picture is then so many more tokens of a prompt of unknown content.</summary>
    [Theory]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void Pictures_that_are_encoded_in_no_time_are_tokens(EngineKind kind) =>
        ForEachSeed(
            60,
            seed =>
            {
                var random = Random(seed, kind);
                var scenario = random.NewScenario() with
                {
                    EncodeInstances = [],
                    EncoderTimes = (_, _) => new IterationTimesModel(0),
                };
                var images = random.Requests.Select(request => request with { HashIds = null }).ToArray();
                var text = images.Select(request =>
                    request with
                    {
                        InputTokens = request.InputTokens + TokensOf(request),
                        Media = null,
                    }
                );

                Assert.Equal(
                    Run(random.NewScenario() with { EncodeInstances = [] }, text),
                    Run(scenario, images)
                        .Select(record =>
                            record with
                            {
                                Images = 0,
                                ImageTokens = 0,
                                Videos = default,
                                Audio = default,
                            }
                        )
                );
            }
        );

    /// <summary>Clients that lose patience and instances that fail, are slow and come back: what was encoded is let go, and encoded again.</summary>
    [Fact]
    public void Nothing_is_lost_when_clients_leave_and_instances_fail()
    {
        var (encoded, apart, failovers, left) = (0L, 0L, 0L, 0L);
        for (var seed = 1; seed <= 300; seed++)
        {
            var cluster = new DisturbedCluster(seed);
            var mayBeApart = cluster.Fleet is null;
            if (!mayBeApart && cluster.NewScenario().Instances.Any(spec => spec.PpSize > 1))
            {
                continue;
            }

            Scenario New() => RandomImages.Encoding(cluster.NewScenario(), seed, mayBeApart);
            var requests = RandomImages
                .AddTo(cluster.Requests, seed)
                .Select(request =>
                    request.Conversation is null && request.Origin?.Model is null
                        ? request
                        : request with
                        {
                            Media = null,
                        }
                )
                .ToArray();
            var records = new List<RequestRecord>();
            // It states at its end that no embedding is held, that no picture waits, and that each request ended once.
            var summary = Simulator.Run(New(), requests, records.Add);

            Assert.Equal(records.Count, records.Select(record => record.Id).Distinct().Count());
            Assert.Equal(Run(New(), requests), records);
            Assert.InRange(
                summary.Encoder!.Encoded + summary.Encoder.Found,
                records.Where(record => record.Outcome == Outcome.Finished).Sum(record => record.Media),
                long.MaxValue
            );
            encoded += summary.Encoder.Encoded;
            apart += summary.Instances.Where(usage => usage.Stage == "encode").Sum(usage => usage.Requests);
            failovers += summary.Service?.Failovers ?? 0;
            left += records.Count(record => record.Outcome == Outcome.TimedOut && record.Media > 0);
        }

        Assert.All(
            new[] { encoded, apart, failovers, left },
            count =>
                Assert.True(
                    count > 100,
                    $"{encoded} encoded, {apart} apart, {failovers} failovers, {left} left"
                )
        );
    }

    [Fact]
    public void The_same_seed_gives_the_same_results() =>
        ForEachSeed(
            60,
            seed =>
            {
                var random = Random(seed, EngineKind.Vllm);
                Assert.Equal(
                    Run(random.NewScenario(), random.Requests),
                    Run(random.NewScenario(), random.Requests)
                );
            }
        );

    private static void AssertPassesItsStages(
        Cluster cluster,
        RandomEngineScenario random,
        in RequestRecord record
    )
    {
        var request = random.Requests[(int)record.Id];
        Assert.Equal(request.Media?.Count(item => item.Kind == MediaKind.Image) ?? 0, record.Images);
        Assert.Equal(request.Media?.Count(item => item.Kind == MediaKind.Video) ?? 0, record.Videos.Count);
        Assert.Equal(TokensOf(request), record.ImageTokens + record.Videos.Tokens + record.Audio.Tokens);
        Assert.Equal(request.InputTokens + TokensOf(request), record.TraceInputTokens);
        Assert.Equal(cluster.EncodeInstances.Count > 0 && record.Media > 0, record.EncodeStart is not null);
        if (record.EncodeStart is { } start)
        {
            Assert.True(record.Arrival <= start);
            Assert.True(start < record.EncodeFinish);
            Assert.True(record.EncodeFinish <= record.PrefillStart);
        }

        Assert.True(record.Arrival <= record.PrefillStart);
        Assert.True(record.PrefillStart < record.PrefillFinish);
        Assert.True(record.PrefillFinish <= record.Finish);
    }

    private static int TokensOf(RequestSpec request) =>
        request.Media?.Sum(item => RandomImages.TokensOf(item)) ?? 0;

    private static List<RequestRecord> Run(Scenario scenario, IEnumerable<RequestSpec> requests)
    {
        var records = new List<RequestRecord>();
        Simulator.Run(scenario, requests, records.Add);
        return records;
    }

    private static RandomEngineScenario Random(
        int seed,
        EngineKind kind,
        BatchingRule batching = BatchingRule.Own,
        int ppSize = 1
    ) => new(seed, kind, mixedChunk: seed % 2 == 0, ppSize: ppSize, batching: batching, images: true);

    private static void ForEachSeed(int seeds, Action<int> test) =>
        Parallel.For(
            0,
            seeds,
            seed =>
            {
                try
                {
                    test(seed);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );
}
