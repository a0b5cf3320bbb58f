using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Tests.Batching;
using LlmSim.Tests.Policies;
using LlmSim.Transfers;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Stages;

/// <summary>KV caches that are sent to decode and prefixes that are fetched for a prefill leave by the same link.</summary>
public sealed class OneNetworkTests
{
    private const double BytesPerSecond = 100;

    [Theory]
    [InlineData(KvTransfer.SharedLink)]
    [InlineData(KvTransfer.ContendedLinks)]
    public void A_fetched_prefix_and_a_KV_cache_on_its_way_share_the_link(KvTransfer kind)
    {
        var (records, network) = Run(kind, fetch: true);

        // The cache of 200 bytes leaves from 1.001 s on; 100.1 of them are left when the prefix of 64 comes beside it at 2 s.
        // Both get 50 bytes/s until the prefix is there after 64 / 50 s; the other 36.1 bytes then have the link alone.
        var fetched = 2 + (64 / 50.0);
        Assert.Equal(fetched, records[2].PrefillStart.Seconds, 1e-6);
        Assert.Equal(fetched + 0.361, records[1].TransferFinish.Seconds, 1e-6);
        // Every byte of two caches and a prefix has arrived.
        Assert.Equal(64 + 200 + 64, network.DeliveredBytes);
    }

    [Theory]
    [InlineData(KvTransfer.SharedLink)]
    [InlineData(KvTransfer.ContendedLinks)]
    public void Without_a_fetch_a_KV_cache_has_the_link_alone(KvTransfer kind)
    {
        var (records, network) = Run(kind, fetch: false);

        Assert.Equal(2, records[2].PrefillStart.Seconds, 1e-6);
        Assert.Equal(3.001, records[1].TransferFinish.Seconds, 1e-6);
        Assert.Equal(64 + 200, network.DeliveredBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public void Equal_transfers_at_once_take_as_many_times_as_long(int count)
    {
        var simulation = new Simulation();
        var network = new FairNetwork(simulation);
        var source = PolicyWorld.Instance(kvLinkBytesPerSecond: BytesPerSecond, kvLinkLatencySeconds: 0.25);
        var ends = new List<double>();
        for (var i = 0; i < count; i++)
        {
            network.Start(
                new Request(),
                1000,
                source,
                destination: null,
                () => ends.Add(simulation.Now.Seconds)
            );
        }

        simulation.Run();

        Assert.Equal(count, ends.Count);
        Assert.All(ends, end => Assert.Equal(0.25 + (count * 1000 / BytesPerSecond), end, 1e-6));
        network.RequireEmpty();
    }

    [Fact]
    public void A_link_by_itself_is_the_closed_form_of_the_network()
    {
        var random = new RandomStream(5, "prompts");
        var seconds = 0.0;
        RequestSpec[] requests =
        [
            .. Enumerable
                .Range(0, 400)
                .Select(id => new RequestSpec(
                    id,
                    SimTime.FromSeconds(seconds += random.NextDouble()),
                    1 + random.Next(150),
                    1 + random.Next(20)
                )),
        ];
        var apart = Transfers(new RoundRobinPolicy());
        var network = Transfers(new NeverFetching());

        Assert.Contains(apart, seconds => seconds > 2);
        Assert.All(apart.Zip(network), pair => Assert.Equal(pair.First, pair.Second, 1e-6));

        double[] Transfers(IGlobalPolicy policy)
        {
            var scenario = AbstractScenario.Of(new ServiceTimes(1e-3, 1e-3), prefillInstances: 2);
            var (records, _) = EngineScenarios.Run(
                scenario with
                {
                    PrefillInstances = [.. scenario.PrefillInstances.Select(WithSlowLink)],
                    Policies = scenario.Policies with { PrefillGlobal = policy },
                },
                requests
            );
            return [.. records.Select(record => record.TransferSeconds)];
        }
    }

    /// <summary>Two prefill engines and a decode engine; the third request is prefilled where its prefix is not.</summary>
    private static (List<RequestRecord> Records, FairNetwork Network) Run(KvTransfer kind, bool fetch)
    {
        var scenario = AbstractScenario.OfEngines(
            new IterationTimesModel(SecondsPerIteration: 1e-3),
            new EngineSpec { AsyncScheduling = false, CapturedSizes = [] },
            prefill: 2,
            decode: 1
        );
        scenario = scenario with
        {
            PrefillInstances = [.. scenario.PrefillInstances.Select(WithSlowLink)],
            DecodeInstances = [.. scenario.DecodeInstances.Select(WithSlowLink)],
            Semantics = scenario.Semantics with { KvTransfer = kind },
            Policies = scenario.Policies with { PrefillGlobal = new ThirdElsewhere(fetch) },
        };
        RequestSpec[] requests =
        [
            new(0, SimTime.Zero, 64, 2, [1, 2, 3, 4], 16),
            new(1, SimTime.FromSeconds(1), 200, 2, [.. Enumerable.Range(10, 13)], 16),
            // Its only token comes from the prefill: nothing of it is sent.
            new(2, SimTime.FromSeconds(2), 80, 1, [1, 2, 3, 4, 5], 16),
        ];
        var records = new List<RequestRecord>();
        var cluster = new Cluster(scenario, requests, Recorders.For(scenario, records.Add), 4096);
        cluster.Run(TestContext.Current.CancellationToken);
        return ([.. records.OrderBy(record => record.Id)], cluster.Network);
    }

    private static InstanceSpec WithSlowLink(InstanceSpec spec) =>
        spec with
        {
            KvLinkBytesPerSecond = BytesPerSecond,
        };

    private sealed class ThirdElsewhere(bool fetch) : IPrefixFetchingPolicy
    {
        public int Choose(in GlobalContext context) => context.Request.Id == 2 ? 1 : 0;

        public int FetchFrom(in GlobalContext context, int chosen) => fetch ? 0 : chosen;
    }

    private sealed class NeverFetching : IPrefixFetchingPolicy
    {
        private readonly RoundRobinPolicy _routes = new();

        public int Choose(in GlobalContext context) => _routes.Choose(context);

        public int FetchFrom(in GlobalContext context, int chosen) => chosen;
    }
}
