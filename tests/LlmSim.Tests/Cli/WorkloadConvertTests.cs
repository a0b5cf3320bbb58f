using LlmSim.Cli.Commands;
using LlmSim.Experiments;
using LlmSim.Experiments.Options;
using LlmSim.Tests.Experiments;
using LlmSim.Tests.Workloads;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Cli;

public sealed class WorkloadConvertTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("out.jsonl")]
    [InlineData("out.jsonl.gz")]
    [InlineData("out.jsonl.zst")]
    [InlineData("out.csv")]
    [InlineData("out.csv.gz")]
    public void What_is_converted_is_the_same_trace(string name)
    {
        var input = _folder.Write(
            "in.jsonl",
            """
            {"timestamp": 1700000000123.456789, "input_length": 600, "output_length": 5, "hash_ids": [7, 4294967296]}
            {"timestamp": 1700000000123.456790, "input_length": 700, "output_length": 6, "hash_ids": [7, 8]}
            """
        );

        var run = CliRun.Of("workload", "convert", input, _folder.File(name));

        Assert.Equal((0, ""), (run.ExitCode, run.Out));
        Assert.Contains("2 requests in 1E-09 s", run.Error, StringComparison.Ordinal);
        var expected = Read(input);
        Assert.Equal([0, 1], expected.Select(request => request.Arrival.Nanoseconds));
        var actual = Read(_folder.File(name));
        Assert.Equal(WithoutHashIds(expected), WithoutHashIds(actual));
        Assert.Equal(
            name.Contains("csv", StringComparison.Ordinal) ? null : [7, 4294967296],
            actual[0].HashIds
        );
    }

    [Fact]
    public void Options_of_reading_apply_and_what_is_left_out_is_said()
    {
        var input = _folder.Write("in.csv", "when;in;out\n2;3;4\n1;5;6\n1;5;0\n");

        var run = CliRun.Of(
            "workload",
            "convert",
            input,
            _folder.File("out.jsonl"),
            "--columns",
            "arrival=when,input=in,output=out",
            "--sort",
            "--skip_invalid",
            "--time_scale",
            "2"
        );

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 row left out by skip_invalid", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            """
            {"timestamp": 0, "input_length": 5, "output_length": 6}
            {"timestamp": 2000, "input_length": 3, "output_length": 4}

            """,
            File.ReadAllText(_folder.File("out.jsonl"))
        );
    }

    [Fact]
    public void A_trace_without_times_stays_one()
    {
        var input = _folder.Write("in.csv", "ContextTokens,GeneratedTokens\n3,4\n");

        Assert.Equal(0, CliRun.Of("workload", "convert", input, _folder.File("a.jsonl")).ExitCode);
        Assert.Equal(
            0,
            CliRun.Of("workload", "convert", _folder.File("a.jsonl"), _folder.File("b.csv")).ExitCode
        );
        Assert.Equal(File.ReadAllText(input), File.ReadAllText(_folder.File("b.csv")));
    }

    [Theory]
    [InlineData("out.txt", "OUT: found '")]
    [InlineData("out.gz", "OUT: found '")]
    [InlineData("no/out.csv", "OUT ")]
    public void A_place_that_cannot_be_written_is_an_error(string name, string expected)
    {
        var input = _folder.Write("in.csv", "ContextTokens,GeneratedTokens\n3,4\n");

        var run = CliRun.Of("workload", "convert", input, _folder.File(name));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(["in.csv"], _folder.Names);
    }

    [Fact]
    public void Statistics_begin_with_the_traces_rate_and_span()
    {
        var input = _folder.Write("t.jsonl", TraceText.Line() + "\n" + TraceText.Line("500"));

        var text = CliRun.Of("workload", "stats", input);
        Assert.StartsWith(
            $"trace {input}: 2 requests in 0.5 s, 2/s, times in ms (mooncake)\n",
            text.Out,
            StringComparison.Ordinal
        );
        var json = CliRun.Of(
            "workload",
            "stats",
            input,
            "--format",
            "json",
            "--time_unit",
            "s",
            "--request_source",
            "mooncake"
        );
        Assert.Contains("\"time_unit\": \"s\"", json.Out, StringComparison.Ordinal);
        Assert.Contains("\"rate\": 0.002", json.Out, StringComparison.Ordinal);
        Assert.Equal(1, CliRun.Of("workload", "stats", input, "--request_source", "zipfian").ExitCode);
    }

    [Fact]
    public void Every_option_of_a_workload_is_read_by_some()
    {
        string[] always = ["arrivals", "concurrency", "request_count", "request_source", "trace_path"];
        var options = new WorkloadArguments().Group.Options.Select(option => option.Name.TrimStart('-'));
        var read = OptionReader.All.SelectMany(reader => reader.Options).Concat(always).ToHashSet();

        Assert.All(options, option => Assert.Contains(option, read));
    }

    private static RequestSpec[] Read(string path)
    {
        using var stream = InputFile.Open(path);
        return [.. TraceReader.Read(stream, path, readHashIds: true)];
    }

    private static IEnumerable<RequestSpec> WithoutHashIds(IEnumerable<RequestSpec> requests) =>
        requests.Select(request => request with { HashIds = null });
}
