using LlmSim.Kernel;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class ConversationStatisticsTests
{
    [Fact]
    public void Figures_are_those_by_hand()
    {
        // Two chats with one system prompt of 10 tokens, of two turns and of one.
        var first = new Conversation([
            new Turn([new(1, 10), new(2, 5)], new(3, 7), [], 0),
            new Turn([new(1, 10), new(2, 5), new(3, 7), new(4, 8)], new(5, 1), [0], 4),
        ]);
        var second = new Conversation([new Turn([new(1, 10), new(6, 20)], new(7, 2), [], 0)]);
        var statistics = WorkloadStatistics.Compute([
            first.Begin(0, SimTime.Zero),
            second.Begin(2, SimTime.FromSeconds(2)),
            new RequestSpec(3, SimTime.FromSeconds(4), 100, 9),
        ]);

        Assert.Equal(4, statistics.Requests);
        Assert.Equal((15 + 30 + 30 + 100) / 4.0, statistics.Input.Mean);
        Assert.Equal((7 + 1 + 2 + 9) / 4.0, statistics.Output.Mean);
        Assert.Equal(0.5, statistics.RatePerSecond);
        var conversations = statistics.Conversations!;
        Assert.Equal(2, conversations.Conversations);
        Assert.Equal(1.5, conversations.Turns.Mean);
        Assert.Equal(4, conversations.PauseMeanSeconds);
        // 22 of the second turn's 30, and 10 of the other chat's 30, of 75 tokens in all.
        Assert.Equal(32 / 75.0, conversations.SaidBeforeShare);
    }

    [Fact]
    public void A_workload_without_conversations_has_no_figures_of_them()
    {
        var statistics = WorkloadStatistics.Compute([new RequestSpec(0, SimTime.Zero, 100, 9)]);

        Assert.Null(statistics.Conversations);
        Assert.DoesNotContain(
            statistics.ToRows(),
            row => row.Name.StartsWith("turns", StringComparison.Ordinal)
        );
    }
}
