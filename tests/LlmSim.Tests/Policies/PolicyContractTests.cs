using LlmSim.Engine;
using LlmSim.Policies;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

/// <summary>What every policy must do, checked for each built-in one and each decision that it serves.</summary>
public sealed class PolicyContractTests
{
    private const int Rounds = 200;
    private const long HorizonNanoseconds = 10_000_000_000;

    private static readonly PolicyDecisions[] s_decisions =
    [
        PolicyDecisions.PrefillGlobal,
        PolicyDecisions.PrefillLocal,
        PolicyDecisions.DecodeGlobal,
        PolicyDecisions.DecodeLocal,
    ];

    public static TheoryData<string, PolicyDecisions> Served =>
        [
            .. PolicyCatalog
                .BuiltIn.All.SelectMany(_ => s_decisions, (policy, decision) => (policy, decision))
                .Where(pair => pair.policy.Decisions.HasFlag(pair.decision))
                .Select(pair => new TheoryDataRow<string, PolicyDecisions>(pair.policy.Name, pair.decision)),
        ];

    public static TheoryData<string, PolicyDecisions> ServedByOrder =>
        [
            .. Served.Where(row =>
                PolicyDecisions.Local.HasFlag(row.Data.Item2)
                && PolicyCatalog.BuiltIn.CreateLocal(row.Data.Item1, row.Data.Item2) is IOrderedLocalPolicy
            ),
        ];

    [Theory]
    [MemberData(nameof(Served))]
    public void A_choice_is_one_of_those_offered(string name, PolicyDecisions decision) =>
        Assert.All(
            Choices(name, decision),
            pair =>
                Assert.InRange(
                    pair.Choice,
                    decision == PolicyDecisions.PrefillGlobal ? GlobalContext.Reject : 0,
                    pair.Offered - 1
                )
        );

    [Theory]
    [MemberData(nameof(Served))]
    public void The_same_seed_makes_the_same_choices(string name, PolicyDecisions decision) =>
        Assert.Equal(Choices(name, decision), Choices(name, decision));

    [Theory]
    [MemberData(nameof(Served))]
    public void A_choice_does_not_depend_on_the_true_output_length(string name, PolicyDecisions decision) =>
        Assert.Equal(Choices(name, decision), Choices(name, decision, outputTokens: 2000));

    [Theory]
    [MemberData(nameof(ServedByOrder))]
    public void An_ordered_policy_chooses_the_smallest_key(string name, PolicyDecisions decision)
    {
        var policy = (IOrderedLocalPolicy)PolicyCatalog.BuiltIn.CreateLocal(name, decision);
        var world = new RandomStream(3, "world");
        for (var round = 0; round < Rounds; round++)
        {
            var (queue, now) = RandomQueue(world, outputTokens: 1);
            var keys = Array.ConvertAll(queue, request => policy.Key(new RequestView(request)));

            Assert.DoesNotContain(keys, double.IsNaN);
            Assert.Equal(Array.IndexOf(keys, keys.Min()), policy.Choose(queue, now, decision: decision));
        }
    }

    private static List<(int Offered, int Choice)> Choices(
        string name,
        PolicyDecisions decision,
        int outputTokens = 1
    )
    {
        var world = new RandomStream(3, "world");
        var random = Stream(seed: 4);
        var choose = PolicyDecisions.Global.HasFlag(decision)
            ? Route(PolicyCatalog.BuiltIn.CreateGlobal(name, decision))
            : Pick(PolicyCatalog.BuiltIn.CreateLocal(name, decision));
        return [.. Enumerable.Range(0, Rounds).Select(_ => choose())];

        Func<(int, int)> Route(IGlobalPolicy policy) =>
            () =>
            {
                var instances = RandomInstances(world);
                var request = Request(tokens: 1 + world.Next(1000), outputTokens: outputTokens);
                return (instances.Length, policy.Choose(instances, random, request, decision));
            };

        Func<(int, int)> Pick(ILocalPolicy policy) =>
            () =>
            {
                var (queue, now) = RandomQueue(world, outputTokens);
                return (queue.Length, policy.Choose(queue, now, random, decision));
            };
    }

    private static Instance[] RandomInstances(RandomStream world) =>
        [
            .. Enumerable
                .Range(0, 1 + world.Next(6))
                .Select(index =>
                    Instance(
                        index,
                        queued: world.Next(4),
                        running: world.Next(4),
                        work: world.Next(5),
                        capacity: 1000,
                        committed: world.Next(2000)
                    )
                ),
        ];

    // Few distinct values, so that there are ties.
    private static (Request[] Queue, long Now) RandomQueue(RandomStream world, int outputTokens)
    {
        var now = (long)(world.NextDouble() * HorizonNanoseconds);
        var queue = Enumerable
            .Range(0, 1 + world.Next(12))
            .Select(id =>
            {
                var arrival = now * world.Next(5) / 5;
                return Request(
                    id,
                    arrival: arrival,
                    queued: arrival + ((now - arrival) * world.Next(3) / 2),
                    prefill: world.Next(5) * HorizonNanoseconds / 10,
                    deadline: arrival + HorizonNanoseconds,
                    tokens: 1 + world.Next(5),
                    outputTokens: outputTokens
                );
            });
        return ([.. queue], now);
    }
}
