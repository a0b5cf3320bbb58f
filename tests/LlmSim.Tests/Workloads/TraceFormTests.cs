using LlmSim.Kernel;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Files that tools of the trade write: the same tables in other spellings.</summary>
public sealed class TraceFormTests
{
    private const string Azure =
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-12 00:00:00,2162,5\n2024-05-12 00:00:01,100,7\n";

    private static readonly RequestSpec[] s_requests =
    [
        new(0, SimTime.Zero, 2162, 5),
        new(1, SimTime.FromSeconds(1), 100, 7),
    ];

    [Theory]
    [InlineData(Azure)]
    [InlineData(
        "\uFEFFTIMESTAMP,ContextTokens,GeneratedTokens\r\n2024-05-12 00:00:00,2162,5\r\n2024-05-12 00:00:01,100,7"
    )]
    [InlineData(
        "TIMESTAMP;ContextTokens;GeneratedTokens\n2024-05-12 00:00:00;2162;5\n2024-05-12 00:00:01;100;7"
    )]
    [InlineData(
        "x\tTIMESTAMP\tContextTokens\tGeneratedTokens\n\t2024-05-12 00:00:00\t2162\t5\n\t2024-05-12 00:00:01\t100\t7"
    )]
    [InlineData(
        "TIMESTAMP|ContextTokens|GeneratedTokens\n2024-05-12 00:00:00|2162|5\n2024-05-12 00:00:01|100|7"
    )]
    [InlineData(
        "\"TIMESTAMP\",\"ContextTokens\",\"GeneratedTokens\"\n\"2024-05-12 00:00:00\",\"2162\",\"5\"\n\"2024-05-12 00:00:01\",\"100\",\"7\""
    )]
    [InlineData(
        "prompt,TIMESTAMP,ContextTokens,GeneratedTokens\n\"a, \"\"b\"\"\nc\",2024-05-12 00:00:00,2162,5\n\"\",2024-05-12 00:00:01,100,7"
    )]
    [InlineData(
        "timestamp, contexttokens, generatedtokens\n2024-05-12T00:00:00Z, 2162.0, 5.0\n2024-05-12T00:00:01+00:00, 1e2, 7"
    )]
    public void Forms_of_a_table_are_the_same_table(string text)
    {
        Assert.Equal(s_requests, TraceText.Read(text));
        Assert.Equal("azure", TraceText.Facts(text).Format);
    }

    [Theory]
    [InlineData("5\" disk", "6\" disk")]
    [InlineData("it said \"so", "no")]
    [InlineData("\"a \"\"\nb\"\"\n\"", "\"\"")]
    [InlineData("\"\"\"\n\"\"\"", "\"\"\"\"")]
    public void Only_a_quote_at_the_beginning_of_a_field_opens_it(string first, string second)
    {
        var text =
            "TIMESTAMP,text,ContextTokens,GeneratedTokens,more\n"
            + $"2024-05-12 00:00:00,{first},2162,5,{first}\n2024-05-12 00:00:01,{second},100,7, {second}\n";

        Assert.Equal(s_requests, TraceText.Read(text));
        Assert.Equal(s_requests, TraceText.Read(text.TrimEnd('\n')));
    }

    [Fact]
    public void A_quote_that_does_not_close_takes_no_requests_with_it()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(
                "TIMESTAMP,ContextTokens,GeneratedTokens,text\n0,10,5,a\n1,11,5,\"b\n2,12,5,c\n3,13,5,d\n",
                new() { SkipInvalid = true }
            )
        );

        Assert.Equal(
            "t.jsonl:3: a field of this row opens with a double quote and does not end",
            error.Message
        );
    }

    [Theory]
    [InlineData("timestamp_ms,input_length,output_length\n5000,2162,5\n6000,100,7")]
    [InlineData("TIMESTAMP_S,ContextTokens,GeneratedTokens\n5,2162,5\n6,100,7")]
    [InlineData("Timestamp_ns,Request tokens,Response tokens\n0,2162,5\n1000000000,100,7")]
    [InlineData(
        """
            {"timestamp_us": 0, "input_length": 2162, "output_length": 5}
            {"timestamp_us": 1000000, "input_length": 100, "output_length": 7}
            """
    )]
    public void Times_may_have_their_unit_in_their_name(string text) =>
        Assert.Equal(s_requests, TraceText.Read(text));

    [Fact]
    public void Escapes_in_a_time_of_JSON_are_read() =>
        Assert.Equal(
            s_requests,
            TraceText.Read(
                """
                {"timestamp": "2024-05-12T00:00:00\u002B00:00", "input_length": 2162, "output_length": 5}
                {"timestamp": "2024-05-12T00:00:01\u002B00:00", "input_length": 100, "output_length": 7}
                """
            )
        );

    [Theory]
    [InlineData(
        """[{"timestamp": 0, "input_length": 2162, "output_length": 5}, {"timestamp": 1000, "input_length": 100, "output_length": 7}]"""
    )]
    [InlineData(
        """
            [
              {
                "timestamp": 0, "input_length": 2162,
                "output_length": 5
              },
              { "timestamp": 1000, "text": "} ] \" \\", "input_length": 100, "output_length": 7.0 }
            ]

            """
    )]
    [InlineData(
        """
            {
              "timestamp": 0, "nested": {"a": [1, {}]},
              "input_length": 2162, "output_length": 5
            }
            {
              "timestamp": 1000,
              "input_length": 100, "output_length": 7
            }
            """
    )]
    [InlineData(
        """{"timestamp": 0, "input_length": 2162, "output_length": 5, "hash_ids": null}"""
            + "\r\n\r\n"
            + """{"timestamp": 1e3, "input_length": 100, "output_length": 7}"""
    )]
    public void Json_objects_may_stand_in_lines_or_an_array_or_over_many_lines(string text) =>
        Assert.Equal(s_requests, TraceText.Read(text));

    [Fact]
    public void An_array_longer_than_the_buffer_is_read()
    {
        var objects = Enumerable
            .Range(0, 5000)
            .Select(i =>
                $$"""{"text": "{{new string('x', i % 97)}}\\\"", "timestamp": {{i}}, "input_length": {{i + 1}}, "output_length": 1}"""
            );

        var requests = TraceText.Read($"[{string.Join(",\n", objects)}]");

        Assert.Equal(Enumerable.Range(1, 5000), requests.Select(request => request.InputTokens));
    }

    [Theory]
    [InlineData(
        "[{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}",
        "t.jsonl:1: the JSON array does not end"
    )]
    [InlineData(
        "[{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}] x",
        "t.jsonl:1: found x; allowed: nothing after the JSON array"
    )]
    [InlineData(
        "[\n{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1},\n\n{\"timestamp\": 0,\n\"output_length\": 1}]",
        "t.jsonl:4: input_length: missing"
    )]
    [InlineData("[1]", "t.jsonl:1: found 1; allowed: a JSON object")]
    [InlineData("[]", "t.jsonl: the trace has")]
    [InlineData(
        "{\"a\": 1, \"b\": {\"c\": 2}}",
        "t.jsonl:1: found the fields a, b, b.c, which are of no known format; allowed: mooncake,"
    )]
    [InlineData(
        "the timestamp of a letter\n1",
        "t.jsonl:1: found the timestamp of a letter; allowed: a JSON object a line"
    )]
    [InlineData("timestamp,size\n1,2", "t.jsonl:1: found timestamp,size; allowed: ")]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n\"2024-05-12 00:00:00,5,1",
        "t.jsonl:2: a field of this row opens with a double quote and does not end"
    )]
    public void What_is_no_trace_is_told_where_and_why(string text, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_after_a_quoted_line_feed_name_the_right_line()
    {
        var text =
            "p,TIMESTAMP,ContextTokens,GeneratedTokens\n\"a\nb\",2024-05-12 00:00:00,1,1\n,2024-05-12 00:00:00,x,1";

        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));
        Assert.StartsWith("t.jsonl:4: ContextTokens: found x;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_ids_have_64_bits_with_or_without_a_sign()
    {
        var text =
            """{"timestamp": 0, "input_length": 2000, "output_length": 1, "hash_ids": [2147483648, -1, 9223372036854775807, 18446744073709551614]}""";

        Assert.Equal(
            [2147483648, -1, long.MaxValue, -2],
            TraceText.Read(text, readHashIds: true).Single().HashIds!
        );
    }
}
