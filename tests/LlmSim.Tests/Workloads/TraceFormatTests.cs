using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>A sample of every format, as its writer has it.</summary>
public sealed class TraceFormatTests
{
    /// <summary>The samples by the names of their formats.</summary>
    public static IReadOnlyDictionary<string, string> Samples => s_samples;

    private static readonly Dictionary<string, string> s_samples = new()
    {
        ["mooncake"] = """
            {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]}
            {"timestamp": 28482, "input_length": 6472, "output_length": 26, "hash_ids": [46, 48]}
            """,
        ["bailian"] = """
            {"chat_id": 159, "parent_chat_id": 55, "timestamp": 61.114, "input_length": 521, "output_length": 132, "type": "text", "turn": 2, "hash_ids": [1, 2]}
            {"chat_id": 160, "parent_chat_id": -1, "timestamp": 62.114, "input_length": 22, "output_length": 13, "type": "search", "turn": 1, "hash_ids": [3, 4]}
            """,
        ["azure"] = """
            TIMESTAMP,ContextTokens,GeneratedTokens
            2023-11-16 18:15:46.6805900,374,44
            2023-11-16 18:15:47.6805900,396,109
            """,
        ["burstgpt"] = """
            Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
            5,1,0.5,ChatGPT,472,18,490,Conversation log
            6,2,0.5,ChatGPT,1087,230,1317,Conversation log
            """,
        ["vidur"] = """
            arrived_at,num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio
            0.0417,1024,32,1056,32
            1.0417,128,256.0,384,0.5
            """,
        ["splitwise"] = """
            request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size
            0,2,0,4.314579,1,396,109
            1,2,0,5.314579,1,879,55
            """,
        ["llmservingsim"] = """
            {"input_toks": 16, "output_toks": 8, "arrival_time_ns": 5000, "input_tok_ids": [1, 2], "output_tok_ids": [3]}
            {"input_toks": 32, "output_toks": 8, "arrival_time_ns": 1000005000, "input_tok_ids": [1, 2], "output_tok_ids": [3]}
            """,
        ["aiperf"] = """
            {"metadata": {"session_num": 45, "request_start_ns": 1759813207532900363, "was_cancelled": false}, "metrics": {"input_sequence_length": {"value": 550, "unit": "tokens"}, "inter_chunk_latency": {"value": [4.8], "unit": "ms"}, "output_sequence_length": {"value": 9, "unit": "tokens"}}, "error": null}
            {"metadata": {"session_num": 46, "request_start_ns": 1759813208532900363, "was_cancelled": false}, "metrics": {"input_sequence_length": {"value": 551, "unit": "tokens"}, "output_sequence_length": {"value": 10, "unit": "tokens"}}, "error": null}
            """,
        ["vllm_bench"] = """
            {"date": "20260101-000000", "backend": "vllm", "num_prompts": 2, "completed": 2, "total_input_tokens": 30, "total_output_tokens": 3,
             "input_lens": [10, 20], "output_lens": [1, 2], "ttfts": [0.1, 0.2], "itls": [[], [0.01]], "start_times": [6040.5, 6041.5], "errors": ["", ""]}
            """,
        ["guidellm"] = """
            {"metadata": {"version": 1}, "benchmarks": [{"requests": {"errored": [], "incomplete": [{}], "successful": [
              {"request_id": "a", "request_start_time": 1754000000.25, "prompt_tokens": 512, "output_tokens": 128},
              {"request_id": "b", "request_start_time": 1754000001.25, "prompt_tokens": 256, "output_tokens": 64}]}}]}
            """,
        ["sharegpt"] = """
            [{"id": "a", "conversations": [{"from": "human", "value": "0123456789"}, {"from": "gpt", "value": "0123456789012345678"}]},
             {"id": "b", "conversations": [{"from": "human", "value": "你好世界"}, {"from": "gpt", "value": "好"}]}]
            """,
        ["openai"] = """
            {"id": "chatcmpl-1", "object": "chat.completion", "created": 1741569952, "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}}
            {"id": "chatcmpl-2", "object": "chat.completion", "created": 1741569953, "usage": {"prompt_tokens": 29, "completion_tokens": 20, "total_tokens": 49}}
            """,
        ["sessions"] = """
            {"session_id": "sess-a", "input_length": 1536, "output_length": 320, "hash_ids": [0, 1, 2], "timestamp": 0.0, "group_id": 4}
            {"session_id": "sess-b", "input_length": 768, "output_length": 180, "hash_ids": [0, 1], "timestamp": 1000}
            """,
        ["otlp"] = """
            {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [{"traceId": "aa", "spanId": "1", "startTimeUnixNano": "1767225600000000000", "endTimeUnixNano": "1767225602000000000", "attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}}, {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "3"}}]}]}]}]}
            {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [{"traceId": "bb", "spanId": "2", "startTimeUnixNano": "1767225601000000000", "endTimeUnixNano": "1767225602000000000", "attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "20"}}, {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "4"}}]}]}]}]}
            """,
        ["otel"] = """
            {"name": "chat", "context": {"trace_id": "0xa", "span_id": "0x1"}, "parent_id": null, "start_time": "2026-01-01T00:00:00.000000Z", "end_time": "2026-01-01T00:00:02.000000Z", "attributes": {"gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 3}}
            {"name": "chat", "context": {"trace_id": "0xb", "span_id": "0x2"}, "parent_id": null, "start_time": "2026-01-01T00:00:01.000000Z", "end_time": "2026-01-01T00:00:02.000000Z", "attributes": {"gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 4}}
            """,
        ["llmsim"] = """
            {"llmsim": 1, "timestamp": 0, "class": "chat", "turns": [{"prompt": [[5, 10], [6, 2]], "output": [7, 3]}, {"from": 0, "prompt": [[8, 4]], "output": [9, 1], "after": [0], "delay": 2.5}]}
            {"llmsim": 1, "timestamp": 1000, "priority": 2, "input_length": 20, "output_length": 4, "hash_ids": [1, 2], "hash_block": 16}
            """,
    };

    private static readonly Dictionary<string, (int Input, int Output)[]> s_lengths = new()
    {
        ["mooncake"] = [(6955, 52), (6472, 26)],
        ["bailian"] = [(521, 132), (22, 13)],
        ["azure"] = [(374, 44), (396, 109)],
        ["burstgpt"] = [(472, 18), (1087, 230)],
        ["vidur"] = [(1024, 32), (128, 256)],
        ["splitwise"] = [(396, 109), (879, 55)],
        ["llmservingsim"] = [(16, 8), (32, 8)],
        ["aiperf"] = [(550, 9), (551, 10)],
        ["vllm_bench"] = [(10, 1), (20, 2)],
        ["guidellm"] = [(512, 128), (256, 64)],
        ["sharegpt"] = [(3, 6), (3, 1)],
        ["openai"] = [(19, 10), (29, 20)],
        ["sessions"] = [(1536, 320), (768, 180)],
        ["otlp"] = [(12, 3), (20, 4)],
        ["otel"] = [(12, 3), (20, 4)],
        ["llmsim"] = [(12, 3), (20, 4)],
    };

    public static TheoryData<string> Names => [.. TraceFormat.All.Select(format => format.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_is_found_to_be_of_its_format_and_read(string name)
    {
        var text = s_samples[name];

        var requests = TraceText.Read(text);
        Assert.Equal(name, TraceText.Facts(text).Format);
        Assert.Equal(
            s_lengths[name],
            requests.Select(request => (request.InputTokens, request.OutputTokens))
        );
        Assert.Equal(
            name == "sharegpt" ? [0, 0] : [0, 1_000_000_000],
            requests.Select(request => request.Arrival.Nanoseconds)
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_is_read_under_its_name_and_refused_under_another(string name)
    {
        Assert.Equal(2, TraceText.Read(s_samples[name], new TraceOptions { Format = name }).Length);
        var other = name == "vidur" ? "azure" : "vidur";
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(s_samples[name], new TraceOptions { Format = other })
        );
        Assert.Equal($"t.jsonl: the trace is in {name}'s format; allowed here: {other}'s", error.Message);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_cut_off_anywhere_is_read_or_refused_but_never_more(string name)
    {
        var text = s_samples[name];
        for (var length = 0; length < text.Length; length++)
        {
            try
            {
                Assert.InRange(TraceText.Read(text[..length]).Length, 1, 2);
            }
            catch (UserErrorException)
            {
                // The message is another test's.
            }
        }
    }

    [Fact]
    public void Lengths_of_sharegpt_are_counts_where_it_has_them_and_else_said_to_be_estimates()
    {
        Assert.Contains(
            "estimated",
            Assert.Single(TraceText.Facts(s_samples["sharegpt"]).Notices()),
            StringComparison.Ordinal
        );

        var counted =
            """[{"input_tokens": 7, "output_tokens": 8, "conversations": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}]""";
        Assert.Equal((7, 8), TraceText.Read(counted).Select(r => (r.InputTokens, r.OutputTokens)).Single());
        Assert.Empty(TraceText.Facts(counted).Notices());
    }

    [Theory]
    [InlineData(
        """{"timestamp": "2026-01-01T00:00:00.5Z", "response": {"usage": {"input_tokens": 3, "output_tokens": 4}}}"""
    )]
    [InlineData("""{"created": null, "startTime": 1.5, "prompt_tokens": 3, "completion_tokens": 4}""")]
    [InlineData(
        """{"response": {"body": {"created": 1741569952, "usage": {"prompt_tokens": 3, "completion_tokens": 4}}}}"""
    )]
    [InlineData("time,prompt_tokens,completion_tokens\n2026-01-01T00:00:00Z,3,4")]
    public void Logs_of_gateways_have_their_fields_in_many_places(string text)
    {
        Assert.Equal((3, 4), TraceText.Read(text).Select(r => (r.InputTokens, r.OutputTokens)).Single());
        Assert.Equal("openai", TraceText.Facts(text).Format);
        Assert.NotNull(TraceText.Facts(text).TimeUnit);
    }

    [Fact]
    public void A_result_of_vllm_without_its_requests_says_what_to_do()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read("""{"completed": 2, "total_input_tokens": 30, "total_output_tokens": 3}""")
        );

        Assert.Contains("--save-detailed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_request_of_a_benchmark_is_an_invalid_row()
    {
        var text = s_samples["vllm_bench"].Replace("[1, 2]", "[0, 2]", StringComparison.Ordinal);

        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));
        Assert.StartsWith("t.jsonl: output_lens[0]: found 0;", error.Message, StringComparison.Ordinal);
        var facts = TraceText.Facts(text, new TraceOptions { SkipInvalid = true });
        Assert.Equal((1, 1), (facts.Requests, facts.Skipped));
    }

    [Fact]
    public void The_recorded_workloads_of_real_engines_are_read()
    {
        using var stream = File.OpenRead(SharedFiles.Require("measured/sharegpt-qwen3-300.jsonl"));
        using var trace = Trace.Open(stream, "t");

        Assert.Equal(300, trace.Requests().Count());
        Assert.Equal(("ns", true), (trace.Facts.TimeUnit, trace.Facts.IsTimeUnitCertain));
    }
}
