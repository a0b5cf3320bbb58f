using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Traces whose requests follow each other.</summary>
public sealed class SessionTests
{
    /// <summary>Turn 2 has all of turn 1 and its answer; turn 3 has another context; the last request stands alone.</summary>
    private const string Bailian = """
        {"chat_id": 1, "parent_chat_id": -1, "timestamp": 10.0, "input_length": 40, "output_length": 30, "type": "text", "turn": 1, "hash_ids": [1, 2, 3]}
        {"chat_id": 2, "parent_chat_id": 1, "timestamp": 20.0, "input_length": 100, "output_length": 5, "type": "text", "turn": 2, "hash_ids": [1, 2, 13, 14, 15, 16, 17]}
        {"chat_id": 9, "parent_chat_id": -1, "timestamp": 21.0, "input_length": 20, "output_length": 7, "type": "text", "turn": 1, "hash_ids": [1, 99]}
        {"chat_id": 3, "parent_chat_id": 2, "timestamp": 20.1, "input_length": 32, "output_length": 5, "type": "text", "turn": 3, "hash_ids": [1, 50]}
        """;

    private static readonly TraceOptions s_replay = new() { Sessions = "replay" };

    [Fact]
    public void Chats_of_bailian_become_conversations_whose_prompts_go_on_from_the_answer()
    {
        var requests = TraceText.Read(Bailian, s_replay);

        Assert.Equal([0, 3], requests.Select(request => request.Id));
        Assert.Equal([0, 11], requests.Select(request => request.Arrival.Seconds));
        Assert.Equal(["1", "9"], requests.Select(request => request.Conversation!.Name));
        var turns = requests[0].Conversation!.Turns;
        Assert.Equal([new(1, 16), new(2, 16), new(3, 8)], turns[0].Prompt);
        Assert.Equal(30, turns[0].Output.Tokens);
        // 40 + 30 = 70 tokens are said; the rest is in the blocks from token 70 on.
        Assert.Equal(
            [.. turns[0].Prompt, turns[0].Output, new(15, 10), new(16, 16), new(17, 4)],
            turns[1].Prompt
        );
        Assert.Equal([new(1, 16), new(50, 16)], turns[2].Prompt);
        Assert.Equal(
            [
                [],
                [0],
                [1],
            ],
            turns.Select(turn => turn.After)
        );
        // Ten seconds less 30 tokens of 40 ms; 0.1 s are less than five of them.
        Assert.Equal([0, 8.8, 0], turns.Select(turn => Math.Round(turn.DelaySeconds, 9)));
    }

    [Fact]
    public void Blocks_of_an_earlier_prompt_and_its_answer_are_those_of_the_later_one()
    {
        var turns = TraceText.Read(Bailian, s_replay)[0].Conversation!.Turns;

        // 70 of 100 tokens are the same: four whole blocks.
        Assert.Equal(turns[0].HashIds()[..4], turns[1].HashIds()[..4]);
        Assert.NotEqual(turns[0].HashIds()[4], turns[1].HashIds()[4]);
        Assert.Equal(
            turns[0].HashIds()[0],
            TraceText.Read(Bailian, s_replay)[1].Conversation!.Turns[0].HashIds()[0]
        );
    }

    [Fact]
    public void Without_sessions_each_request_stands_alone_at_its_own_time()
    {
        var requests = TraceText.Read(Bailian, new TraceOptions { Sort = true });

        Assert.Equal(4, requests.Length);
        Assert.All(requests, request => Assert.Null(request.Conversation));
        Assert.Equal(requests, TraceText.Read(Bailian, new TraceOptions { Sort = true, Sessions = "off" }));
    }

    [Fact]
    public void The_time_of_a_token_that_was_recorded_is_an_option()
    {
        var turns = TraceText.Read(Bailian, s_replay with { SessionTpotSeconds = 0 })[0].Conversation!.Turns;

        Assert.Equal([0, 10, 0.1], turns.Select(turn => Math.Round(turn.DelaySeconds, 9)));
    }

    [Theory]
    [InlineData(
        "\"parent_chat_id\": 1,",
        "\"parent_chat_id\": 7,",
        "t.jsonl:2: parent_chat_id: found 7, which no request of the trace is"
    )]
    [InlineData(
        "\"parent_chat_id\": 1,",
        "\"parent_chat_id\": 3,",
        "t.jsonl:2: parent_chat_id: 3 leads back to this request; allowed: no cycle"
    )]
    [InlineData(
        "\"parent_chat_id\": 1,",
        "\"parent_chat_id\": 9,",
        "t.jsonl:2: parent_chat_id: found 9, which is in line 3 below"
    )]
    [InlineData(
        "\"parent_chat_id\": 1,",
        "\"parent_chat_id\": 2,",
        "t.jsonl:2: parent_chat_id: 2 leads back to this request"
    )]
    [InlineData(
        "\"timestamp\": 20.0",
        "\"timestamp\": 9.5",
        "t.jsonl:2: timestamp: 0.5 s before the request that it follows, in line 1"
    )]
    [InlineData(
        "\"chat_id\": 9",
        "\"chat_id\": 2",
        "t.jsonl:3: chat_id: 2 is that of line 2 too; allowed: once"
    )]
    [InlineData(
        "\"chat_id\": 9",
        "\"chat_id\": 1.5",
        "t.jsonl:3: chat_id: found 1.5; allowed: a text or a whole number"
    )]
    [InlineData(
        "[1, 50]",
        "[1, 50, 2, 3]",
        "t.jsonl:4: hash_ids: found 4 ids for 32 tokens; allowed with trace_block_size 16: 2, or 2"
    )]
    [InlineData(
        "\"output_length\": 7",
        "\"output_length\": 0",
        "t.jsonl:3: output_length: found 0; allowed: an integer from 1"
    )]
    public void What_is_wrong_with_a_session_is_told_with_its_line(string good, string bad, string start)
    {
        var text = Bailian.Replace(good, bad, StringComparison.Ordinal);

        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text, s_replay));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        // Left out and counted with all that follows it.
        var facts = TraceText.Facts(text, s_replay with { SkipInvalid = true });
        Assert.InRange(facts.Skipped, 1, 3);
        Assert.StartsWith(start, facts.FirstSkipped, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_parent_may_begin_a_conversation()
    {
        var text = Bailian.Replace(
            "\"parent_chat_id\": 1,",
            "\"parent_chat_id\": 7,",
            StringComparison.Ordinal
        );

        var requests = TraceText.Read(text, new TraceOptions { Sessions = "lenient" });
        Assert.Equal(["1", "2", "9"], requests.Select(request => request.Conversation!.Name));
        Assert.Equal([1, 2, 1], requests.Select(request => request.Conversation!.Turns.Count));
    }

    private const string Sessions = """
        {"session_id": "a", "timestamp": 0, "input_length": 600, "output_length": 100, "hash_ids": [1, 2]}
        {"session_id": "b", "timestamp": 500, "input_length": 100, "output_length": 10, "hash_ids": [3]}
        {"session_id": "a", "delay": 2500, "input_length": 900, "output_length": 50, "hash_ids": [1, 7]}
        {"timestamp": 800, "input_length": 10, "output_length": 1}
        """;

    [Fact]
    public void Lengths_of_later_turns_are_of_the_whole_prompt_or_of_what_is_new()
    {
        var whole = TraceText.Read(Sessions, s_replay with { SessionPrompts = "whole" });
        Assert.Equal([0, 2, 3], whole.Select(request => request.Id));
        var turn = whole[0].Conversation!.Turns[1];
        Assert.Equal(2.5, turn.DelaySeconds);
        Assert.Equal(900, turn.PromptTokens);
        Assert.Equal(
            [600, 100, 200],
            [turn.Prompt.Take(2).Sum(s => s.Tokens), turn.Prompt[2].Tokens, turn.Prompt[3].Tokens]
        );

        var news = TraceText.Read(Sessions, s_replay with { SessionPrompts = "new" })[0].Conversation!.Turns[
            1
        ];
        Assert.Equal(600 + 100 + 900, news.PromptTokens);
        Assert.Equal([new(1, 512), new(7, 388)], news.Prompt.Skip(3));

        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(Sessions, s_replay));
        Assert.StartsWith(
            "t.jsonl:3: session_id: a goes on here, and whether its lengths are",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            "--session_prompts whole (as Dynamo writes it) or new (as AIPerf does)",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_session_may_say_what_its_lengths_count()
    {
        var text = Sessions.Replace(
            "\"delay\": 2500",
            "\"delay\": 2500, \"context_mode\": \"deltas_without_responses\"",
            StringComparison.Ordinal
        );
        Assert.Equal(1600, TraceText.Read(text, s_replay)[0].Conversation!.Turns[1].PromptTokens);
    }

    [Theory]
    [InlineData(
        "\"delay\": 2500",
        "\"delay\": -1",
        "t.jsonl:3: delay: found -1; allowed: a number from 0 to 1e11 ms"
    )]
    [InlineData(
        "\"timestamp\": 500,",
        "",
        "t.jsonl:2: timestamp: some conversations begin with a time and others without"
    )]
    [InlineData(
        "\"delay\": 2500",
        "\"context_mode\": \"other\"",
        "t.jsonl:3: context_mode: found \"other\"; allowed: deltas_without_responses"
    )]
    public void Wrong_sessions_are_told_with_their_line(string good, string bad, string start)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(
                Sessions.Replace(good, bad, StringComparison.Ordinal),
                s_replay with
                {
                    SessionPrompts = "whole",
                }
            )
        );
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_turns_of_sharegpt_are_read()
    {
        const string Text = """
            [{"id": "a", "conversations": [{"from": "system", "value": "x"}, {"from": "gpt", "value": "hi"}, {"from": "human", "value": "1", "tokens": 10},
              {"from": "gpt", "value": "2", "tokens": 20}, {"from": "human", "value": "3", "tokens": 5}, {"from": "human", "value": "3", "tokens": 6},
              {"from": "gpt", "value": "4", "tokens": 7}, {"from": "human", "value": "bye", "tokens": 9}]}]
            """;
        var conversation = Assert.Single(TraceText.Read(Text, s_replay)).Conversation!;

        Assert.Equal([10, 41], conversation.Turns.Select(turn => turn.PromptTokens));
        Assert.Equal([20, 7], conversation.Turns.Select(turn => turn.Output.Tokens));
        Assert.Equal([0, 0], conversation.Turns.Select(turn => turn.DelaySeconds));
        Assert.Equal(conversation.Turns[0].Output, conversation.Turns[1].Prompt[1]);
    }

    [Theory]
    [InlineData(
        """{"timestamp": 0, "input_length": 3, "output_length": 4}""",
        "t.jsonl: sessions: the format mooncake has none; allowed with bailian, sharegpt"
    )]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00,1,2",
        "t.jsonl: sessions: CSV has none"
    )]
    public void A_format_without_sessions_says_so(string text, string start)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text, s_replay));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Modes_that_do_not_exist_are_told()
    {
        foreach (
            var (options, start) in new[]
            {
                (
                    new TraceOptions { Sessions = "replays" },
                    "sessions: found 'replays'; allowed: off, replay, lenient. Did you mean 'replay'?"
                ),
                (
                    new TraceOptions { SessionPrompts = "old" },
                    "session_prompts: found 'old'; allowed: new, whole"
                ),
                (
                    new TraceOptions { SessionTpotSeconds = -1 },
                    "session_tpot: found -1; allowed: a number from 0"
                ),
            }
        )
        {
            var error = Assert.Throws<UserErrorException>(() => TraceText.Read(Bailian, options));
            Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        }
    }
}
