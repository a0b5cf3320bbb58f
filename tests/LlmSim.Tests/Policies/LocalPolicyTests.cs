using LlmSim.Policies;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

public sealed class LocalPolicyTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Fcfs_goes_by_arrival_and_longest_wait_by_joining_the_queue()
    {
        Request[] queue = [Request(0, arrival: 2, queued: 3), Request(1, arrival: 1, queued: 4)];

        Assert.Equal(1, Create("fcfs").Choose(queue));
        Assert.Equal(0, Create("longest_wait").Choose(queue));
    }

    [Fact]
    public void Shortest_counts_the_whole_context_and_takes_the_first_of_equals()
    {
        var decoded = Request(0, tokens: 5);
        decoded.DecodedTokens = 10;

        Assert.Equal(1, Create("shortest").Choose([decoded, Request(1, tokens: 9), Request(2, tokens: 9)]));
    }

    [Fact]
    public void Edf_goes_by_deadline_even_when_it_has_passed() =>
        Assert.Equal(1, Create("edf").Choose([Request(deadline: 9), Request(deadline: 3)], now: 5));

    [Theory]
    [InlineData(8, 10, 0)] // ratios (8 + 1) / 1 = 9 and (10 + 2) / 2 = 6
    [InlineData(2, 10, 1)] // ratios (2 + 1) / 1 = 3 and (10 + 2) / 2 = 6
    [InlineData(5, 10, 0)] // both are 6
    public void Hrrn_prefers_the_short_until_the_long_has_waited(long waitShort, long waitLong, int expected)
    {
        var now = 20 * Second;
        Request[] queue =
        [
            Request(queued: now - (waitShort * Second), prefill: Second),
            Request(queued: now - (waitLong * Second), prefill: 2 * Second),
        ];

        Assert.Equal(expected, Create("hrrn").Choose(queue, now));
    }

    [Fact]
    public void Hrrn_takes_a_prefill_of_no_time_for_one_of_a_clock_tick() =>
        Assert.Equal(1, Create("hrrn").Choose([Request(prefill: 9), Request(prefill: 0)], now: 5));

    private static ILocalPolicy Create(string name) =>
        PolicyCatalog.BuiltIn.CreateLocal(name, PolicyDecisions.PrefillLocal);
}
