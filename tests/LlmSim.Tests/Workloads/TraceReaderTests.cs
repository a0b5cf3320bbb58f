using System.Text.RegularExpressions;
using LlmSim.Kernel;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class TraceReaderTests
{
    [Fact]
    public void A_mooncake_line_is_a_request()
    {
        var requests = TraceText.Read(
            TraceText.Line("0", "6758", "500") + "\n" + TraceText.Line("27482", "7", "1") + "\n"
        );

        Assert.Equal(
            [
                new RequestSpec(0, SimTime.Zero, 6758, 500),
                new RequestSpec(1, SimTime.FromSeconds(27.482), 7, 1),
            ],
            requests
        );
    }

    [Fact]
    public void Hash_ids_are_read_when_asked_for()
    {
        Assert.Equal([0, 1], TraceText.Read(TraceText.Line(), readHashIds: true).Single().HashIds!);
        Assert.Null(TraceText.Read(TraceText.Line()).Single().HashIds);
    }

    [Theory]
    [InlineData("0.000001", 1)]
    [InlineData("1.5", 1_500_000)]
    [InlineData("1e3", 1_000_000_000)]
    [InlineData("9223372036854.775807", long.MaxValue)]
    public void Fractions_of_a_millisecond_are_exact(string timestamp, long nanoseconds) =>
        Assert.Equal(
            nanoseconds,
            TraceText.Read(TraceText.Line() + "\n" + TraceText.Line(timestamp))[1].Arrival.Nanoseconds
        );

    [Fact]
    public void Nanoseconds_are_accepted_under_their_name_and_unknown_fields_are_ignored()
    {
        var request = TraceText.Read(
            """
            {"timestamp_ns": 1, "output_length": 5, "input_length": 4}
            {"extra": {"input_length": [1]}, "timestamp_ns": 46926809, "output_length": 5, "input_length": 4}
            """
        );

        Assert.Equal(new RequestSpec(1, new SimTime(46926808), 4, 5), request[1]);
    }

    [Fact]
    public void Byte_order_mark_crlf_and_blank_lines_are_accepted()
    {
        var text = "\uFEFF" + TraceText.Line() + "\r\n\r\n" + TraceText.Line("1") + "\r\n\n  \n";

        Assert.Equal(TraceText.Read(TraceText.Line() + "\n" + TraceText.Line("1")), TraceText.Read(text));
    }

    [Theory]
    [InlineData("2023-11-16 18:15:46.6805900", "2023-11-16 18:15:50.9951690", 4_314_579_000)]
    [InlineData("2024-05-10 00:00:00.009930+00:00", "2024-05-10 00:00:01+00:00", 990_070_000)]
    [InlineData("2024-05-10 01:00:00+01:00", "2024-05-10 00:00:00.5+00:00", 500_000_000)]
    public void Azure_times_are_relative_to_the_first(string first, string second, long nanoseconds)
    {
        var requests = TraceText.Read(
            $"TIMESTAMP,ContextTokens,GeneratedTokens\r\n{first},374,44\r\n{second},396,109\r\n"
        );

        Assert.Equal(
            [
                new RequestSpec(0, SimTime.Zero, 374, 44),
                new RequestSpec(1, new SimTime(nanoseconds), 396, 109),
            ],
            requests
        );
    }

    [Fact]
    public void Azure_columns_are_found_by_name() =>
        Assert.Equal(
            new RequestSpec(0, SimTime.Zero, 3, 4),
            TraceText.Read("GeneratedTokens,x,TIMESTAMP,ContextTokens\n4,,2024-05-10 00:00:00,3").Single()
        );

    [Theory]
    [InlineData(
        "{\"timestamp\": 0",
        "t.jsonl:1: timestamp: found nothing; allowed: a number from 0 to 9.2e12 (milliseconds), or a time such as"
    )]
    [InlineData("hello", "t.jsonl:1: found hello; allowed: a JSON object")]
    [InlineData("[1]", "t.jsonl:1: found 1; allowed: a JSON object")]
    [InlineData("", "t.jsonl: the trace is empty")]
    [InlineData("\n \r\n", "t.jsonl: the trace is empty")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens", "t.jsonl: the trace has a header and no request")]
    [InlineData("TIMESTAMP,GeneratedTokens\n", "t.jsonl:1: ContextTokens: no such column")]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00,5,-1",
        "t.jsonl:2: GeneratedTokens: found -1;"
    )]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00,5.5,1",
        "t.jsonl:2: ContextTokens: found 5.5;"
    )]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00,5",
        "t.jsonl:2: GeneratedTokens: the row ends before it;"
    )]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n10/05/2024,5,1",
        "t.jsonl:2: TIMESTAMP: found 10/05/2024;"
    )]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n0001-01-01 00:00:00,5,1",
        "t.jsonl:2: TIMESTAMP: found 0001-"
    )]
    public void A_file_that_is_no_trace_is_told_so(string text, string expected) =>
        AssertError(text, expected);

    [Theory]
    [InlineData("input_length", "-3", "-3")]
    [InlineData("input_length", "0", "0")]
    [InlineData("input_length", "NaN", "NaN")]
    [InlineData("input_length", "1.5", "1.5")]
    [InlineData("input_length", "2147483648", "2147483648")]
    [InlineData("output_length", "\"12\"", "\"12\"")]
    [InlineData("output_length", "[1]", "[")]
    [InlineData("timestamp", "-1", "-1")]
    [InlineData("timestamp", "NaN", "NaN")]
    [InlineData("timestamp", "1e400", "1e400")]
    [InlineData("timestamp", "9223372036855", "9223372036855")]
    public void A_wrong_value_is_told_with_line_field_and_what_is_allowed(
        string field,
        string value,
        string found
    )
    {
        var line = field switch
        {
            "input_length" => TraceText.Line(input: value),
            "output_length" => TraceText.Line(output: value),
            _ => TraceText.Line(value),
        };

        AssertError(
            TraceText.Line() + "\n\n" + line,
            $"t.jsonl:3: {field}: found {found}; allowed: {(field == "timestamp" ? "a number" : "an integer")} from"
        );
    }

    [Theory]
    [InlineData("timestamp")]
    [InlineData("input_length")]
    [InlineData("output_length")]
    public void A_missing_field_is_named_and_null_is_the_same(string field)
    {
        var line = TraceText.Line();
        AssertError(
            line + "\n" + line.Replace($"\"{field}\"", "\"other\"", StringComparison.Ordinal),
            $"t.jsonl:2: {field}: missing"
        );
        AssertError(
            line
                + "\n"
                + Regex.Replace(
                    line,
                    $"(\"{field}\"): [0-9]+",
                    "$1: null",
                    RegexOptions.None,
                    TimeSpan.FromSeconds(1)
                ),
            $"t.jsonl:2: {field}: missing"
        );
    }

    [Theory]
    [InlineData("[1, \"a\"]", "\"a\"")]
    [InlineData("7", "7")]
    [InlineData("[1.5]", "1.5")]
    [InlineData("[18446744073709551616]", "18446744073709551616")]
    public void Wrong_hash_ids_are_an_error_when_they_are_read(string ids, string found)
    {
        var text = TraceText.Line().Replace("[0, 1]", ids, StringComparison.Ordinal);

        Assert.Single(TraceText.Read(text));
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text, readHashIds: true));
        Assert.StartsWith(
            $"t.jsonl:1: hash_ids: found {found}; allowed: an array",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Something_after_the_object_is_an_error() =>
        AssertError(
            TraceText.Line() + TraceText.Line(),
            "t.jsonl:1: found {\"timestamp\":; allowed: a JSON object: one a line, or an array of them (this is not JSON from column "
        );

    [Fact]
    public void A_line_that_is_cut_off_anywhere_is_an_error()
    {
        foreach (
            var line in new[]
            {
                TraceText.Line(),
                """{"input_length": 55, "timestamp": 10, "output_length": 22}""",
            }
        )
        {
            Assert.All(
                Enumerable.Range(1, line.Length - 1),
                length => Assert.Throws<UserErrorException>(() => TraceText.Read(line[..length]))
            );
        }
    }

    [Fact]
    public void Time_that_goes_backwards_is_an_error() =>
        AssertError(
            TraceText.Line("1500") + "\n" + TraceText.Line("1000"),
            "t.jsonl:2: timestamp: 0.5 s before the request above it; allowed: timestamps that never go backwards"
        );

    [Fact]
    public void Another_format_than_the_one_asked_for_is_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(TraceText.Line(), new TraceOptions { Format = "azure" })
        );
        Assert.Equal("t.jsonl: the trace is in mooncake's format; allowed here: azure's", error.Message);
    }

    [Fact]
    public void A_binary_file_is_told_so()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0])
        );
        Assert.StartsWith("t.jsonl: looks like a binary file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_of_a_gigabyte_is_an_error_that_does_not_read_it()
    {
        using var stream = new EndlessLine(1 << 30);

        var error = Assert.Throws<UserErrorException>(() => TraceReader.Read(stream, "t.jsonl").Count());

        Assert.Equal("t.jsonl:1: the line is longer than 16 MiB; allowed: one request a line", error.Message);
        Assert.True(stream.Position <= new ReadLimits().RecordBytes);
    }

    [Fact]
    public void A_line_longer_than_the_buffer_is_read()
    {
        var ids = string.Join(", ", Enumerable.Range(0, 100_000));
        var text =
            TraceText.Line()
            + "\n"
            + TraceText.Line("1").Replace("0, 1]", ids + "]", StringComparison.Ordinal);

        Assert.Equal(100_000, TraceText.Read(text, readHashIds: true)[1].HashIds!.Length);
    }

    [Fact]
    public void Reading_allocates_nothing_per_line()
    {
        const int Lines = 20_000;
        var few = AllocatedBytes(100);
        var many = AllocatedBytes(Lines);

        // The runtime itself may allocate once on this thread; the smallest object a line would be 24 bytes each.
        Assert.True(many - few < Lines, $"{many - few} bytes more for {Lines} lines than for 100");
    }

    [Fact]
    public void The_real_traces_are_read_whole()
    {
        using var mooncake = File.OpenRead(SharedFiles.Require("traces/mooncake_conversation.jsonl"));
        var conversation = TraceReader.Read(mooncake, "mooncake").ToArray();
        Assert.Equal(12_031, conversation.Length);
        Assert.Equal(3536.999, conversation[^1].Arrival.Seconds);
        Assert.Equal(12_035.061, conversation.Average(request => request.InputTokens), 3);
        Assert.Equal(342.619, conversation.Average(request => request.OutputTokens), 3);

        using var azure = File.OpenRead(SharedFiles.Require("traces/azure_2023_conv.csv"));
        var requests = TraceReader.Read(azure, "azure").ToArray();
        Assert.Equal(19_366, requests.Length);
        Assert.Equal(new RequestSpec(19_365, SimTime.FromSeconds(3501.721937), 197, 183), requests[^1]);
    }

    private static long AllocatedBytes(int lines)
    {
        var text = string.Join("\n", Enumerable.Repeat(TraceText.Line("1.25"), lines));
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = 0L;
        foreach (var request in TraceReader.Read(stream, "t.jsonl"))
        {
            sum += request.InputTokens;
        }

        var after = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(10L * lines, sum);
        return after - before;
    }

    private static void AssertError(string text, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    private sealed class EndlessLine(long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, length - _position);
            buffer.AsSpan(offset, count).Fill((byte)'{');
            _position += count;
            return count;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
