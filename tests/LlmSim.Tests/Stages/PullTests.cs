using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Batching;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Stages;

/// <summary>KV caches that the decode instance fetches: one byte a token, 100 bytes/s, iterations of half a second.</summary>
public sealed class PullTests
{
    private const double Latency = 0.25;

    [Fact]
    public void An_idle_instance_fetches_at_once()
    {
        var records = Run(KvTransfer.ContendedLinksPull, 256, Spec(0, 0, 100, 2)).Records;

        Assert.Equal(0.5 + 1 + Latency, records[0].TransferFinish.Seconds, 1e-6);
    }

    [Theory]
    [InlineData(KvTransfer.ContendedLinks, 2.5)]
    // 1.75 + 2 · 0.5: the iteration after the one in which the prefill has ended.
    [InlineData(KvTransfer.ContendedLinksPull, 2.75)]
    public void A_busy_one_fetches_between_two_iterations(KvTransfer kind, double begin)
    {
        var records = Run(kind, 256, Spec(0, 0, 100, 40), Spec(1, 2, 100, 2)).Records;

        Assert.Equal(1.75, records[0].TransferFinish.Seconds, 1e-6);
        Assert.Equal(2.5, records[1].PrefillFinish.Seconds, 1e-6);
        Assert.Equal(begin + 1 + Latency, records[1].TransferFinish.Seconds, 1e-6);
    }

    [Fact]
    public void A_full_batch_fetches_when_a_request_has_left()
    {
        var records = Run(KvTransfer.ContendedLinksPull, 1, Spec(0, 0, 100, 8), Spec(1, 2, 100, 2)).Records;

        Assert.Equal(1.75 + (7 * 0.5), records[0].Finish.Seconds, 1e-6);
        Assert.Equal(records[0].Finish.Seconds + 1 + Latency, records[1].TransferFinish.Seconds, 1e-6);
    }

    [Theory]
    [InlineData(KvTransfer.ContendedLinks, 64 + 128)]
    [InlineData(KvTransfer.ContendedLinksPull, 64 + 64)]
    public void The_second_turn_of_a_session_fetches_new_blocks_alone(KvTransfer kind, long bytes)
    {
        var (records, delivered) = Run(
            kind,
            256,
            new RequestSpec(0, SimTime.Zero, 64, 4, [1, 2, 3, 4], 16),
            new RequestSpec(1, SimTime.FromSeconds(10), 128, 4, [1, 2, 3, 4, 5, 6, 7, 8], 16)
        );

        Assert.Equal(bytes, delivered);
        Assert.Equal(10.5, records[1].PrefillFinish.Seconds, 1e-6);
        Assert.Equal(10.5 + ((bytes - 64) / 100.0) + Latency, records[1].TransferFinish.Seconds, 1e-6);
    }

    [Fact]
    public void A_prompt_that_is_there_whole_fetches_the_block_of_its_last_token()
    {
        var (_, delivered) = Run(
            KvTransfer.ContendedLinksPull,
            256,
            new RequestSpec(0, SimTime.Zero, 64, 4, [1, 2, 3, 4], 16),
            new RequestSpec(1, SimTime.FromSeconds(10), 64, 4, [1, 2, 3, 4], 16)
        );

        Assert.Equal(64 + 16, delivered);
    }

    private static RequestSpec Spec(int id, double arrival, int input, int output) =>
        new(id, SimTime.FromSeconds(arrival), input, output);

    private static (List<RequestRecord> Records, long Bytes) Run(
        KvTransfer kind,
        int places,
        params RequestSpec[] requests
    )
    {
        var scenario = EngineScenarios.Cluster(
            new IterationTimesModel(0.5),
            new EngineSpec
            {
                MaxBatchedTokens = 200,
                MaxSequences = places,
                AsyncScheduling = false,
            },
            prefill: 1,
            decode: 1
        );
        InstanceSpec[] Slow(IReadOnlyList<InstanceSpec> specs) =>
            [
                .. specs.Select(spec =>
                    spec with
                    {
                        KvLinkBytesPerSecond = 100,
                        KvLinkLatencySeconds = Latency,
                    }
                ),
            ];
        scenario = scenario with
        {
            PrefillInstances = Slow(scenario.PrefillInstances),
            DecodeInstances = Slow(scenario.DecodeInstances),
            Semantics = scenario.Semantics with { KvTransfer = kind },
        };
        var records = new List<RequestRecord>();
        var cluster = new Cluster(scenario, requests, Recorders.For(scenario, records.Add), 4096);
        cluster.Run(TestContext.Current.CancellationToken);
        return ([.. records.OrderBy(record => record.Id)], cluster.Network.DeliveredBytes);
    }
}
