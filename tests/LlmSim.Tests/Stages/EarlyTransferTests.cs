using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Batching;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Stages;

/// <summary>KV caches that leave while their prompts are being computed: one byte a token.</summary>
public sealed class EarlyTransferTests
{
    private const double Latency = 0.25;

    private static readonly KvTransfer[] s_kinds =
    [
        KvTransfer.ContendedLinksPerLayer,
        KvTransfer.ContendedLinksPerChunk,
        KvTransfer.ContendedLinks,
    ];

    /// <summary>
    /// n parts of p seconds each, whose KV cache takes t seconds to send. As in a flow shop of two machines, the one that is slower works without a pause: the
    /// prefill, and the last piece follows; or the link, after the first piece. A piece is a layer of a part, a part, or all.
    /// </summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(10, 1)]
    [InlineData(1, 5)]
    [InlineData(4, 5)]
    public void What_is_left_after_the_prefill_is_the_last_piece_or_what_the_link_cannot_carry(
        int layers,
        int parts
    )
    {
        const double P = 0.5;
        foreach (var t in new[] { 0.01, 0.1, 0.4, 0.5, 0.75, 5 })
        {
            double Finish(KvTransfer kind, bool hasEngine) =>
                Assert
                    .Single(Run(Scenario(kind, layers, parts, t, P, hasEngine), (0, 100 * parts, 2)).Records)
                    .TransferFinish.Seconds - Latency;

            double Pieces(double piece) => Math.Max((parts * P) + (t * piece), (P * piece) + (parts * t));

            Assert.Equal(Pieces(1.0 / layers), Finish(KvTransfer.ContendedLinksPerLayer, true), 1e-6);
            Assert.Equal(Pieces(1), Finish(KvTransfer.ContendedLinksPerChunk, true), 1e-6);
            Assert.Equal(parts * (P + t), Finish(KvTransfer.ContendedLinks, true), 1e-6);
            // Without an engine a prompt is one part.
            var (all, allSent) = (parts * P, parts * t);
            Assert.Equal(
                Math.Max(all + (allSent / layers), (all / layers) + allSent),
                Finish(KvTransfer.ContendedLinksPerLayer, false),
                1e-6
            );
            Assert.Equal(all + allSent, Finish(KvTransfer.ContendedLinksPerChunk, false), 1e-6);
        }
    }

    [Fact]
    public void What_is_found_of_a_prompt_leaves_with_its_first_part()
    {
        // 64 of 128 tokens are found, and 64 computed in a second. A byte takes 0.01 s.
        foreach (var (kind, exposed) in new[] { (s_kinds[0], 0.32), (s_kinds[1], 1.28), (s_kinds[2], 1.28) })
        {
            var scenario = Scenario(kind, layers: 2, parts: 1, partSendSeconds: 1, partSeconds: 1, true);
            var records = EngineScenarios
                .Run(
                    scenario,
                    [
                        new RequestSpec(0, SimTime.Zero, 64, 2, [1, 2, 3, 4], 16),
                        new RequestSpec(1, SimTime.FromSeconds(10), 128, 2, [1, 2, 3, 4, 5, 6, 7, 8], 16),
                    ]
                )
                .Records;

            Assert.Equal(11, records[1].PrefillFinish.Seconds, 1e-6);
            // By layers: the 64 leave from 10 s on, and 32 of the others from 10.64 s, as fast as they are there; the last 32 follow.
            Assert.Equal(11 + exposed + Latency, records[1].TransferFinish.Seconds, 1e-6);
        }
    }

    [Fact]
    public void A_destination_without_room_makes_what_is_there_wait()
    {
        // 32 blocks are enough for one of them: what there is of the second leaves when the first has ended.
        foreach (var kind in s_kinds)
        {
            var scenario = Scenario(kind, layers: 4, parts: 5, partSendSeconds: 0.1, partSeconds: 1, true);
            scenario = scenario with
            {
                DecodeInstances =
                [
                    .. scenario.DecodeInstances.Select(spec =>
                        spec with
                        {
                            Engine = spec.Engine! with { KvBlocks = 33 },
                        }
                    ),
                ],
            };
            var (records, _) = Run(scenario, (0, 500, 8), (0, 500, 2));

            var freed = records[0].Finish.Seconds;
            Assert.True(freed > records[1].PrefillFinish.Seconds);
            Assert.Equal(freed + 0.5 + Latency, records[1].TransferFinish.Seconds, 1e-6);
        }
    }

    /// <summary>One request at a time, so that nothing but the way of sending makes a difference.</summary>
    [Fact]
    public void Sooner_ways_are_never_later_and_carry_the_same_bytes()
    {
        var sooner = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new RandomStream(seed, "ways");
            RequestSpec[] requests =
            [
                .. Enumerable
                    .Range(0, 5)
                    .Select(id => new RequestSpec(
                        id,
                        SimTime.FromSeconds(1000 * id),
                        1 + random.Next(400),
                        2 + random.Next(5),
                        [
                            .. Enumerable
                                .Range(0, 25)
                                .Select(block => (long)((block / 5 * random.Next(2)) + block)),
                        ],
                        16
                    )),
            ];
            var (layers, budget) = (1 + random.Next(8), 10 + random.Next(200));
            var (tokenSeconds, sendSeconds) = (random.NextDouble() * 0.02, random.NextDouble() * 0.02);
            var runs = s_kinds
                .Select(kind =>
                {
                    var scenario = Scenario(kind, layers, parts: 1, sendSeconds * 100, 0, true);
                    scenario = scenario with
                    {
                        PrefillInstances =
                        [
                            .. scenario.PrefillInstances.Select(spec =>
                                spec with
                                {
                                    Engine = spec.Engine! with { MaxBatchedTokens = budget, KvBlocks = 40 },
                                }
                            ),
                        ],
                        PerformanceModelFactory = _ => new IterationTimesModel(0.01, tokenSeconds),
                    };
                    return Run(scenario, requests);
                })
                .ToArray();

            foreach (var (early, late) in runs.Zip(runs[1..]))
            {
                Assert.Equal(late.Bytes, early.Bytes);
                foreach (var (one, other) in early.Records.Zip(late.Records))
                {
                    Assert.Equal(other.PrefillFinish, one.PrefillFinish);
                    Assert.True(one.TransferFinish.Seconds <= other.TransferFinish.Seconds + 1e-6);
                    sooner += one.TransferFinish.Seconds < other.TransferFinish.Seconds - 1e-6 ? 1 : 0;
                }
            }
        }

        Assert.True(sooner > 500, $"{sooner} were sooner");
    }

    /// <summary>A prompt that is computed at once is one part.</summary>
    [Fact]
    public void Whole_prompts_leave_by_chunks_as_they_do_afterwards()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new RandomEngineScenario(seed, (EngineKind)(seed % 3));
            List<RequestRecord> Records(KvTransfer kind)
            {
                var scenario = random.NewScenario();
                return EngineScenarios
                    .Run(
                        scenario with
                        {
                            Semantics = scenario.Semantics with { KvTransfer = kind },
                            PrefillInstances =
                            [
                                .. scenario.PrefillInstances.Select(spec =>
                                    spec with
                                    {
                                        Engine = spec.Engine! with { ChunkedPrefill = false },
                                    }
                                ),
                            ],
                        },
                        random.Requests
                    )
                    .Records;
            }

            Assert.Equal(Records(KvTransfer.ContendedLinks), Records(KvTransfer.ContendedLinksPerChunk));
        }
    }

    private static (List<RequestRecord> Records, long Bytes) Run(
        Scenario scenario,
        params (double Arrival, int Input, int Output)[] requests
    ) =>
        Run(
            scenario,
            requests.Select(
                (request, id) =>
                    new RequestSpec(id, SimTime.FromSeconds(request.Arrival), request.Input, request.Output)
            )
        );

    private static (List<RequestRecord> Records, long Bytes) Run(
        Scenario scenario,
        IEnumerable<RequestSpec> requests
    )
    {
        var records = new List<RequestRecord>();
        var cluster = new Cluster(scenario, requests, Recorders.For(scenario, records.Add), 4096);
        cluster.Run(TestContext.Current.CancellationToken);
        return ([.. records.OrderBy(record => record.Id)], cluster.Network.DeliveredBytes);
    }

    /// <summary>Parts of 100 tokens; without an engine the prompt takes as long as all parts together.</summary>
    private static Scenario Scenario(
        KvTransfer kind,
        int layers,
        int parts,
        double partSendSeconds,
        double partSeconds,
        bool hasEngine
    )
    {
        var scenario = EngineScenarios.Cluster(
            hasEngine
                ? new IterationTimesModel(partSeconds)
                : new IterationTimesModel(0, SecondsPerToken: partSeconds / 100),
            new EngineSpec { MaxBatchedTokens = 100, AsyncScheduling = false },
            prefill: 1,
            decode: 1
        );
        InstanceSpec[] Slow(IReadOnlyList<InstanceSpec> specs) =>
            [
                .. specs.Select(spec =>
                    spec with
                    {
                        KvLinkBytesPerSecond = 100 / partSendSeconds,
                        KvLinkLatencySeconds = Latency,
                        Engine = hasEngine ? spec.Engine : null,
                    }
                ),
            ];
        return scenario with
        {
            PrefillInstances = Slow(scenario.PrefillInstances),
            DecodeInstances = Slow(scenario.DecodeInstances),
            Model = scenario.Model with { Layers = layers },
            Semantics = scenario.Semantics with { KvTransfer = kind },
        };
    }
}
