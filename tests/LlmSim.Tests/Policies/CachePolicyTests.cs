using LlmSim.Policies;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

/// <summary>Routing that knows what is cached: a token takes a second to prefill, and links carry 10 tokens/s.</summary>
public sealed class CachePolicyTests
{
    [Theory]
    [InlineData(0, 60, 1)] // Balanced: the longest prefix.
    [InlineData(200, 280, 1)] // Not 1.5 times as many.
    [InlineData(0, 80, 0)] // Unbalanced: the idlest.
    public void Prefix_affinity_follows_the_prefix_while_load_is_balanced(int least, int most, int expected)
    {
        Instance[] instances =
        [
            Instance(0, running: least, cached: 40),
            Instance(1, running: most, cached: 80),
        ];

        Assert.Equal(expected, Choose("prefix_affinity", instances));
    }

    [Fact]
    public void Prefix_affinity_does_not_follow_a_short_prefix()
    {
        Instance[] instances = [Instance(0, running: 1, cached: 30), Instance(1, running: 0)];

        Assert.Equal(1, Choose("prefix_affinity", instances));
        Assert.Equal(0, Choose("prefix_affinity:min_match=0.2", instances));
    }

    [Fact]
    public void Kv_aware_weighs_what_is_to_be_computed_against_what_is_held()
    {
        Instance[] instances = [Instance(0, committed: 100, cached: 80), Instance(1, committed: 50)];

        // 20 + 100 against 100 + 50, and 20 + 200 against 100 + 100.
        Assert.Equal(0, Choose("kv_aware", instances));
        Assert.Equal(1, Choose("kv_aware:weight=2", instances));
    }

    [Fact]
    public void The_conductor_minds_queue_prefill_and_transfer()
    {
        Instance[] instances =
        [
            Instance(0, work: 95, cached: 60),
            Instance(1, work: 30),
            Instance(2, work: 70),
        ];
        var policy = Conductor("conductor");

        // Here: 95 + 40; there: 30 + 6 for the transfer + 40; without transfer 30 + 100.
        Assert.Equal(1, policy.Choose(instances, request: Request(tokens: 100)));
        Assert.Equal(0, policy.FetchFrom(default, 1));

        var local = Conductor("conductor:transfer=false");
        Assert.Equal(1, local.Choose(instances, request: Request(tokens: 100)));
        Assert.Equal(1, local.FetchFrom(default, 1));
    }

    [Fact]
    public void The_conductor_turns_away_what_would_be_late()
    {
        var late = Request(tokens: 100, deadline: 99_000_000_000);

        Assert.Equal(GlobalContext.Reject, Conductor("conductor").Choose([Instance(0)], request: late));
        Assert.Equal(0, Conductor("conductor:reject=false").Choose([Instance(0)], request: late));
    }

    [Fact]
    public void Vllm_front_weighs_waiting_requests_four_times_and_takes_turns()
    {
        var policy = PolicyCatalog.BuiltIn.CreateGlobal("vllm_front", PolicyDecisions.PrefillGlobal);

        Assert.Equal(1, policy.Choose([Instance(0, queued: 1), Instance(1, running: 3)]));
        Instance[] equal = [Instance(0, running: 2), Instance(1, running: 2), Instance(2, running: 2)];
        Assert.Equal([2, 0, 1, 2], Enumerable.Range(0, 4).Select(_ => policy.Choose(equal)));
    }

    private static int Choose(string policy, Instance[] instances) =>
        PolicyCatalog
            .BuiltIn.CreateGlobal(policy, PolicyDecisions.PrefillGlobal)
            .Choose(instances, request: Request(tokens: 100));

    private static IPrefixFetchingPolicy Conductor(string text) =>
        (IPrefixFetchingPolicy)PolicyCatalog.BuiltIn.CreateGlobal(text, PolicyDecisions.PrefillGlobal);
}
