using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Batching;
using LlmSim.Tests.Policies;
using LlmSim.Transfers;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Stages;

/// <summary>Ranks with ports of their own, which send and receive their parts of a KV cache side by side.</summary>
public sealed class RankShareTests
{
    /// <summary>Each receiving rank asks for each head that it holds; of the ranks that have it, the one with the least to send answers.</summary>
    [Fact]
    public void The_busiest_ports_carry_what_rank_by_rank_counting_says()
    {
        var cases = 0;
        int[] sizes = [1, 2, 4, 8, 16, 32];
        foreach (var heads in sizes)
        foreach (var source in sizes)
        foreach (var destination in sizes)
        {
            var sent = new double[source];
            var received = new double[destination];
            for (var rank = 0; rank < destination; rank++)
            {
                foreach (var head in Held(heads, destination, rank))
                {
                    var from = Enumerable
                        .Range(0, source)
                        .Where(other => Held(heads, source, other).Contains(head))
                        .MinBy(other => sent[other]);
                    sent[from] += 1.0 / heads;
                    received[rank] += 1.0 / heads;
                }
            }

            var shares = RankShares.Of(heads, Ranks(source), Ranks(destination));
            Assert.Equal(sent.Max(), shares.Source, 1e-12);
            Assert.Equal(received.Max(), shares.Destination, 1e-12);
            cases++;
        }

        Assert.Equal(216, cases);
    }

    [Theory]
    // One port at either end: as without ranks.
    [InlineData(8, false, 2, false, 4, 1)]
    // Two ports send halves.
    [InlineData(8, true, 2, true, 2, 0.5)]
    // Of another size at either end: the two ranks of the smaller side are the limit.
    [InlineData(8, true, 2, true, 4, 0.5)]
    [InlineData(8, true, 4, true, 2, 0.5)]
    [InlineData(8, true, 4, true, 8, 0.25)]
    // One port sends all, four receive: the one is the limit.
    [InlineData(8, false, 2, true, 4, 1)]
    // Two heads on four ranks: each head goes to two ranks.
    [InlineData(2, true, 2, true, 4, 1)]
    [InlineData(2, true, 4, true, 4, 0.5)]
    // Latent attention: every rank gets all.
    [InlineData(1, true, 4, true, 4, 1)]
    [InlineData(1, true, 2, true, 4, 2)]
    [InlineData(1, true, 4, true, 2, 1)]
    [InlineData(1, false, 4, true, 4, 4)]
    public void A_transfer_takes_as_long_as_its_busiest_port(
        int heads,
        bool sourceHasPorts,
        int sourceTp,
        bool destinationHasPorts,
        int destinationTp,
        double share
    )
    {
        var scenario = EngineScenarios.Cluster(
            new IterationTimesModel(0.5),
            new EngineSpec { AsyncScheduling = false, KvBlocks = 1000 },
            prefill: 1,
            decode: 1
        );
        InstanceSpec[] Of(IReadOnlyList<InstanceSpec> specs, bool hasPorts, int tp) =>
            [
                .. specs.Select(spec =>
                    spec with
                    {
                        TpSize = tp,
                        KvLinkBytesPerSecond = 100,
                        KvLinkLatencySeconds = 0.25,
                        KvLinkPerRank = hasPorts,
                    }
                ),
            ];
        scenario = scenario with
        {
            Model = scenario.Model with
            {
                HiddenSize = 32,
                IntermediateSize = 32,
                VocabularySize = 32,
                Attention = scenario.Model.Attention with { Heads = 32, KvHeads = heads },
            },
            PrefillInstances = Of(scenario.PrefillInstances, sourceHasPorts, sourceTp),
            DecodeInstances = Of(scenario.DecodeInstances, destinationHasPorts, destinationTp),
            Semantics = scenario.Semantics with { KvTransfer = KvTransfer.ContendedLinks },
        };
        var records = new List<RequestRecord>();
        var cluster = new Cluster(
            scenario,
            [new RequestSpec(0, SimTime.Zero, 100, 2)],
            Recorders.For(scenario, records.Add),
            4096
        );
        cluster.Run(TestContext.Current.CancellationToken);

        var bytes = cluster.Network.DeliveredBytes;
        Assert.Equal(0.5 + 0.25 + (bytes * share / 100), Assert.Single(records).TransferFinish.Seconds, 1e-6);
    }

    /// <summary>A quarter of one and a half of the other come in by the busiest port, which has 100 bytes/s.</summary>
    [Fact]
    public void Transfers_over_one_port_advance_alike_whatever_part_of_them_it_carries()
    {
        var destination = new Link(100);
        Flow[] flows =
        [
            .. new[] { 0.25, 0.5 }.Select(share => new KvFlow(
                new Request(),
                1000,
                PolicyWorld.Instance(0),
                PolicyWorld.Instance(1),
                () => { }
            )
            {
                Egress = new Link(1e9),
                Ingress = destination,
                LatencySeconds = 0,
                Shares = new(1, share),
            }),
        ];

        MaxMinFairness.Share(flows);

        Assert.All(flows, flow => Assert.Equal(100 / 0.75, flow.BytesPerSecond, 1e-9));
    }

    private static IEnumerable<int> Held(int heads, int ranks, int rank) =>
        ranks <= heads ? Enumerable.Range(rank * (heads / ranks), heads / ranks) : [rank / (ranks / heads)];

    private static InstanceSpec Ranks(int tp) =>
        EngineScenarios
            .Cluster(new IterationTimesModel(1), new EngineSpec(), prefill: 1, decode: 1)
            .PrefillInstances[0] with
        {
            TpSize = tp,
            KvLinkPerRank = true,
        };
}
