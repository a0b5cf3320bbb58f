using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Tiers below the KV cache, worked out by hand: blocks of 16 tokens and as many bytes.</summary>
public sealed class KvTierTests
{
    private const int BlockTokens = 16;
    private static readonly IterationTimesModel s_times = new(0.01, SecondsPerToken: 0.001);

    /// <summary>Ten blocks in a second.</summary>
    private static readonly KvTierSpec s_host = new()
    {
        Kind = KvTierKind.Host,
        BytesPerSecond = 160,
        WriteBytesPerSecond = 1e9,
        LatencySeconds = 0.5,
    };

    [Theory]
    [InlineData(EngineKind.Vllm, KvTierWrite.Through)]
    [InlineData(EngineKind.Vllm, KvTierWrite.OnEviction)]
    [InlineData(EngineKind.Sglang, KvTierWrite.Through)]
    [InlineData(EngineKind.Sglang, KvTierWrite.OnEviction)]
    [InlineData(EngineKind.TensorRtLlm, KvTierWrite.Through)]
    [InlineData(EngineKind.TensorRtLlm, KvTierWrite.OnEviction)]
    public void A_read_takes_its_latency_and_its_bytes(EngineKind kind, KvTierWrite write)
    {
        var (records, summary) = Run(
            Engine(kind, blocks: 9, s_host with { Write = write }),
            (0, Prompt(1, 4)),
            (5, Prompt(2, 8)),
            (10, Prompt(1, 4))
        );

        // The second prompt takes all nine blocks. Four come back: 0.5 + 4 · 16 / 160 seconds; one token is computed.
        Assert.Equal(10.9, records[2].PrefillStart.Seconds, 9);
        Assert.Equal(10.911, records[2].PrefillFinish.Seconds, 9);
        var host = Assert.Single(summary.KvTiers!);
        Assert.Equal(("host", 4, 4 * BlockTokens), (host.Tier, host.HitBlocks, host.ReadBytes));
        // Through: what is found is there already. On eviction: the third prompt takes five of the second one's blocks.
        Assert.Equal(write == KvTierWrite.Through ? 12 : 4 + 4, host.WrittenBytes / BlockTokens);
        Assert.Equal(4, summary.PagedCache!.HitBlocks);
    }

    [Fact]
    public void Two_reads_on_one_link_follow_each_other()
    {
        var (records, _) = Run(
            Engine(EngineKind.Vllm, blocks: 12, s_host),
            (0, Prompt(1, 4)),
            (2, Prompt(2, 4)),
            (5, Prompt(3, 11)),
            (10, Prompt(1, 4)),
            (10, Prompt(2, 4))
        );

        Assert.Equal(10.9, records[3].PrefillStart.Seconds, 9);
        // Its bytes wait for those of the other one.
        Assert.Equal(11.3, records[4].PrefillStart.Seconds, 9);
    }

    [Fact]
    public void Others_are_computed_while_blocks_come()
    {
        var (records, _) = Run(
            Engine(EngineKind.Vllm, blocks: 12, s_host),
            (0, Prompt(1, 4)),
            (5, Prompt(3, 11)),
            (10, Prompt(1, 4)),
            (10.1, Prompt(4, 4))
        );

        Assert.Equal(10.1, records[3].PrefillStart.Seconds, 9);
        Assert.Equal(10.1 + 0.01 + 0.065, records[3].PrefillFinish.Seconds, 9);
        Assert.Equal(10.9, records[2].PrefillStart.Seconds, 9);
    }

    [Fact]
    public void A_block_is_found_once_it_is_written()
    {
        // A block is written in a second, and the four of the first prompt one after the other from its computation on, at 0.
        var slow = s_host with
        {
            WriteBytesPerSecond = BlockTokens,
            LatencySeconds = 0,
        };
        var (records, summary) = Run(
            Engine(EngineKind.Vllm, blocks: 9, slow),
            (0, Prompt(1, 4)),
            (0.5, Prompt(2, 8)),
            (2.5, Prompt(1, 4))
        );

        Assert.Equal(2, Assert.Single(summary.KvTiers!).HitBlocks);
        Assert.Equal(2.7, records[2].PrefillStart.Seconds, 9);
        // 33 tokens are computed.
        Assert.Equal(2.7 + 0.01 + 0.033, records[2].PrefillFinish.Seconds, 9);
    }

    [Fact]
    public void What_a_tier_evicts_goes_to_the_next()
    {
        var host = s_host with { CapacityBlocks = 2, Write = KvTierWrite.OnEviction };
        var ssd = s_host with { Kind = KvTierKind.Ssd, BytesPerSecond = 16, Write = KvTierWrite.OnEviction };
        var (records, summary) = Run(
            Engine(EngineKind.Vllm, blocks: 9, host, ssd),
            (0, Prompt(1, 4)),
            (5, Prompt(2, 8)),
            (10, Prompt(1, 4))
        );

        // Of a prompt the last block is evicted first: 4 and 3 went on to the disk, 2 and 1 are in the host's memory.
        Assert.Equal(
            [("host", 2L), ("ssd", 2L)],
            summary.KvTiers!.Select(tier => (tier.Tier, tier.HitBlocks))
        );
        // Both are read at once; the disk takes 0.5 s and two seconds for two blocks.
        Assert.Equal(12.5, records[2].PrefillStart.Seconds, 9);
    }

    [Fact]
    public void What_one_instance_computed_another_one_finds_in_a_shared_tier()
    {
        var shared = s_host with { Kind = KvTierKind.Shared, Name = "store" };
        var (records, summary) = Run(
            Engine(EngineKind.Vllm, blocks: 100, shared),
            mixed: 2,
            (0, Prompt(1, 4)),
            (10, Prompt(2, 90)),
            (10, Prompt(1, 4))
        );

        Assert.NotEqual(records[0].PrefillInstance, records[2].PrefillInstance);
        Assert.Equal(10.9, records[2].PrefillStart.Seconds, 9);
        Assert.Equal(10.911, records[2].PrefillFinish.Seconds, 9);
        Assert.Equal(("store", 4), (summary.KvTiers![0].Tier, summary.KvTiers[0].HitBlocks));
    }

    /// <summary>
    /// A store is read in 0.5 s and 0.1 s a block, the host's memory in 0.025 s a block. On a free instance blocks go through the host one after the other;
    /// where another request is computed for 1.451 s, the first of the two reads is over when it is the turn of the one that waits.
    /// </summary>
    [Theory]
    [InlineData(false, false, 10.9)]
    [InlineData(true, false, 10.9 + 0.1)]
    [InlineData(false, true, 11.451 + 0.9)]
    [InlineData(true, true, 11.451 + 0.1)]
    public void Blocks_come_nearer_while_a_request_waits(bool prefetch, bool waits, double start)
    {
        var host = s_host with { Write = KvTierWrite.OnEviction, BytesPerSecond = 640, LatencySeconds = 0 };
        var store = s_host with { Kind = KvTierKind.Shared, Name = "store", Prefetch = prefetch };
        var scenario = EngineScenarios.Cluster(
            s_times,
            Engine(EngineKind.Vllm, blocks: 100, host, store) with
            {
                MaxSequences = 1,
            },
            mixed: 2
        );
        scenario = scenario with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs"),
        };

        var (records, summary) = Run(
            scenario,
            (0, Prompt(1, 4)),
            (waits ? 10 : 5, Prompt(2, 90)),
            (waits ? 10 : 5, Prompt(3, 90)),
            (10, Prompt(1, 4))
        );

        Assert.NotEqual(records[0].PrefillInstance, records[3].PrefillInstance);
        Assert.Equal(start, records[3].PrefillStart.Seconds, 9);
        Assert.Equal(
            prefetch ? [("host", 4L), ("store", 4L)] : [("host", 0L), ("store", 4L)],
            summary.KvTiers!.Select(tier => (tier.Tier, tier.HitBlocks))
        );
        Assert.Equal(4, summary.PagedCache!.HitBlocks);
    }

    /// <summary>
    /// Eight blocks of the host: those of a conversation that goes on, of one that is over, and then four others. A request of unknown content takes all that is on
    /// the accelerator.
    /// </summary>
    [Theory]
    [InlineData(KvTierEviction.Lru, 0, 20.075)]
    [InlineData(KvTierEviction.Session, 4, 20.975)]
    public void A_conversation_that_goes_on_keeps_its_blocks(KvTierEviction eviction, int found, double start)
    {
        var host = s_host with { CapacityBlocks = 8, Eviction = eviction };
        PromptSegment[] said = [new(1, 65)];
        var answer = new PromptSegment(2, 1);
        var goesOn = new Conversation([
            new Turn(said, answer, [], 0),
            new Turn([.. said, answer, new(3, 15)], new(4, 1), [0], DelaySeconds: 20),
        ]);
        Conversation Of(long content) => new([new Turn([new(content, 65)], answer, [], 0)]);

        var (records, summary) = EngineScenarios.Run(
            EngineScenarios.Cluster(s_times, Engine(EngineKind.Vllm, blocks: 9, host), mixed: 1),
            [
                goesOn.Begin(0, SimTime.Zero),
                Of(5).Begin(2, SimTime.FromSeconds(5)),
                Of(6).Begin(3, SimTime.FromSeconds(10)),
                new RequestSpec(4, SimTime.FromSeconds(15), InputTokens: 140, OutputTokens: 1),
            ]
        );

        // The first turn takes 0.01 + 65 · 0.001 s, the second one follows 20 s later and reads its blocks in 0.5 + 4 · 0.1 s.
        Assert.Equal(start, records[1].PrefillStart.Seconds, 9);
        Assert.Equal(found, Assert.Single(summary.KvTiers!).HitBlocks);
    }

    [Fact]
    public void A_hosts_memory_is_of_its_instance_alone()
    {
        var (records, summary) = Run(
            Engine(EngineKind.Vllm, blocks: 100, s_host),
            mixed: 2,
            (0, Prompt(1, 4)),
            (10, Prompt(2, 90)),
            (10, Prompt(1, 4))
        );

        Assert.NotEqual(records[0].PrefillInstance, records[2].PrefillInstance);
        Assert.Equal(10, records[2].PrefillStart.Seconds, 9);
        Assert.Equal(0, Assert.Single(summary.KvTiers!).HitBlocks);
    }

    /// <summary>Two requests of 33 tokens that grow to 129 each, in twelve blocks: the second one is preempted with six whole blocks.</summary>
    [Theory]
    [InlineData(KvPreemption.Recompute, 3)]
    [InlineData(KvPreemption.Swap, 6)]
    public void What_is_swapped_out_is_written_at_once_and_read_back(KvPreemption preemption, int written)
    {
        var host = s_host with { BytesPerSecond = 1e9, LatencySeconds = 0, Write = KvTierWrite.OnEviction };
        var engine = Engine(EngineKind.Vllm, blocks: 12, host) with { Preemption = preemption };
        var (records, summary) = EngineScenarios.Run(
            EngineScenarios.Cluster(s_times, engine, mixed: 1),
            (0, 33, 97),
            (0, 33, 97)
        );

        Assert.Equal(1, records[1].Evictions);
        // What the first one has taken of them meanwhile is read, and written by then in either case; the others are still there.
        var tier = Assert.Single(summary.KvTiers!);
        Assert.Equal(3, tier.HitBlocks);
        Assert.Equal(written, tier.WrittenBytes / BlockTokens);
    }

    [Fact]
    public void A_decode_instance_swaps()
    {
        var host = s_host with { BytesPerSecond = 1e9, LatencySeconds = 0 };
        var engine = Engine(EngineKind.Vllm, blocks: 12, host) with { Preemption = KvPreemption.Swap };
        var swapping = EngineScenarios.Cluster(s_times, engine, prefill: 1, decode: 1);
        (double, int, int)[] requests = [(0, 33, 97), (0, 33, 97)];

        var (swapped, summary) = EngineScenarios.Run(swapping, requests);
        var (computed, _) = EngineScenarios.Run(
            EngineScenarios.Cluster(
                s_times,
                engine with
                {
                    KvTiers = null,
                    Preemption = KvPreemption.Recompute,
                },
                prefill: 1,
                decode: 1
            ),
            requests
        );

        Assert.Equal((1, 1), (swapped[1].Evictions, computed[1].Evictions));
        Assert.Equal(3, Assert.Single(summary.KvTiers!).HitBlocks);
        Assert.True(swapped[1].Finish < computed[1].Finish);
    }

    [Theory]
    [InlineData(KvTierKind.Host, 0)]
    [InlineData(KvTierKind.Shared, 4)]
    public void A_failure_loses_what_is_not_shared(KvTierKind kind, int found)
    {
        var tier = s_host with { Kind = kind, Name = kind == KvTierKind.Shared ? "store" : null };
        var scenario = EngineScenarios.Cluster(s_times, Engine(EngineKind.Vllm, 100, tier), mixed: 1) with
        {
            Fleet = new FleetPlan
            {
                StartSeconds = 1,
                Faults =
                [
                    new Fault
                    {
                        AtSeconds = 5,
                        Kind = FaultKind.Fail,
                        ForSeconds = 1,
                    },
                ],
            },
        };

        var (records, summary) = Run(scenario, (0, Prompt(1, 4)), (10, Prompt(1, 4)));

        Assert.Equal(found, Assert.Single(summary.KvTiers!).HitBlocks);
        Assert.Equal(found == 0 ? 10 : 10.9, records[1].PrefillStart.Seconds, 9);
    }

    /// <summary>Over a port that is wider than the store, and on which nothing else goes, nothing changes by a nanosecond.</summary>
    [Theory]
    [InlineData(KvTierWrite.Through)]
    [InlineData(KvTierWrite.OnEviction)]
    public void A_read_over_an_idle_KV_link_takes_what_it_takes_over_its_own(KvTierWrite write)
    {
        List<RequestRecord> Records(KvTierLink link)
        {
            var store = s_host with { Kind = KvTierKind.Shared, Name = "store", Write = write, Link = link };
            return Run(
                Contended(
                    EngineScenarios.Cluster(s_times, Engine(EngineKind.Vllm, blocks: 9, store), mixed: 1),
                    bytesPerSecond: 1e9
                ),
                (0, Prompt(1, 4)),
                (5, Prompt(2, 8)),
                (10, Prompt(1, 4)),
                (15, Prompt(2, 3))
            ).Records;
        }

        Assert.Equal(10.9, Records(KvTierLink.Kv)[2].PrefillStart.Seconds, 9);
        Assert.Equal(Records(KvTierLink.Own), Records(KvTierLink.Kv));
    }

    /// <summary>
    /// 64 bytes are written to a store from 0 on and the KV cache of 65 tokens leaves at 0.075 s by a port of 100 bytes/s. Over one link both get half of it: the blocks are there
    /// after 0.075 + 56.5 / 50 s, and what is left of the KV cache, 8.5 bytes, has the port alone.
    /// </summary>
    [Theory]
    [InlineData(KvTierLink.Own, 0.075 + 0.65)]
    [InlineData(KvTierLink.Kv, 0.075 + (56.5 / 50) + 0.085)]
    public void A_write_and_a_KV_cache_on_its_way_share_the_link(KvTierLink link, double arrived)
    {
        var store = s_host with { Kind = KvTierKind.Shared, Name = "store", Link = link };
        var scenario = EngineScenarios.Cluster(
            s_times,
            Engine(EngineKind.Vllm, blocks: 100, store),
            prefill: 1,
            decode: 1
        );
        scenario = Contended(scenario, bytesPerSecond: 100);
        var requests = new[] { (0.0, Prompt(1, 4)) };

        var (records, _) = Run(
            scenario with
            {
                DecodeInstances =
                [
                    .. scenario.DecodeInstances.Select(spec =>
                        spec with
                        {
                            Engine = spec.Engine! with { KvTiers = null },
                        }
                    ),
                ],
            },
            outputTokens: 2,
            requests
        );

        Assert.Equal(arrived, Assert.Single(records).TransferFinish.Seconds, 1e-6);
    }

    [Fact]
    public void A_failure_ends_reads()
    {
        var shared = s_host with { Kind = KvTierKind.Shared, Name = "store" };
        var scenario = EngineScenarios.Cluster(s_times, Engine(EngineKind.Vllm, 9, shared), mixed: 1) with
        {
            Fleet = new FleetPlan
            {
                StartSeconds = 1,
                Faults =
                [
                    new Fault
                    {
                        AtSeconds = 10.2,
                        Kind = FaultKind.Fail,
                        ForSeconds = 1,
                    },
                ],
            },
        };

        var (records, summary) = Run(scenario, (0, Prompt(1, 4)), (5, Prompt(2, 8)), (10, Prompt(1, 4)));

        // It reads anew when the instance has started again, 1 + 1 s after the failure.
        Assert.Equal(8, Assert.Single(summary.KvTiers!).HitBlocks);
        Assert.Equal(10.2 + 2 + 0.9, records[2].PrefillStart.Seconds, 9);
    }

    private static EngineSpec Engine(EngineKind kind, int blocks, params KvTierSpec[] tiers) =>
        new()
        {
            Kind = kind,
            KvBlocks = blocks + (kind == EngineKind.Vllm ? 1 : 0),
            BlockTokens = BlockTokens,
            AsyncScheduling = false,
            CapturedSizes = [],
            KvTiers = tiers,
        };

    /// <summary>A prompt of so many blocks with a name and one token more.</summary>
    private static long[] Prompt(int content, int blocks) =>
        [.. Enumerable.Range(0, blocks).Select(block => (content * 1000L) + block)];

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        EngineSpec engine,
        params (double Arrival, long[] Content)[] requests
    ) => Run(engine, mixed: 1, requests);

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        EngineSpec engine,
        int mixed,
        params (double Arrival, long[] Content)[] requests
    ) => Run(EngineScenarios.Cluster(s_times, engine, mixed: mixed), requests);

    private static Scenario Contended(Scenario scenario, double bytesPerSecond)
    {
        InstanceSpec[] Slow(IReadOnlyList<InstanceSpec> specs) =>
            [.. specs.Select(spec => spec with { KvLinkBytesPerSecond = bytesPerSecond })];
        return scenario with
        {
            PrefillInstances = Slow(scenario.PrefillInstances),
            DecodeInstances = Slow(scenario.DecodeInstances),
            MixedInstances = Slow(scenario.MixedInstances),
            Semantics = scenario.Semantics with { KvTransfer = KvTransfer.ContendedLinks },
        };
    }

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        params (double Arrival, long[] Content)[] requests
    ) => Run(scenario, outputTokens: 1, requests);

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        int outputTokens,
        params (double Arrival, long[] Content)[] requests
    ) =>
        EngineScenarios.Run(
            scenario,
            requests.Select(
                (request, id) =>
                    new RequestSpec(
                        id,
                        SimTime.FromSeconds(request.Arrival),
                        (request.Content.Length * BlockTokens) + 1,
                        outputTokens,
                        request.Content,
                        BlockTokens
                    )
            )
        );
}
