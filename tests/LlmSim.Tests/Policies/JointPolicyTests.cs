using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>Policies that choose the prefill and the decode instance at once.</summary>
public sealed class JointPolicyTests
{
    /// <summary>On clusters of every kind, whatever the way of KV caches.</summary>
    [Fact]
    public void Both_choices_at_once_are_the_same_as_one_after_the_other()
    {
        var decoded = 0;
        for (var seed = 1; seed <= 150; seed++)
        {
            var cluster = new RandomCluster(seed);
            var apart = Run(cluster.NewScenario(), new ById(), new ById(), cluster.Requests);
            var together = Run(cluster.NewScenario(), new BothById(), new NeverAsked(), cluster.Requests);
            Assert.Equal(apart, together);
            decoded += apart.Count(record => record.DecodeInstance != record.PrefillInstance);
        }

        Assert.True(decoded > 1000, $"{decoded}");
    }

    /// <summary>The decode instance that was chosen has failed by the time that the first token comes.</summary>
    [Fact]
    public void Decode_global_is_asked_when_the_chosen_instance_is_not_ready()
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(1, 1), decodeInstances: 3) with
        {
            Fleet = new FleetPlan
            {
                Faults =
                [
                    new Fault
                    {
                        AtSeconds = 5,
                        Kind = FaultKind.Fail,
                        Stage = "decode",
                        Instance = 1,
                    },
                ],
            },
        };
        RequestSpec[] requests = [new(0, SimTime.Zero, 3, 2), new(1, SimTime.Zero, 3, 2)];
        var records = Run(scenario, new Fixed(1), new Fixed(1), requests);

        // The first is there before the failure. Of the two that are left decode_global takes the second.
        Assert.Equal([1, 2], records.OrderBy(record => record.Id).Select(record => record.DecodeInstance));
    }

    [Fact]
    public void A_position_that_is_not_offered_is_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Run(
                Scenarios.Abstract(new ServiceTimes(1, 1), decodeInstances: 2),
                new Fixed(2),
                new NeverAsked(),
                [new RequestSpec(0, SimTime.Zero, 3, 2)]
            )
        );
        Assert.Equal(
            "policy Fixed: at 0 s it sent request 0 to position 2, but there are 2 instances",
            error.Message
        );
    }

    /// <summary>100 tokens take 10 s into the second decode instance and no time into the first; memory for 1,000 counts as 90 s.</summary>
    [Fact]
    public void Joint_weighs_the_link_against_the_memory_in_use()
    {
        var scenario = Scenarios.Abstract(
            new ServiceTimes(1e-6, 1000),
            decodeInstances: 2,
            kvCapacityTokens: 1000
        );
        var slow = scenario.DecodeInstances[1] with { KvLinkBytesPerSecond = 10 };
        var records = Run(
            scenario with
            {
                DecodeInstances = [scenario.DecodeInstances[0], slow],
            },
            PolicyCatalog.BuiltIn.CreateGlobal("joint:kv_seconds=90", PolicyDecisions.PrefillGlobal),
            new NeverAsked(),
            [.. Enumerable.Range(0, 3).Select(id => new RequestSpec(id, SimTime.FromSeconds(id), 100, 5))]
        );

        // 0 or 10 s; 9 or 10 s; 18 or 10 s.
        Assert.Equal([0, 0, 1], records.OrderBy(record => record.Id).Select(record => record.DecodeInstance));
    }

    private static List<RequestRecord> Run(
        Scenario scenario,
        IGlobalPolicy prefill,
        IGlobalPolicy decode,
        IReadOnlyList<RequestSpec> requests
    )
    {
        var records = new List<RequestRecord>();
        Simulator.Run(
            scenario with
            {
                Policies = scenario.Policies with { PrefillGlobal = prefill, DecodeGlobal = decode },
            },
            requests,
            records.Add,
            TestContext.Current.CancellationToken
        );
        return records;
    }

    private static int Hash(in GlobalContext context) =>
        (int)(context.Request.Id * 7 % 11 % context.Instances.Count);

    private sealed class ById : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => Hash(context);
    }

    private sealed class BothById : IJointPolicy
    {
        public int Choose(in GlobalContext context) => Hash(context);

        public JointChoice ChooseBoth(in GlobalContext prefill, in GlobalContext decode) =>
            new(Hash(prefill), Hash(decode));
    }

    private sealed class Fixed(int decode) : IJointPolicy
    {
        public int Choose(in GlobalContext context) =>
            context.Decision == PolicyDecisions.PrefillGlobal ? 0 : decode;

        public JointChoice ChooseBoth(in GlobalContext prefill, in GlobalContext decodeContext) =>
            new(0, decode);
    }

    private sealed class NeverAsked : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) =>
            throw new InvalidOperationException("the choice was made");
    }
}
