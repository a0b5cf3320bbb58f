using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>The closed loop and the lengths of vLLM's benchmark on the command line.</summary>
public sealed class ClosedLoopCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_closed_loop_of_given_lengths_sends_ten_requests_a_client()
    {
        var run = Requests(
            "--concurrency",
            "4",
            "--input_len",
            "1000",
            "--output_len",
            "50",
            "--range_ratio",
            "0.8"
        );

        Assert.Contains("uniform, closed loop, 4 in flight, seed 2025", run.Out, StringComparison.Ordinal);
        var (inputs, outputs) = (Column("input_length"), Column("output_length"));
        Assert.Equal(40, inputs.Length);
        Assert.All(inputs, length => Assert.InRange(length, 800, 1000));
        Assert.All(outputs, length => Assert.InRange(length, 40, 50));
        Assert.True(inputs.Distinct().Count() > 10 && outputs.Distinct().Count() > 5);
    }

    [Fact]
    public void Lengths_are_fixed_unless_a_range_is_given()
    {
        Requests("--request_count", "5", "--output_len", "7");

        Assert.All(Column("input_length"), length => Assert.Equal(1024, length));
        Assert.All(Column("output_length"), length => Assert.Equal(7, length));
    }

    [Fact]
    public void The_lengths_do_not_depend_on_the_number_of_clients()
    {
        Requests("--concurrency", "2", "--request_count", "30", "--input_len", "99", "--range_ratio", "0.1");
        var few = Column("input_length");
        Requests("--concurrency", "16", "--request_count", "30", "--input_len", "99", "--range_ratio", "0.1");

        Assert.Equal(few, Column("input_length"));
    }

    [Fact]
    public void A_trace_gives_its_order_and_not_its_times()
    {
        var trace = _folder.Write(
            "trace.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 20)
                    .Select(i =>
                        $$"""{"timestamp": {{i * 60_000}}, "input_length": {{100 + i}}, "output_length": 5, "hash_ids": []}"""
                        + "\n"
                    )
            )
        );

        var run = Requests("--trace_path", trace, "--concurrency", "3");

        Assert.Contains("closed loop, 3 in flight", run.Out, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(100, 20).Select(length => (double)length), Column("input_length"));
        Assert.True(Column("arrival").Max() < 10);
    }

    [Fact]
    public void Concurrency_is_an_axis_of_sweeps_whatever_the_number_of_workers()
    {
        string Sweep(string jobs)
        {
            var path = _folder.File($"sweep{jobs}.csv");
            var run = CliRun.Of([
                .. "run --concurrency 1 2 4 8 --input_len 500 --output_len 20 --quiet --n_jobs".Split(' '),
                jobs,
                "--csv_output",
                path,
            ]);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            return File.ReadAllText(path);
        }

        var one = Sweep("1");

        Assert.Equal(one, Sweep("3"));
        var table = LlmSim.Experiments.Plots.ResultTable.Open(_folder.File("sweep1.csv"));
        var numbers = table.Numbers("concurrency", "total_requests", "lambda_arrival");
        Assert.Equal([1.0, 2, 4, 8], numbers[0]);
        Assert.Equal([10.0, 20, 40, 80], numbers[1]);
        Assert.All(numbers[2], rate => Assert.True(double.IsNaN(rate)));
        Assert.Equal(["closed_loop"], table.Texts("arrivals")[0].Distinct());

        var noRate = CliRun.Of("plot", table.Path, "--output", _folder.File("plots"));
        Assert.Contains("which closed loops do not have", noRate.Error, StringComparison.Ordinal);
        var curve = CliRun.Of([
            .. $"plot {table.Path} --x concurrency --y ttft_mean --output {_folder.File("plots")}".Split(' '),
        ]);
        Assert.Equal((0, ""), (curve.ExitCode, curve.Error));
    }

    [Theory]
    [InlineData("--arrivals: is not read in a closed loop", "--concurrency", "2", "--arrivals", "constant")]
    [InlineData(
        "--lambda_arrival: is not read in a closed loop",
        "--concurrency",
        "2",
        "--lambda_arrival",
        "3"
    )]
    [InlineData("--concurrency: found '0'; allowed: a whole number, from 1", "--concurrency", "0")]
    [InlineData(
        "--range_ratio: found '0'; allowed: a number, above 0, up to 1",
        "--range_ratio",
        "0",
        "--input_len",
        "9"
    )]
    [InlineData("--range_ratio: found '1.2'; allowed: a number, above 0, up to 1", "--range_ratio", "1.2")]
    [InlineData("--output_len: found '0'; allowed: a whole number, from 1 to 10000000", "--output_len", "0")]
    public void What_would_not_count_is_refused(string message, params string[] options)
    {
        var run = CliRun.Of(["run", .. options]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"llmsim: {message}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--range_ratio 0.5", "range_ratio", "request_source uniform")]
    [InlineData("--input_len 10 --request_source zipfian", "input_len", "request_source uniform")]
    [InlineData("--output_len 10 --max_len 9", "max_len", "request_source conversation; or")]
    [InlineData("--concurrency 2 --input_len 10 --zipf_s 3", "zipf_s", "request_source zipfian")]
    [InlineData(
        "--concurrency 2 --input_len 10 --prefill_global round_robin --decode_global round_robin --seed 3",
        "seed",
        "request_source conversation; or"
    )]
    public void What_has_no_effect_is_said(string options, string option, string reader)
    {
        var run = CliRun.Of(["run", "--request_count", "5", .. options.Split(' ')]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(
            $"--{option} has no effect here: it is read with {reader}",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Queues_do_not_grow_however_many_are_in_flight()
    {
        var run = CliRun.Of([
            .. "run --concurrency 256 --request_count 300 --input_len 30000 --output_len 20 --json -".Split(
                ' '
            ),
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("\"queue_grows\": false", run.Out, StringComparison.Ordinal);
        Assert.Contains("\"arrivals\": null", run.Out, StringComparison.Ordinal);
        Assert.Contains("\"lambda_arrival\": null", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_of_a_closed_loop_are_not_foreseen_from_a_rate_that_it_does_not_have()
    {
        var run = CliRun.Of([
            .. $"run --concurrency 64 --request_count 640 --input_len 10 --output_len 2 --sample_memory_usage --memory_usage_output {_folder.File("m.csv")}".Split(
                ' '
            ),
            .. "--sample_interval 0.1 --sample_limit 5000".Split(' '),
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public void The_times_of_a_trace_have_no_effect_in_a_closed_loop()
    {
        var trace = _folder.Write(
            "trace.jsonl",
            """{"timestamp": 0, "input_length": 100, "output_length": 5, "hash_ids": []}""" + "\n"
        );

        var run = CliRun.Of("run", "--trace_path", trace, "--concurrency", "3", "--time_scale", "2");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(
            "--time_scale has no effect here: it is read with arrivals trace",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_closed_loop_is_no_trace()
    {
        var run = CliRun.Of(
            "workload",
            "generate",
            "--concurrency",
            "3",
            "--output",
            _folder.File("a.jsonl")
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("a closed loop has no times of arrival", run.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    private CliRun Requests(params string[] options)
    {
        var run = CliRun.Of(["run", .. options, "--requests_output", _folder.File("requests.csv")]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return run;
    }

    /// <summary>A column of the requests in the order of sending.</summary>
    private double[] Column(string name)
    {
        var numbers = LlmSim
            .Experiments.Plots.ResultTable.Open(_folder.File("requests.csv"))
            .Numbers("id", name);
        Array.Sort(numbers[0], numbers[1]);
        return numbers[1];
    }
}
