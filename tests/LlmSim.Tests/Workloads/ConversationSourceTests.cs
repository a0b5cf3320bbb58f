using LlmSim.Experiments.Workloads;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Generators of conversations.</summary>
public sealed class ConversationSourceTests
{
    private const int Many = 3_000;

    [Fact]
    public void A_chat_has_the_turns_lengths_and_pauses_of_its_defaults()
    {
        var conversations = Of("chat", Many);
        var turns = conversations.SelectMany(conversation => conversation.Turns).ToArray();

        // Four standard errors; a long message's weight is mostly in its tail.
        Assert.Equal(2.52, turns.Length / (double)Many, 4 * 1.96 / Math.Sqrt(Many));
        Assert.Equal(441.34, turns.Average(turn => turn.Output.Tokens), 4 * 411 / Math.Sqrt(turns.Length));
        Assert.Equal(295.58, turns.Average(NewTokens), 4 * 1609 / Math.Sqrt(turns.Length));
        var pauses = turns.Where(turn => turn.After.Count > 0).Select(turn => turn.DelaySeconds).ToArray();
        Assert.Equal(0.8, pauses.Count(pause => pause < 600) / (double)pauses.Length, 0.03);
    }

    [Fact]
    public void A_prompt_is_all_that_was_said_and_waits_for_the_turn_before()
    {
        foreach (var conversation in Of("chat:turns=5,turns_dist=fixed,system=100,systems=3", 20))
        {
            Assert.Equal(5, conversation.Turns.Count);
            for (var i = 1; i < 5; i++)
            {
                var (before, turn) = (conversation.Turns[i - 1], conversation.Turns[i]);
                Assert.Equal([i - 1], turn.After);
                Assert.Equal(before.Prompt.Append(before.Output), turn.Prompt.SkipLast(1));
            }
        }
    }

    [Fact]
    public void System_prompts_are_shared_and_nothing_else_is()
    {
        var conversations = Of("chat:system=100,systems=3", 200);

        var systems = conversations.Select(conversation => conversation.Turns[0].Prompt[0]).ToArray();
        Assert.Equal(3, systems.Distinct().Count());
        Assert.All(systems, system => Assert.Equal(100, system.Tokens));
        var others = conversations
            .SelectMany(conversation =>
                conversation.Turns[^1].Prompt.Skip(1).Append(conversation.Turns[^1].Output)
            )
            .Select(segment => segment.ContentId)
            .ToArray();
        Assert.Equal(others.Length, others.Distinct().Count());
    }

    [Theory]
    [InlineData("chat:turns=9")]
    [InlineData("chat:think=1s")]
    [InlineData("chat:answer=7,answer_sigma=0")]
    [InlineData("chat:system=50,systems=9")]
    public void One_value_shifts_no_other(string text)
    {
        var (usual, other) = (Of("chat", 100), Of(text, 100));
        for (var i = 0; i < usual.Length; i++)
        {
            var first = usual[i].Turns.Zip(other[i].Turns).ToArray();
            if (!text.Contains("answer", StringComparison.Ordinal))
            {
                Assert.All(first, pair => Assert.Equal(pair.First.Output, pair.Second.Output));
            }

            Assert.All(first, pair => Assert.Equal(NewTokens(pair.First), NewTokens(pair.Second)));
            if (!text.Contains("turns", StringComparison.Ordinal))
            {
                Assert.Equal(usual[i].Turns.Count, other[i].Turns.Count);
            }
        }
    }

    [Fact]
    public void A_chat_ends_before_a_prompt_is_too_long()
    {
        var options = Options("chat:turns=50,turns_dist=fixed,message=1000", 50) with { MaxLen = 4_000 };
        var conversations = options.ToRequests().Select(request => request.Conversation!).ToArray();

        Assert.All(
            conversations,
            conversation =>
                Assert.InRange(
                    conversation.Turns.Max(turn => turn.PromptTokens + turn.Output.Tokens),
                    1,
                    4_000
                )
        );
        Assert.All(conversations, conversation => Assert.InRange(conversation.Turns.Count, 1, 40));
    }

    [Fact]
    public void Ids_leave_room_for_the_later_turns()
    {
        var requests = Options("chat", 50).ToRequests().ToArray();
        for (var i = 1; i < requests.Length; i++)
        {
            Assert.Equal(requests[i - 1].Id + requests[i - 1].Conversation!.Turns.Count, requests[i].Id);
            Assert.True(requests[i].Arrival > requests[i - 1].Arrival);
        }
    }

    [Fact]
    public void An_agent_has_the_steps_of_its_defaults_and_appends_what_tools_give()
    {
        var conversations = Of("agent", 500);
        var turns = conversations.SelectMany(conversation => conversation.Turns).ToArray();

        Assert.Equal(8.8, turns.Length / 500.0, 4 * 8.3 / Math.Sqrt(500));
        Assert.Equal(523, turns.Average(turn => turn.Output.Tokens), 0.1 * 523);
        var steps = turns.Where(turn => turn.After.Count == 1 && turn.Prompt[^1].Tokens > 0).ToArray();
        Assert.Equal(1_900, steps.Average(turn => turn.Prompt[^1].Tokens), 0.1 * 1_900);
        Assert.Single(conversations.Select(conversation => conversation.Turns[0].Prompt[0]).Distinct());
    }

    [Fact]
    public void An_agent_goes_on_after_all_sub_agents_with_their_answers_in_its_prompt()
    {
        const string Text =
            "agent:fork=1,steps=2,steps_dist=fixed,subagents=3,sub_steps=2,sub_steps_dist=fixed";
        foreach (var conversation in Of(Text, 20))
        {
            // The first step, three times two of sub-agents, the second step.
            Assert.Equal(8, conversation.Turns.Count);
            var (first, last) = (conversation.Turns[0], conversation.Turns[^1]);
            Assert.Equal([2, 4, 6], last.After);
            Assert.Equal(
                first
                    .Prompt.Append(first.Output)
                    .Concat(last.After.Select(turn => conversation.Turns[turn].Output)),
                last.Prompt
            );
            foreach (var begin in new[] { 1, 3, 5 })
            {
                Assert.Equal([0], conversation.Turns[begin].After);
                Assert.Equal(conversation.Turns[1].Prompt[0], conversation.Turns[begin].Prompt[0]);
                Assert.NotEqual(first.Prompt[0], conversation.Turns[begin].Prompt[0]);
                Assert.Equal([begin], conversation.Turns[begin + 1].After);
            }
        }
    }

    [Fact]
    public void A_context_is_compacted_before_it_is_too_long()
    {
        const int Context = 20_000;
        var conversations = Of(
            "agent:steps=60,steps_dist=fixed,context=20000,system=4000,summary=500,start=1000",
            20
        );
        foreach (var conversation in conversations)
        {
            Assert.InRange(
                conversation.Turns.Max(turn => turn.PromptTokens + turn.Output.Tokens),
                1,
                Context
            );
            var compactions = conversation
                .Turns.Index()
                .Where(turn => turn.Item.Output.Tokens == 500)
                .ToArray();
            Assert.NotEmpty(compactions);
            foreach (
                var (index, compaction) in compactions.Where(turn =>
                    turn.Index + 1 < conversation.Turns.Count
                )
            )
            {
                var next = conversation.Turns[index + 1];
                if (next.Prompt.Count == 3)
                {
                    Assert.Equal([compaction.Prompt[0], compaction.Output], next.Prompt.Take(2));
                    Assert.Equal(0, next.DelaySeconds);
                }
            }

            Assert.Equal(60 + compactions.Length, conversation.Turns.Count);
        }
    }

    [Theory]
    [InlineData("chat:turns=0", "request_source: chat: turns: found '0'; allowed: a number from 1 to 1000")]
    [InlineData("chat:think=-3", "request_source: chat: think: found '-3'; allowed: a number of seconds")]
    [InlineData(
        "chat:think_dist=gamma",
        "request_source: chat: think_dist: found 'gamma'; allowed: exponential, lognormal, fixed"
    )]
    [InlineData("chat:thnik=3", "request_source: chat: found 'thnik'; allowed: turns")]
    [InlineData("chat:systems=1.5", "request_source: chat: systems: found '1.5'; allowed: a whole number")]
    [InlineData(
        "chat:system=200000",
        "request_source: chat: system: found 200000; allowed: up to half of max_len, which is 131072"
    )]
    [InlineData("chat:answer", "request_source: chat: found 'answer'; allowed: NAME=VALUE")]
    [InlineData("agent:context=40000", "request_source: agent: context: found 40000")]
    [InlineData("agent:fork=2", "request_source: agent: fork: found '2'; allowed: a number from 0 to 1")]
    public void Wrong_values_are_told_what_is_allowed(string text, string start)
    {
        var error = Assert.Throws<UserErrorException>(() => Of(text, 1));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("agent:system=0,summary=1")]
    public void The_shortest_prompts_are_conversations_and_shorter_ones_are_refused(string text)
    {
        var options = Options(text, 20) with { MaxLen = 16 };
        Assert.All(
            options.ToRequests().SelectMany(request => request.Conversation!.Turns),
            turn => Assert.InRange(turn.PromptTokens + turn.Output.Tokens, 2, 16)
        );

        var error = Assert.Throws<UserErrorException>(() => (options with { MaxLen = 15 }).ToRequests());
        Assert.Equal("max_len: found 15; allowed: an integer from 16 to 10000000", error.Message);
    }

    private static Conversation[] Of(string text, int count) =>
        [.. Options(text, count).ToRequests().Select(request => request.Conversation!)];

    private static WorkloadOptions Options(string text, int count) =>
        new()
        {
            Source = RequestSources.Parse(text).Source,
            SourceText = text,
            RequestCount = count,
        };

    private static int NewTokens(Turn turn) => turn.Prompt[^1].Tokens;
}
