using System.Globalization;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>The sample files of a run, and what is wrong in asking for them.</summary>
public sealed class SampleFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Csv_and_parquet_hold_the_same_samples()
    {
        var queue = Sample("queues", "queue_states");
        var memory = Sample("memory", "memory_usage");

        Assert.Equal(
            "timestamp,instance_id,instance_group,queued_ids,queued_input_lengths,queued_seconds_to_ttft_deadline,"
                + "queue_length,running_requests",
            string.Join(',', queue.Columns)
        );
        Assert.Equal(
            "timestamp,instance_id,instance_group,memory_usage,kv_bytes,kv_capacity_bytes",
            string.Join(',', memory.Columns)
        );
        var usage = memory.Numbers("memory_usage", "kv_bytes", "kv_capacity_bytes");
        Assert.Equal(usage[1].Zip(usage[2], (held, all) => held / all), usage[0]);
        Assert.Contains(usage[0], share => share > 0);
    }

    [Fact]
    public void Samples_after_events_list_the_ids_lengths_and_times_left()
    {
        Run(_folder.File("q.csv"), "queue_states", "--sample_rate", "1", "--lambda_arrival", "50");

        var cells = ResultTable
            .Open(_folder.File("q.csv"))
            .Texts("queue_length", "queued_ids", "queued_input_lengths", "queued_seconds_to_ttft_deadline");
        Assert.Contains(cells[0], length => length != "0");
        foreach (var column in cells[1..])
        {
            Assert.Equal(
                cells[0].Select(length => int.Parse(length, CultureInfo.InvariantCulture)),
                column.Select(list => list.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length)
            );
        }
    }

    [Theory]
    [InlineData("--sample_rate: found '2'; allowed: a number, from 0 to 1", "--sample_rate", "2")]
    [InlineData("--sample_interval: found '0'", "--sample_interval", "0")]
    [InlineData(
        "--queue_states_output q.txt: the extension '.txt'",
        "--sample_queue_states",
        "--queue_states_output",
        "q.txt"
    )]
    [InlineData("--plots_format: found 'gif'; allowed: png, svg", "--plots_format", "gif")]
    public void What_cannot_be_sampled_is_an_error(string message, params string[] options)
    {
        var run = CliRun.Of(["run", "--quiet", "--request_count", "1", .. options]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no.csv", null, "no.csv: no such file")]
    [InlineData(
        "a.txt",
        "x",
        "the extension '.txt' says no format that can be read; allowed: .csv, .parquet"
    )]
    [InlineData("a.csv", "a,b\n1,2\n", "is no result file that can be drawn; its columns are a, b")]
    [InlineData("a.csv", "ttft,prefill_start\n1,2\n", "there is no column 'trace_input_length'")]
    [InlineData(
        "a.csv",
        "timestamp,instance_group,instance_id,memory_usage\n0,decode,0,x\n",
        "a.csv:2: memory_usage: found 'x'; allowed: a number"
    )]
    [InlineData(
        "a.csv",
        "timestamp,instance_group,instance_id,memory_usage\n0,decode\n",
        "a.csv:2: instance_id: the row ends before it; allowed: 4 cells"
    )]
    [InlineData("a.parquet", "no parquet", "a.parquet: is damaged, or no Parquet file")]
    [InlineData("a.csv", "timestamp,instance_group,instance_id,memory_usage\n", "nothing can be drawn")]
    public void What_cannot_be_drawn_is_an_error(string name, string? content, string message)
    {
        var path = content is null ? _folder.File(name) : _folder.Write(name, content);

        var run = CliRun.Of("plot", path, "--output", _folder.File("plots"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private ResultTable Sample(string name, string kind)
    {
        var (csv, parquet) = (_folder.File($"{name}.csv"), _folder.File($"{name}.parquet"));
        foreach (var path in (string[])[csv, parquet])
        {
            Run(path, kind, "--sample_interval", "0.5", "--sample_rate", "0.1");
        }

        var (expected, actual) = (ResultTable.Open(csv), ResultTable.Open(parquet));
        Assert.Equal(expected.Columns, actual.Columns);
        foreach (var column in expected.Columns)
        {
            Assert.Equal(expected.Texts(column)[0], actual.Texts(column)[0]);
        }

        return expected;
    }

    private static void Run(string path, string kind, params string[] options)
    {
        var run = CliRun.Of([
            .. (string[])["run", "--quiet", "--request_count", "30"],
            .. (string[])[$"--sample_{kind}", $"--{kind}_output", path],
            .. options,
        ]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }
}
