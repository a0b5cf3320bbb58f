using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>An instance that prefills one prompt of 10 tokens a second, one that decodes, and a mixed one.</summary>
public sealed class DeflectPolicyTests
{
    private const int Apart = 0;
    private const int Mixed = 1;

    [Theory]
    [InlineData("deflect:queue_seconds=1.5", new[] { Apart, Apart, Mixed, Mixed })]
    [InlineData("deflect:queue_seconds=0.5", new[] { Apart, Mixed, Mixed, Mixed })]
    [InlineData("deflect:queue_seconds=100", new[] { Apart, Apart, Apart, Apart })]
    [InlineData("deflect:queue_seconds=100,queue_requests=2", new[] { Apart, Apart, Mixed, Mixed })]
    [InlineData("deflect:queue_seconds=100,local_tokens=10", new[] { Mixed, Mixed, Mixed, Mixed })]
    [InlineData("deflect:queue_seconds=100,local_tokens=9", new[] { Apart, Apart, Apart, Apart })]
    public void Prompts_go_to_the_mixed_instance_when_the_queue_is_long_or_they_are_short(
        string policy,
        int[] expected
    ) => Assert.Equal(expected, Instances(policy, kvBlocks: 1000));

    /// <summary>Each prompt takes a block of three: two are above a half.</summary>
    [Fact]
    public void A_mixed_instance_without_room_gets_none() =>
        Assert.Equal(
            [Apart, Mixed, Mixed, Apart],
            Instances("deflect:queue_seconds=0.5,kv=0.5", kvBlocks: 3)
        );

    [Fact]
    public void Where_all_instances_are_of_one_kind_it_takes_the_first_token_first() =>
        Assert.Equal([0, 1, 0, 1], Instances("deflect", kvBlocks: 1000, prefill: 0, mixed: 2));

    /// <summary>Of the second turn of a session 16 tokens are new, of the first 64: the limit lies between them.</summary>
    [Theory]
    [InlineData("deflect:queue_seconds=100,local_tokens=63", new[] { Apart, Apart }, 0)]
    [InlineData("deflect:queue_seconds=100,local_tokens=64", new[] { Mixed, Mixed }, 2)]
    public void What_the_mixed_instance_has_of_a_prompt_does_not_count(
        string policy,
        int[] expected,
        long deflected
    )
    {
        var scenario = Scenarios.AbstractEngines(
            new IterationTimesModel(1, TrendIterations: 1000),
            new EngineSpec { MaxBatchedTokens = 100 },
            1,
            decode: 1,
            mixed: 1
        );
        var records = new List<RequestRecord>();
        var summary = Simulator.Run(
            scenario with
            {
                Policies = scenario.Policies with
                {
                    PrefillGlobal = PolicyCatalog.BuiltIn.CreateGlobal(policy, PolicyDecisions.PrefillGlobal),
                },
            },
            [
                new RequestSpec(0, SimTime.Zero, 64, 2, [1, 2, 3, 4], 16),
                new RequestSpec(1, SimTime.FromSeconds(100), 80, 2, [1, 2, 3, 4, 5], 16),
            ],
            records.Add
        );

        Assert.Equal(expected, records.OrderBy(record => record.Id).Select(record => record.PrefillInstance));
        Assert.Equal(deflected, summary.PolicyCounters["prefill_global.deflected_short"]);
        Assert.Equal(0, summary.PolicyCounters["prefill_global.deflected_queue"]);
    }

    private static IEnumerable<int> Instances(string policy, int kvBlocks, int prefill = 1, int mixed = 1)
    {
        var scenario = Scenarios.AbstractEngines(
            new IterationTimesModel(1, TrendIterations: 1000),
            new EngineSpec
            {
                KvBlocks = kvBlocks,
                PrefixCaching = false,
                MaxBatchedTokens = 10,
            },
            prefill,
            decode: prefill,
            mixed
        );
        var records = new List<RequestRecord>();
        Simulator.Run(
            scenario with
            {
                Policies = scenario.Policies with
                {
                    PrefillGlobal = PolicyCatalog.BuiltIn.CreateGlobal(policy, PolicyDecisions.PrefillGlobal),
                },
            },
            Enumerable.Range(0, 4).Select(id => new RequestSpec(id, SimTime.Zero, 10, 2)),
            records.Add
        );
        return records.OrderBy(record => record.Id).Select(record => record.PrefillInstance);
    }
}
