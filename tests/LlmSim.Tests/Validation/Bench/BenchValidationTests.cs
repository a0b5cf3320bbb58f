using System.Text.Json;
using System.Text.Json.Nodes;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Validation.Bench;

/// <summary>Results of load tests beside the same load on the simulated deployment.</summary>
public sealed class BenchValidationTests : IDisposable
{
    private const double Exact = 1e-6;

    private static readonly string s_samples = Path.Combine(Repository.Root, "samples/measured/bench");

    private readonly TemporaryFolder _folder = new();
    private readonly string _cluster;

    public BenchValidationTests() => _cluster = _folder.Write("cluster.json", LoadTest.Cluster);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void A_closed_loop_is_sent_again_as_it_was(int concurrency)
    {
        var test = new LoadTest(_cluster, LoadTest.Fixed(10 * concurrency), concurrency);

        var errors = Errors("closed.json", test.Vllm(isDetailed: false));

        // Means, medians and two percentiles of TTFT, TPOT and E2E, mean and p99 of the gaps, the duration.
        Assert.Equal((3 * 4) + 2 + 1, errors.Count);
        Assert.All(errors, error => Assert.InRange(error.Value, -Exact, Exact));
    }

    [Fact]
    public void All_requests_at_once_are_a_loop_in_which_all_are_in_flight()
    {
        var test = new LoadTest(_cluster, LoadTest.Fixed(100), concurrency: null);

        Assert.All(
            Errors("burst.json", test.Vllm(isDetailed: false)),
            error => Assert.InRange(error.Value, -Exact, Exact)
        );
    }

    [Fact]
    public void Lengths_and_times_of_each_request_are_replayed_where_they_were_saved()
    {
        var test = new LoadTest(_cluster, LoadTest.Varied(150, rate: 30), concurrency: null);
        var result = test.Vllm(isDetailed: true, requestRate: 30);

        var errors = Errors("open.json", result);

        Assert.Equal((3 * 4) + 2 + 1, errors.Count);
        // Times come as doubles beside a clock of thousands of seconds.
        Assert.All(errors, error => Assert.InRange(error.Value, -1e-3, 1e-3));
    }

    [Fact]
    public void Times_in_the_queue_of_a_limited_client_count_before_the_sending()
    {
        var test = new LoadTest(_cluster, LoadTest.Fixed(64), concurrency: 8);
        var result = test.Vllm(isDetailed: true, requestRate: 1e6);
        // All were due at the start: the client kept them.
        var starts = result["start_times"]!.AsArray().Select(start => (double)start!).ToArray();
        result["queue_times"] = new JsonArray([
            .. starts.Select(start => JsonValue.Create(start - starts.Min())),
        ]);

        var run = Validate(_folder.Write("limited.json", result.ToJsonString()), "--include_doubtful");

        Assert.Contains("at the recorded times, at most 8 in flight", run.Out, StringComparison.Ordinal);
        Assert.All(
            Errors("limited.json", result, "--include_doubtful"),
            error => Assert.InRange(error.Value, -1e-3, 1e-3)
        );
    }

    [Theory]
    [InlineData("profile_export_aiperf.json")]
    [InlineData("profile_export.jsonl")]
    public void The_two_files_of_AIPerf_find_each_other(string given)
    {
        var test = new LoadTest(_cluster, LoadTest.Varied(150, rate: 30), concurrency: null);
        _folder.Write("profile_export.jsonl", test.AiperfRecords());
        var summary = test.Aiperf(new JsonObject { ["request_rate"] = 30 });
        _folder.Write("profile_export_aiperf.json", summary.ToJsonString());

        var errors = Errors(given);

        Assert.Equal((3 * 3) + 1, errors.Count);
        Assert.All(errors, error => Assert.InRange(error.Value, -1e-3, 1e-3));
    }

    [Fact]
    public void Records_alone_are_sent_at_their_times()
    {
        var test = new LoadTest(_cluster, LoadTest.Varied(60, rate: 30), concurrency: null);
        var path = _folder.Write("other.jsonl", test.AiperfRecords());

        var run = Validate(path, "--model", LoadTest.Model);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(
            "note: there is no input_config: requests are sent at the recorded times",
            run.Out,
            StringComparison.Ordinal
        );
        Assert.Matches(@"TTFT +mean ms +(\S+) +\1 +[+-]?0\.0", run.Out);
    }

    [Theory]
    [InlineData("""{ "loadgen": { "concurrency": 8 } }""", "aiperf")]
    [InlineData(
        """{ "phases": [{ "name": "warmup", "type": "concurrency", "concurrency": 2 }, { "name": "profiling", "type": "concurrency", "concurrency": 8 }] }""",
        "aiperf"
    )]
    [InlineData("""{ "perf_analyzer": { "stimulus": { "concurrency": 8 } } }""", "genai_perf")]
    [InlineData("""{ "concurrency": 8, "request_rate": null }""", "genai_perf")]
    public void Every_form_of_the_configuration_says_the_load(string config, string tool)
    {
        var test = new LoadTest(_cluster, LoadTest.Fixed(80), concurrency: 8);
        var summary = test.Aiperf([]);
        summary["input_config"] = JsonNode.Parse(config);

        var run = Validate(_folder.Write("a.json", summary.ToJsonString()), "--model", LoadTest.Model);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(
            $"a.json: {tool}, 80 requests of 1000 + 50 tokens, closed loop, 8 in flight",
            run.Out,
            StringComparison.Ordinal
        );
        Assert.All(
            Errors("a.json", summary, "--model", LoadTest.Model),
            error => Assert.InRange(error.Value, -Exact, Exact)
        );
    }

    [Fact]
    public void The_samples_are_compared_each_on_its_deployment()
    {
        var vllm = CliRun.Of([
            .. $"validate --bench {s_samples}/vllm_c4.json {s_samples}/vllm_c8.json".Split(' '),
            .. $"--deployment {s_samples}/mi300x.json --range_ratio 0.8 --plots {_folder.File("plots")}".Split(
                ' '
            ),
            "--csv_output",
            _folder.File("a.csv"),
        ]);
        var aiperf = CliRun.Of([
            .. $"validate --bench {s_samples}/aiperf_c8.json {s_samples}/aiperf_c32.json".Split(' '),
            .. $"--deployment {s_samples}/h100_tp2.json".Split(' '),
        ]);

        Assert.Equal((0, 0, ""), (vllm.ExitCode, aiperf.ExitCode, aiperf.Error));
        Assert.Contains(
            "Measured    2 load tests, deepseek-ai/DeepSeek-R1 on ",
            vllm.Out,
            StringComparison.Ordinal
        );
        Assert.Matches("(?m)^closed +2 ", vllm.Out);
        Assert.Matches("throughput +requests/s +0.275 ", vllm.Out);
        Assert.Matches("(?m)^closed +2 ", aiperf.Out);
        var figures = ResultTable
            .Open(_folder.File("a.csv"))
            .Numbers("measured_seconds", "predicted_seconds");
        Assert.Equal(2 * 12, figures[0].Length);
        Assert.All(figures[1], seconds => Assert.True(seconds > 0));
        Assert.Equal(
            ["e2e", "itl", "tpot", "ttft"],
            Directory
                .EnumerateFiles(_folder.File("plots"))
                .Select(path => Path.GetFileName(path).Split('_')[0])
                .Order()
        );
    }

    [Fact]
    public void Results_behind_one_another_in_a_file_are_told_apart()
    {
        var test = new LoadTest(_cluster, LoadTest.Fixed(20), concurrency: 2).Vllm(isDetailed: false);

        var path = _folder.Write("two.json", $"{test.ToJsonString()}\n{test.ToJsonString()}");
        var run = Validate(path);

        Assert.Contains("Measured    ", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{path}#1: vllm_bench, 20 requests", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{path}#2: vllm_bench, 20 requests", run.Out, StringComparison.Ordinal);
    }

    private Dictionary<string, double> Errors(string name, JsonObject result, params string[] options)
    {
        _folder.Write(name, result.ToJsonString());
        return Errors(name, options);
    }

    private Dictionary<string, double> Errors(string name, params string[] options)
    {
        var run = Validate(_folder.File(name), ["--json", "-", .. options]);
        Assert.True(run.ExitCode == 0, run.Error);
        using var json = JsonDocument.Parse(run.Out);
        return Assert
            .Single(json.RootElement.GetProperty("results").EnumerateArray())
            .EnumerateObject()
            .Where(figure => figure.Value.ValueKind == JsonValueKind.Object)
            .ToDictionary(
                figure => figure.Name,
                figure => figure.Value.GetProperty("error_percent").GetDouble()
            );
    }

    private CliRun Validate(string path, params string[] options) =>
        CliRun.Of([
            "validate",
            "--bench",
            path,
            "--deployment",
            _cluster,
            "--performance",
            "roofline",
            .. options,
        ]);
}
