using System.Text;
using LlmSim.Kernel;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>A row of a trace is read to its end: what is wrong behind the fields that are used is wrong too.</summary>
public sealed class TraceToTheEndTests
{
    private const string Good = """{"timestamp": 0, "input_length": 100, "output_length": 5}""";
    private const string Azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

    [Theory]
    [InlineData(
        """{"timestamp": 0, "input_length": 100, "output_length": 5, "output_length": 500}""",
        "output_length: is there twice"
    )]
    [InlineData(
        """{"timestamp": 0, "input_length": 100, "output_length": 5, "input_length": -7, "output_length": "abc"}""",
        "input_length: is there twice"
    )]
    [InlineData(
        """{"timestamp": 0, "input_length": 100, "output_length": 5, "output_lengt\u0068": 5}""",
        "output_length: is there twice"
    )]
    [InlineData(
        """{"x": 1, "timestamp": 0, "input_length": 100, "output_length": 5, "x": 1}""",
        "x: is there twice"
    )]
    [InlineData(
        """{"timestamp": 0, "input_length": 100, "output_length": 5, "x": [{"y": 1, "y": 2}]}""",
        "y: is there twice"
    )]
    [InlineData(
        """{"timestamp": null, "timestamp": 0, "input_length": 100, "output_length": 5}""",
        "timestamp: is there twice"
    )]
    [InlineData(
        """{"timestamp": 0, "input_length": 100, "output_length": 5 garbage @@ [[ }""",
        "found garbage"
    )]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5, garbage }""", "found garbage")]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5,}""", "found }")]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5}}""", "found }")]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5} {}""", "found {")]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5, "hash_ids": [1, 2,]}""", "")]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5, "hash_ids": [1 2]}""", "")]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5, "hash_ids": [01, 2]}""", "")]
    [InlineData("""{"timestamp": 0, "input_length": 100, "output_length": 5, "hash_ids": [1, 2}""", "")]
    [InlineData(
        """{"timestamp": 0, "input_length": 100, "output_length": 5, "\ud800": 5}""",
        "an escape such as"
    )]
    public void Lines_of_json_are_errors_whatever_is_asked_of_them(string line, string expected)
    {
        foreach (
            var text in new[]
            {
                line,
                $"{Good}\n{Good}\n{line}",
                $"{Good.Replace('}', ',')} \"hash_ids\": [1]}}\n{line}",
            }
        )
        {
            var number = text.Count(character => character == '\n') + 1;
            foreach (var readHashIds in new[] { false, true })
            {
                var error = Assert.Throws<UserErrorException>(() =>
                    TraceText.Read(text, readHashIds: readHashIds)
                );
                Assert.StartsWith($"t.jsonl:{number}: ", error.Message, StringComparison.Ordinal);
                Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("[{0},]")]
    [InlineData("[,{0}]")]
    [InlineData("[{0},,{0}]")]
    [InlineData("[{0} {0}]")]
    [InlineData("[{0}\n{0}]")]
    [InlineData("[{0}][{0}]")]
    [InlineData("{{\n{1}\n,\n{0}")]
    [InlineData("{{\n{1}\n[{0}]")]
    public void Values_of_an_array_have_one_comma_between_them_and_others_none(string format)
    {
        var text = format.Replace("{0}", Good).Replace("{1}", Good[1..]).Replace("{{", "{");

        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));

        Assert.StartsWith("t.jsonl:", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2024-05-10 00:00:00,1,234,56", "GeneratedTokens: '56' follows it; allowed: 3 cells")]
    [InlineData("2024-05-10 00:00:00,1,234,", "GeneratedTokens: 'nothing' follows it; allowed: 3 cells")]
    [InlineData("2024-05-10 00:00:00,1", "GeneratedTokens: the row ends before it; allowed: 3 cells")]
    [InlineData("2024-05-10 00:00:00,\"1,234\",56", "ContextTokens: found 1,234; allowed: an integer")]
    [InlineData("2024-05-10 00:00:00,1.234,56", "ContextTokens: found 1.234; allowed: an integer")]
    [InlineData("2024-05-10 00:00:00,1.000,56", "ContextTokens: found 1.000; allowed: an integer")]
    [InlineData("2024-05-10 00:00:00,1 234,56", "ContextTokens: found 1 234; allowed: an integer")]
    [InlineData(
        "2024-05-10 00:00:00,\"12\"3,56",
        "ContextTokens: found \"12\"3; allowed: a separator behind the closing quote"
    )]
    public void Rows_of_a_table_have_the_cells_of_its_header(string row, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(Azure + row));
        Assert.StartsWith($"t.jsonl:2: {expected}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens,ContextTokens\n2024-05-10 00:00:00,10,20,9999",
        "ContextTokens"
    )]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens,contexttokens\n2024-05-10 00:00:00,10,20,9999",
        "ContextTokens"
    )]
    [InlineData("x,TIMESTAMP,ContextTokens,GeneratedTokens,\"x\"\n1,2024-05-10 00:00:00,10,20,9999", "x")]
    public void A_column_that_is_there_twice_is_an_error(string text, string column)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));
        Assert.Equal(
            $"t.jsonl:1: {column}: the header has this column 2 times; allowed: once",
            error.Message
        );
    }

    [Theory]
    [InlineData("{\"timestamp\": 0, \"input_length\": 100, \"output_length\": 5, \"text\": \"caf\u00e9\"}")]
    [InlineData(Azure + "2024-05-10 00:00:00,10,20\u00e9")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens,\u00e9\n2024-05-10 00:00:00,10,20,")]
    [InlineData("{\"input_lens\": [1], \"output_lens\": [1], \"start_times\": [0], \"x\": \"\u00e9\"}")]
    [InlineData(
        "[{\"conversations\": [{\"from\": \"human\", \"value\": \"\u00e9\"}, {\"from\": \"gpt\", \"value\": \"a\"}]}]"
    )]
    public void Bytes_that_are_not_utf8_are_an_error_with_their_place(string text)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(Encoding.Latin1.GetBytes(text)));

        Assert.StartsWith("t.jsonl", error.Message, StringComparison.Ordinal);
        Assert.Contains("found the byte 0xE9 after '", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "{\"input_lens\": [1], \"output_lens\": [1], \"output_lens\": [500], \"start_times\": [0]}",
        "output_lens"
    )]
    [InlineData(
        "[{\"conversations\": [{\"from\": \"human\", \"value\": \"a\", \"value\": \"b\"}, {\"from\": \"gpt\", \"value\": \"a\"}]}]",
        "value"
    )]
    public void Documents_have_each_key_once(string text, string key)
    {
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));
        Assert.StartsWith("t.jsonl", error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_with_other_keys_or_values_than_the_one_before_are_read_as_if_alone()
    {
        string[] records =
        [
            """{"timestamp": 0, "input_length": 10, "output_length": 2, "hash_ids": [1, 2, 30]}""",
            """{"timestamp": 1, "input_length": 11, "output_length": 2, "hash_ids": []}""",
            """{"timestamp": 2.5, "input_length": 12.0, "output_length": 3, "hash_ids": [4]}""",
            """{"timestamp": 3e0, "input_length": 13, "output_length": 4e0}""",
            """{"timestamp": "4", "input_length": 14, "output_length": 5, "x": {"input_length": 9}}""",
            """{"x": {"input_length": 9}, "timestamp": 5, "input_length": 15, "output_length": 6}""",
            """{"x": [{"input_length": 9}, {"input_length": 9}], "timestamp": 6, "input_length": 16, "output_length": 7}""",
            """{"timestamp":7,"input_length":17,"output_length":8,"x":true}""",
            """{"timestamp":8,"input_length":18,"output_length":9,"x":"a } \" b"}""",
            """{"timestamp":9,"input_length":19,"output_length":10,"x":-1.5}""",
        ];
        var alone = records.Select(record => TraceText.Read(record)[0]).ToArray();
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new RandomStream(seed, "records");
            var order = Enumerable.Range(0, 40).Select(_ => random.Next(records.Length)).ToArray();

            var read = TraceText.Read(
                string.Join('\n', order.Select(i => records[i])),
                new() { Sort = true }
            );

            Assert.Equal(
                order.Order().Select(i => (alone[i].InputTokens, alone[i].OutputTokens)),
                read.Select(request => (request.InputTokens, request.OutputTokens))
            );
        }
    }

    [Fact]
    public void Blank_lines_without_end_are_an_error()
    {
        var text = new byte[(16 << 20) + 100];
        text.AsSpan().Fill((byte)'\n');
        foreach (var head in new[] { "", Good, $"[{Good}," })
        {
            Encoding.UTF8.GetBytes(head).CopyTo(text, 0);

            var error = Assert.Throws<UserErrorException>(() => TraceText.Read(text));

            Assert.Contains(
                "found more than 16 MiB of blank lines above",
                error.Message,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void Blank_lines_before_the_first_record_are_counted_and_skipped()
    {
        var blank = new string('\n', 100_000);
        Assert.Equal(100, TraceText.Read(blank + Good)[0].InputTokens);
        Assert.Equal(100, TraceText.Read($"{blank}[{Good}]")[0].InputTokens);
        var error = Assert.Throws<UserErrorException>(() => TraceText.Read($"{blank}[{Good}, 1]"));
        Assert.StartsWith("t.jsonl:100001: found 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_within_one_another_have_a_limit()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 62)) + string.Concat(Enumerable.Repeat("]", 62));
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(Good.Replace("}", $", \"x\": {deep}}}"))
        );
        Assert.Contains("more than 60 deep", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_of_numbers_are_accepted_only_when_they_are_json()
    {
        var random = new RandomStream(1, "lists");
        var accepted = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var numbers = Enumerable.Range(0, 1 + random.Next(40)).Select(_ => random.Next(1000));
            var list = new StringBuilder(string.Join(i % 2 == 0 ? ", " : ",", numbers));
            var isChanged = i % 3 == 0;
            if (isChanged)
            {
                list[random.Next(list.Length)] = "0123, -e.]"[random.Next(10)];
            }

            var line = Encoding.UTF8.GetBytes($"{{\"x\": [{list}]}}");
            var isList = JsonIntegers.IsList(line, 7, line.Length - 2);

            Assert.True(isList || isChanged, list.ToString());
            accepted += isList ? 1 : 0;
            if (isList)
            {
                using var parsed = System.Text.Json.JsonDocument.Parse(line);
                Assert.All(
                    parsed.RootElement.GetProperty("x").EnumerateArray(),
                    id => Assert.True(id.GetInt64() >= 0)
                );
            }
        }

        Assert.InRange(accepted, 13_400, 19_999);
    }
}
