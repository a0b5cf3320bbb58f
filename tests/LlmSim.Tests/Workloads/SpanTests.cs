using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Spans of OpenTelemetry as requests and conversations.</summary>
public sealed class SpanTests
{
    private static readonly TraceOptions s_replay = new() { Sessions = "replay" };

    /// <summary>An agent of two calls; two sub-agents side by side after the first one; the last call waits for both.</summary>
    private static readonly string s_spans = string.Join(
        '\n',
        Span("c2", "agent", 4, 6, 50, 5),
        Span("c3", "agent", 4, 9, 60, 6),
        Span("c1", "agent", 1, 3, 100, 10),
        Span("c4", "agent", 9.5, 11, 130, 7),
        """{"name": "invoke_agent", "context": {"trace_id": "t", "span_id": "agent"}, "parent_id": null, "start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:01:00Z", "attributes": {"gen_ai.conversation.id": "talk"}}"""
    );

    [Fact]
    public void Calls_in_spans_wait_for_those_that_had_ended()
    {
        var conversation = Assert.Single(TraceText.Read(s_spans, s_replay)).Conversation!;

        Assert.Equal("conversation talk", conversation.Name);
        Assert.Equal([100, 50, 60, 130], conversation.Turns.Select(turn => turn.PromptTokens));
        Assert.Equal(
            [
                [],
                [0],
                [0],
                [1, 2],
            ],
            conversation.Turns.Select(turn => turn.After.Order().ToArray())
        );
        Assert.Equal([0, 1, 1, 0.5], conversation.Turns.Select(turn => turn.DelaySeconds));
        // 130 tokens go on from the 110 of the first call; 50 and 60 are contexts of their own.
        Assert.Equal(
            [.. conversation.Turns[0].Prompt, conversation.Turns[0].Output],
            conversation.Turns[3].Prompt.SkipLast(1)
        );
        Assert.Single(conversation.Turns[1].Prompt);
        Assert.Equal(4, TraceText.Read(s_spans, new TraceOptions { Sort = true }).Length);
    }

    [Fact]
    public void Otlp_has_the_same_calls()
    {
        const string Otlp = """
            {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "t", "spanId": "1", "startTimeUnixNano": "1767225600000000000", "endTimeUnixNano": "1767225602000000000", "attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}}, {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 3}}, {"key": "gen_ai.conversation.id", "value": {"stringValue": "x"}}]}]}]}]}
            {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "u", "spanId": "2", "startTimeUnixNano": "1767225605500000000", "endTimeUnixNano": "1767225606000000000", "attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "20"}}, {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 4}}, {"key": "gen_ai.conversation.id", "value": {"stringValue": "x"}}]}]}]}]}
            """;
        var turns = Assert.Single(TraceText.Read(Otlp, s_replay)).Conversation!.Turns;
        Assert.Equal([(12, 3), (20, 4)], turns.Select(turn => (turn.PromptTokens, turn.Output.Tokens)));
        Assert.Equal(3.5, turns[1].DelaySeconds);
    }

    [Theory]
    [InlineData(
        "\"parent_id\": null",
        "\"parent_id\": \"agent\"",
        "conversation.id",
        "conversation.x",
        "t.jsonl:1: parent: the spans around c2 lead in a circle"
    )]
    [InlineData(
        "\"span_id\": \"c3\"",
        "\"span_id\": \"c2\"",
        "",
        "",
        "t.jsonl:2: span_id: c2 is that of line 1 too"
    )]
    [InlineData(
        "00:00:09Z\", \"attr",
        "00:00:03Z\", \"attr",
        "",
        "",
        "t.jsonl:2: end_time: 1 s before start_time"
    )]
    [InlineData(
        "input_tokens\": 60",
        "input_tokens\": -1",
        "",
        "",
        "t.jsonl:2: gen_ai.usage.input_tokens: found -1; allowed: an integer from 1"
    )]
    public void Wrong_spans_are_told_with_their_line(
        string good,
        string bad,
        string alsoGood,
        string alsoBad,
        string start
    )
    {
        var text = s_spans.Replace(good, bad, StringComparison.Ordinal);
        text = alsoGood.Length > 0 ? text.Replace(alsoGood, alsoBad, StringComparison.Ordinal) : text;

        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text, s_replay));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    private static string Span(string id, string parent, double start, double end, int input, int output) =>
        FormattableString.Invariant(
            $$$"""{"name": "chat", "context": {"trace_id": "t", "span_id": "{{{id}}}"}, "parent_id": "{{{parent}}}", "start_time": "2026-01-01T00:00:{{{start:00.###}}}Z", "end_time": "2026-01-01T00:00:{{{end:00.###}}}Z", "attributes": {"gen_ai.usage.input_tokens": {{{input}}}, "gen_ai.usage.output_tokens": {{{output}}}}}"""
        );
}
