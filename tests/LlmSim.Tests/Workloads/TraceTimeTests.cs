using LlmSim.Kernel;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class TraceTimeTests
{
    private const string BailianLine =
        """{"chat_id": 0, "parent_chat_id": -1, "timestamp": TIME, "input_length": 33, "output_length": 9, "type": "text", "turn": 1, "hash_ids": [0, 1, 2]}""";

    [Fact]
    public void Bailian_traces_are_in_seconds_and_blocks_of_16_tokens()
    {
        var text = Rows(BailianLine, "0.135", "0.387", "30.097");

        Assert.Equal([0, 252_000_000, 29_962_000_000], Arrivals(text));
        var facts = TraceText.Facts(text);
        Assert.Equal(("bailian", "s", 29.962), (facts.Format, facts.TimeUnit, facts.SpanSeconds));
        Assert.True(facts.IsTimeUnitCertain);
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        using var trace = Trace.Open(stream, "t.jsonl");
        Assert.Equal(16, trace.HashBlockTokens);
    }

    [Fact]
    public void They_are_so_under_mooncakes_name_too() =>
        Assert.Equal(
            "bailian",
            TraceText.Facts(Rows(BailianLine, "1", "2"), new TraceOptions { Format = "mooncake" }).Format
        );

    [Theory]
    [InlineData("1700000000000", "1700000001000", "ms")]
    [InlineData("1700000000", "1700000001", "s")]
    [InlineData("1700000000.25", "1700000001.25", "s")]
    [InlineData("1700000000000000", "1700000001000000", "us")]
    [InlineData("1700000000000000001", "1700000001000000001", "ns")]
    [InlineData("\"1700000000000000001\"", "\"1700000001000000001\"", "ns")]
    [InlineData("\"2023-11-14T22:13:20Z\"", "\"2023-11-14T22:13:21+00:00\"", "iso")]
    [InlineData("5", "1005", "ms")]
    public void The_unit_is_that_in_which_the_first_time_is_a_date_and_times_are_relative_to_it(
        string first,
        string second,
        string unit
    )
    {
        var text = TraceText.Line(first) + "\n" + TraceText.Line(second);

        Assert.Equal([0, 1_000_000_000], Arrivals(text));
        Assert.Equal(unit, TraceText.Facts(text).TimeUnit);
    }

    [Theory]
    [InlineData("s", "1.5", 1_500_000_000)]
    [InlineData("ms", "1.5", 1_500_000)]
    [InlineData("us", "1.5", 1_500)]
    [InlineData("ns", "15", 15)]
    public void A_unit_that_is_given_is_taken(string unit, string time, long nanoseconds) =>
        Assert.Equal(
            [0, nanoseconds],
            Arrivals(TraceText.Line() + "\n" + TraceText.Line(time), new TraceOptions { TimeUnit = unit })
        );

    [Theory]
    [InlineData("timestamp_ns", 1)]
    [InlineData("timestamp_us", 1_000)]
    [InlineData("timestamp_ms", 1_000_000)]
    [InlineData("timestamp_s", 1_000_000_000)]
    public void The_name_of_a_field_may_end_with_its_unit(string name, long nanoseconds)
    {
        var text = (TraceText.Line() + "\n" + TraceText.Line("1")).Replace(
            "timestamp",
            name,
            StringComparison.Ordinal
        );

        Assert.Equal([0, nanoseconds], Arrivals(text, new TraceOptions { Columns = $"arrival={name}" }));
    }

    [Theory]
    [InlineData("1700000000123456789", 333_333_333)]
    [InlineData("1700000000123456790", 333_333_332)]
    public void Epoch_nanoseconds_keep_every_digit(string first, long nanoseconds) =>
        Assert.Equal(
            [0, nanoseconds],
            Arrivals(TraceText.Line(first) + "\n" + TraceText.Line("1700000000456790122"))
        );

    [Theory]
    [InlineData("2024-05-12T00:00:00Z", "2024-05-12T00:00:01+00:00", 1_000_000_000)]
    [InlineData("2024-05-12 00:00:00.123456789+00:00", "2024-05-12 00:00:00.123456790+00:00", 1)]
    [InlineData("2024-05-12t00:00:00z", "2024-05-12T02:00:00.000000001+02:00", 1)]
    [InlineData("2024-05-12T00:00:00.1234567891", "2024-05-12T00:00:00.1234567899", 0)]
    [InlineData("\"2024-02-29T23:59:59,5\"", "2024-03-01T00:00:00", 500_000_000)]
    [InlineData("2024-05-12T00:00", "2024-05-12T00:01 UTC", 60_000_000_000)]
    [InlineData("2024-05-12T00:00:00-0530", "2024-05-12T05:30:01", 1_000_000_000)]
    [InlineData("\"2024-05-12 00:00:00\"", "2024-05-12 00:00:00.5", 500_000_000)]
    [InlineData("1970-01-01 00:00:00", "2199-12-31 23:59:59", 7_258_118_399_000_000_000)]
    public void Forms_of_iso_8601_are_read_exactly(string first, string second, long nanoseconds) =>
        Assert.Equal(
            [0, nanoseconds],
            Arrivals($"TIMESTAMP,ContextTokens,GeneratedTokens\n{first},5,1\n{second},5,1\n")
        );

    [Theory]
    [InlineData("2024-02-30 00:00:00")]
    [InlineData("2024-13-01 00:00:00")]
    [InlineData("2024-01-01 24:00:00")]
    [InlineData("2024-01-01 00:60:00")]
    [InlineData("2024-01-01 00:00:61")]
    [InlineData("2024-01-01 00:00:00.")]
    [InlineData("2024-01-01 00:00:00+")]
    [InlineData("2024-01-01 00:00:00+1")]
    [InlineData("2024-01-01 00:00:00+99:00")]
    [InlineData("2024-01-01 00:00:00Zulu")]
    [InlineData("2024-01-01")]
    [InlineData("1969-12-31 23:59:59")]
    [InlineData("2200-01-01 00:00:00")]
    [InlineData("yesterday")]
    [InlineData("-1")]
    public void What_is_no_time_is_an_error(string time)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Arrivals($"TIMESTAMP,ContextTokens,GeneratedTokens\n{time},5,1\n")
        );

        Assert.StartsWith(
            $"t.jsonl:2: TIMESTAMP: found {time}; allowed: ",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void All_times_of_a_trace_have_the_unit_of_the_first()
    {
        var mixed = TraceText.Line() + "\n" + TraceText.Line("\"2024-01-01T00:00:00Z\"");
        var numbers = TraceText.Line() + "\n" + TraceText.Line("1");

        Assert.Throws<UserErrorException>(() => Arrivals(mixed));
        Assert.Throws<UserErrorException>(() => Arrivals(numbers, new TraceOptions { TimeUnit = "iso" }));
        var error = Assert.Throws<UserErrorException>(() =>
            Arrivals(numbers, new TraceOptions { TimeUnit = "sec" })
        );
        Assert.Equal("time_unit: found 'sec'; allowed: s, ms, us, ns, iso. Did you mean 's'?", error.Message);
    }

    [Fact]
    public void A_rate_that_its_unit_makes_implausible_is_noticed()
    {
        var text = string.Join('\n', Enumerable.Range(0, 60).Select(i => TraceText.Line($"{i}.5e-1")));

        var facts = TraceText.Facts(text);
        Assert.Equal(10_000, facts.RatePerSecond!.Value, 1e-6);
        Assert.Contains("give --time_unit s", Assert.Single(facts.Notices()), StringComparison.Ordinal);
        Assert.Empty(TraceText.Facts(text, new TraceOptions { TimeUnit = "ms" }).Notices());
        Assert.Empty(TraceText.Facts(text, new TraceOptions { TimeUnit = "s" }).Notices());
    }

    [Fact]
    public void Facts_are_the_traces_own()
    {
        var text = Rows(BailianLine, "10", "12", "16");

        Assert.Equal(
            "3 requests in 6 s, 0.333/s, times in s (bailian)",
            TraceText.Facts(text, new TraceOptions { TimeScale = 0.1 }).Describe()
        );
        Assert.Equal(
            "1 request without times (mooncake)",
            TraceText.Facts("""{"input_length": 3, "output_length": 1}""").Describe()
        );
    }

    [Fact]
    public void Every_text_of_a_nanosecond_reads_back()
    {
        var random = new RandomStream(1, "test");
        for (var i = 0; i < 1000; i++)
        {
            var ticks = (long)(random.NextDouble() * 7e16);
            var rest = (int)(random.NextDouble() * 100);
            var text = $"{DateTime.UnixEpoch.AddTicks(ticks):yyyy-MM-ddTHH:mm:ss.fffffff}{rest:00}Z";

            Assert.True(IsoTime.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out var nanoseconds));
            Assert.Equal((ticks * 100) + rest, nanoseconds);
        }
    }

    private static string Rows(string line, params string[] times) =>
        string.Join('\n', times.Select(time => line.Replace("TIME", time, StringComparison.Ordinal)));

    private static long[] Arrivals(string text, TraceOptions? options = null) =>
        [.. TraceText.Read(text, options).Select(request => request.Arrival.Nanoseconds)];
}
