using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class TraceOptionsTests
{
    private const string BurstGpt =
        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n118,GPT-4,600,0,600,API log\n";

    [Fact]
    public void Invalid_rows_are_errors_or_left_out_and_counted()
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(BurstGpt));
        Assert.StartsWith("t.jsonl:3: Response tokens: found 0;", error.Message, StringComparison.Ordinal);
        Assert.Contains("--skip_invalid", error.Message, StringComparison.Ordinal);

        var facts = TraceText.Facts(BurstGpt, new TraceOptions { SkipInvalid = true });
        Assert.Equal((1, 1), (facts.Requests, facts.Skipped));
        Assert.EndsWith("; 1 row left out", facts.Describe(), StringComparison.Ordinal);
        Assert.Contains("t.jsonl:3", Assert.Single(facts.Notices()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_of_invalid_rows_alone_is_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(
                BurstGpt.Replace(",18,", ",0,", StringComparison.Ordinal),
                new TraceOptions { SkipInvalid = true }
            )
        );

        Assert.StartsWith(
            "t.jsonl: no row is a request (2 left out by skip_invalid)",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("when;in;out\n5;3;4\n6;3;4", "arrival=when,input=in,output=out", 2)]
    [InlineData("{\"when\": 5, \"n\": {\"in\": 3, \"out\": 4}}", "arrival=when, input=n.in, output=n.out", 1)]
    [InlineData("a b,c d\n3,4", "input=a b,output=c d", 1)]
    [InlineData("when,ContextTokens,GeneratedTokens\n5,3,4", "arrival=when", 1)]
    public void Columns_can_be_named(string text, string columns, int count)
    {
        var requests = TraceText.Read(text, new TraceOptions { Columns = columns });

        Assert.Equal(
            Enumerable.Repeat((3, 4), count),
            requests.Select(request => (request.InputTokens, request.OutputTokens))
        );
    }

    [Fact]
    public void Hash_ids_can_be_named_in_json()
    {
        var options = new TraceOptions { Columns = "hash_ids=blocks" };
        var text = """{"timestamp": 0, "input_length": 3, "output_length": 1, "blocks": [8]}""";

        Assert.Equal([8], TraceText.Read(text, options, readHashIds: true).Single().HashIds!);
        AssertError(
            BurstGpt,
            new TraceOptions { Columns = "hash_ids=Model" },
            "t.jsonl:1: columns: found hash_ids; allowed: in JSON only"
        );
    }

    [Theory]
    [InlineData("arrival=Tmestamp", "columns: arrival=Tmestamp: no such column; found: Timestamp, Model,")]
    [InlineData("arival=Timestamp", "columns: found 'arival'; allowed: arrival=NAME,")]
    [InlineData("arrival", "columns: found 'arrival'; allowed: arrival=NAME,")]
    [InlineData("arrival=", "columns: found 'arrival='; allowed:")]
    [InlineData("arrival=Timestamp,arrival=Model", "columns: found 'arrival=Model'; allowed:")]
    public void Wrong_columns_are_errors(string columns, string expected) =>
        AssertError(BurstGpt, new TraceOptions { Columns = columns }, expected);

    [Fact]
    public void A_table_of_unknown_columns_needs_both_lengths() =>
        AssertError("a,b,c\n1,2,3", new TraceOptions { Columns = "input=a" }, "columns: no output=NAME;");

    [Fact]
    public void Rows_are_sorted_on_demand_and_otherwise_an_error()
    {
        var text = Rows(5, 1, 3, 1);

        AssertError(
            text,
            new TraceOptions(),
            "t.jsonl:2: timestamp: 0.004 s before the request above it; allowed: "
        );
        var requests = TraceText.Read(text, new TraceOptions { Sort = true });
        Assert.Equal([0, 0, 2, 4], requests.Select(Milliseconds));
        Assert.Equal([2, 4, 3, 1], requests.Select(request => request.InputTokens)); // Equal ones keep their order.
        Assert.Equal([0, 1, 2, 3], requests.Select(request => request.Id));
    }

    [Theory]
    [InlineData(0, null, new[] { 1, 2, 3, 4 }, new[] { 0.0, 1, 2, 3 })]
    [InlineData(0.001, null, new[] { 2, 3, 4 }, new[] { 0.0, 1, 2 })]
    [InlineData(0.0015, 0.003, new[] { 3 }, new[] { 0.0 })]
    [InlineData(0, 0.002, new[] { 1, 2 }, new[] { 0.0, 1 })]
    public void A_part_of_the_trace_begins_with_its_first_request(
        double from,
        double? until,
        int[] inputs,
        double[] milliseconds
    )
    {
        var requests = TraceText.Read(Rows(10, 11, 12, 13), new TraceOptions { From = from, Until = until });

        Assert.Equal(inputs, requests.Select(request => request.InputTokens));
        Assert.Equal(milliseconds, requests.Select(Milliseconds));
    }

    [Fact]
    public void Times_are_scaled() =>
        Assert.Equal(
            [0, 0.5, 2.5],
            TraceText.Read(Rows(10, 11, 15), new TraceOptions { TimeScale = 0.5 }).Select(Milliseconds)
        );

    [Fact]
    public void Equal_times_are_spread_over_the_tick_by_the_seed()
    {
        var text = Rows(0, 0, 0, 3000, 6000, 6000);
        var options = new TraceOptions { Jitter = true };

        var requests = TraceText.Read(text, options);
        Assert.Equal(requests, TraceText.Read(text, options));
        Assert.Equal(Enumerable.Range(1, 6), requests.Select(request => request.InputTokens));
        Assert.Equal(requests.Select(Milliseconds).Order(), requests.Select(Milliseconds));
        Assert.Equal(6, requests.Select(Milliseconds).Distinct().Count());
        Assert.All(requests[..3], request => Assert.InRange(Milliseconds(request), 0, 3000));
        Assert.InRange(Milliseconds(requests[5]) - Milliseconds(requests[3]), 0, 6000);
    }

    [Theory]
    [InlineData("time_scale: found 0;", 0, 0, null)]
    [InlineData("from: found -1;", 1, -1, null)]
    [InlineData("until: found 2; allowed: a number above from, which is 3", 1, 3, 2.0)]
    [InlineData("t.jsonl: no request from 3 s on", 1, 3, null)]
    public void Options_out_of_range_are_errors(string expected, double scale, double from, double? until) =>
        AssertError(
            Rows(1, 2),
            new TraceOptions
            {
                TimeScale = scale,
                From = from,
                Until = until,
            },
            expected
        );

    [Fact]
    public void Options_of_time_need_times() =>
        AssertError(
            """{"input_length": 3, "output_length": 1}""",
            new TraceOptions { TimeScale = 2 },
            "t.jsonl: time_scale: the trace has no times"
        );

    private static double Milliseconds(RequestSpec request) => request.Arrival.Nanoseconds / 1e6;

    private static string Rows(params int[] milliseconds) =>
        string.Join('\n', milliseconds.Select((time, i) => TraceText.Line($"{time}", $"{i + 1}")));

    private static void AssertError(string text, TraceOptions options, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text, options));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }
}
