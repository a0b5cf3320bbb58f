using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Prefix caching and cache-aware routing on the recorded hour of a real service, where it is at hand.</summary>
public sealed class MooncakeTraceTests
{
    private const int BlockTokens = 512;
    private static readonly IterationTimesModel s_times = new(0.005, 3e-5, 1e-9, 1e-9);

    [Theory]
    [InlineData(1_000_000_000L, 0.3660)]
    [InlineData(50_000_000L, 0.3631)]
    [InlineData(3_000_000L, 0.1357)]
    public void One_pool_finds_as_many_blocks_as_published(long poolTokens, double expected)
    {
        var engine = new EngineSpec { BlockTokens = BlockTokens, KvBlocks = (int)(poolTokens / BlockTokens) };
        var cluster = EngineScenarios.Cluster(s_times, engine, prefill: 1) with
        {
            DecodeInstances = Scenarios.Abstract(s_times).DecodeInstances,
        };
        var summary = Simulator.Run(cluster, Requests());

        Assert.Equal(expected, summary.PagedCache!.BlockHitPercent / 100, 0.0005);
    }

    /// <summary>Whatever the pool above, a tier without limits in space and time finds what an unlimited pool does.</summary>
    [Theory]
    [InlineData(KvTierWrite.OnEviction)]
    [InlineData(KvTierWrite.Through)]
    public void A_pool_over_an_unlimited_tier_finds_as_many_blocks_as_an_unlimited_pool(KvTierWrite write)
    {
        var engine = new EngineSpec
        {
            BlockTokens = BlockTokens,
            KvBlocks = 3_000_000 / BlockTokens,
            KvTiers =
            [
                new KvTierSpec
                {
                    Kind = KvTierKind.Host,
                    BytesPerSecond = 1e18,
                    Write = write,
                },
            ],
        };
        var cluster = EngineScenarios.Cluster(s_times, engine, prefill: 1) with
        {
            DecodeInstances = Scenarios.Abstract(s_times).DecodeInstances,
        };
        var summary = Simulator.Run(cluster, Requests());

        Assert.Equal(0.3660, summary.PagedCache!.BlockHitPercent / 100, 0.0005);
    }

    [Fact]
    public void The_more_a_router_knows_of_the_cache_the_sooner_the_first_token()
    {
        var policies = new[]
        {
            "conductor:reject=false",
            "conductor:reject=false,transfer=false",
            "lowest_load",
            "random",
        };
        var seconds = policies.Select(policy => Run(policy).TtftSeconds.Mean).ToArray();

        Assert.Equal(seconds.Order(), seconds);
    }

    private static RunSummary Run(string policy)
    {
        IReadOnlyList<InstanceSpec> instances =
        [
            .. Scenarios
                .Instances("NVIDIA_A800_80G_SXM", tp: 8, count: 8)
                .Select(spec => spec with { Engine = new EngineSpec { BlockTokens = BlockTokens } }),
        ];
        var cluster = Scenarios.Default() with
        {
            PrefillInstances = instances,
            DecodeInstances = instances,
            Semantics = Semantics.Standard with { KvTransfer = KvTransfer.ContendedLinks },
            Policies = PolicyCatalog.BuiltIn.CreateSet(policy, "fcfs", "lowest_load", "fcfs"),
        };
        return Simulator.Run(cluster, ArrivalProcess.Poisson.Apply(Requests().Take(6000), 6, 2025));
    }

    private static IEnumerable<RequestSpec> Requests()
    {
        var path = SharedFiles.Require("traces/mooncake_conversation.jsonl");
        using var stream = File.OpenRead(path);
        foreach (var request in TraceReader.Read(stream, path, readHashIds: true))
        {
            yield return request;
        }
    }
}
