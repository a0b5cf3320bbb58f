using LlmSim.Clients;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Clients;

/// <summary>Conversations on an engine whose iterations take a second, worked out by hand.</summary>
public sealed class ConversationTests
{
    private static readonly PromptSegment s_question = new(1, 40);
    private static readonly PromptSegment s_answer = new(2, 24);
    private static readonly PromptSegment s_next = new(3, 20);

    [Fact]
    public void The_next_turn_finds_what_was_said_and_answered()
    {
        var (records, summary) = Run(
            new Turn([s_question], s_answer, [], 0),
            new Turn([s_question, s_answer, s_next], new PromptSegment(4, 10), [0], 5)
        );

        // 40 tokens and 23 of the answer were computed: three blocks of 16 are full. Of the second prompt's 84 tokens these are found.
        Assert.Equal(48, summary.PagedCache!.HitTokens);
        Assert.Equal(40 + 84, summary.PagedCache.PromptTokens);
        Assert.Equal(24, records[0].Finish.Seconds);
        Assert.Equal(24 + 5, records[1].Arrival.Seconds);
        Assert.Equal((0L, 1), (records[1].ConversationId!.Value, records[1].Turn));
        Assert.Equal(1, summary.Service!.Conversations);
    }

    [Fact]
    public void What_was_said_otherwise_is_not_found()
    {
        var (_, summary) = Run(
            new Turn([s_question], s_answer, [], 0),
            new Turn([new PromptSegment(9, 40), s_answer, s_next], new PromptSegment(4, 10), [0], 5)
        );

        Assert.Equal(0, summary.PagedCache!.HitTokens);
    }

    [Fact]
    public void A_turn_waits_for_all_that_it_joins()
    {
        var (records, _) = Run(
            new Turn([s_question], s_answer, [], 0),
            new Turn([s_question], new PromptSegment(5, 30), [0], 0),
            new Turn([s_question], new PromptSegment(6, 7), [0], 2),
            new Turn([s_next], new PromptSegment(7, 1), [1, 2], 1)
        );

        Assert.Equal(24, records[1].Arrival.Seconds);
        Assert.Equal(26, records[2].Arrival.Seconds);
        Assert.Equal(records[1].Finish.Seconds + 1, records[3].Arrival.Seconds);
        Assert.True(records[1].Finish > records[2].Finish);
    }

    [Fact]
    public void Without_an_answer_nothing_follows()
    {
        var (records, summary) = Run(
            [
                new Turn([s_question], s_answer, [], 0),
                new Turn([s_next], new PromptSegment(5, 30), [0], 0),
                new Turn([s_next], new PromptSegment(6, 7), [1], 2),
            ],
            new ClientBehavior { TotalPatience = Durations.Constant(25) }
        );

        Assert.Equal([Outcome.Finished, Outcome.TimedOut], records.Select(record => record.Outcome));
        Assert.Equal((1, 1L), (summary.Service!.ConversationsBrokenOff, summary.Service.TurnsNotSent));
        Assert.Equal(1, summary.TimedOut);
    }

    [Theory]
    [InlineData(1, "turn 1 waits for turn 1; allowed: a turn before it")]
    [InlineData(2, "turn 1 waits for turn 2; allowed: a turn before it")]
    public void A_turn_that_waits_for_itself_or_a_later_one_is_refused(int after, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            new Conversation([
                new Turn([s_question], s_answer, [], 0),
                new Turn([s_next], s_answer, [after], 0),
                new Turn([s_next], s_answer, [0], 0),
            ])
        );
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static (RequestRecord[] Records, RunSummary Summary) Run(params Turn[] turns) =>
        Run(turns, ClientBehavior.None);

    private static (RequestRecord[] Records, RunSummary Summary) Run(Turn[] turns, ClientBehavior clients)
    {
        var scenario = Scenarios.AbstractEngines(
            new IterationTimesModel(1),
            new EngineSpec { KvBlocks = 1000, PrefixCaching = true },
            mixed: 1
        );
        var records = new List<RequestRecord>();
        var summary = Simulator.Run(
            scenario with
            {
                Clients = clients,
            },
            [new Conversation(turns).Begin(0, SimTime.Zero)],
            records.Add,
            TestContext.Current.CancellationToken
        );
        return ([.. records.OrderBy(record => record.Id)], summary);
    }
}
