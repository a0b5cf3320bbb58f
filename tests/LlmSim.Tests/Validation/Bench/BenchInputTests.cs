using System.Text.Json.Nodes;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Validation.Bench;

/// <summary>What results of load tests are refused for, and what is said of doubtful ones.</summary>
public sealed class BenchInputTests : IDisposable
{
    private const string Vllm = """
        {"backend": "vllm", "model_id": "meta-llama/Llama-3.1-8B", "num_prompts": 20, "request_rate": "inf", "max_concurrency": 2,
         "duration": 9.0, "completed": 20, "total_input_tokens": 20000, "total_output_tokens": 1000, "mean_ttft_ms": 100.0, "mean_tpot_ms": 15.0}
        """;

    private const string Aiperf = """
        {"request_count": {"unit": "requests", "avg": 20.0}, "time_to_first_token": {"unit": "ms", "avg": 100.0, "p99": 200.0},
         "input_sequence_length": {"unit": "tokens", "avg": 1000.0}, "output_sequence_length": {"unit": "tokens", "avg": 50.0},
         "input_config": {"endpoint": {"model_names": ["meta-llama/Llama-3.1-8B"]}, "loadgen": {"concurrency": 2}}}
        """;

    private const string Record = """
        {"metadata": {"request_start_ns": 1759813207532900363, "turn_index": 0, "benchmark_phase": "profiling", "was_cancelled": false},
         "metrics": {"input_sequence_length": {"value": 1000, "unit": "tokens"}, "output_sequence_length": {"value": 50, "unit": "tokens"},
           "time_to_first_token": {"value": 100.0, "unit": "ms"}, "request_latency": {"value": 800.0, "unit": "ms"}}, "error": null}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly string _cluster;

    public BenchInputTests() => _cluster = _folder.Write("cluster.json", LoadTest.Cluster);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("duration is missing", "\"duration\": 9.0,", "")]
    [InlineData("duration: found 0; allowed: a number above 0", ": 9.0", ": 0")]
    [InlineData("duration: found -9.0; allowed: a number above 0", ": 9.0", ": -9.0")]
    [InlineData("duration: found 'NaN'; allowed: a number above 0", ": 9.0", ": NaN")]
    [InlineData("mean_ttft_ms: found 'NaN'; allowed: a number from 0", ": 100.0", ": NaN")]
    [InlineData("mean_tpot_ms: found -15.0; allowed: a number from 0", ": 15.0", ": -15.0")]
    [InlineData("mean_tpot_ms: found 'Infinity'; allowed: a number from 0", ": 15.0", ": Infinity")]
    [InlineData("request_rate is missing", "\"request_rate\": \"inf\",", "")]
    [InlineData(
        "request_rate: found 'fast'; allowed: a number above 0, up to 1e15, \"inf\"",
        "\"inf\"",
        "\"fast\""
    )]
    [InlineData("request_rate: found 0; allowed: a number above 0, up to 1e15, \"inf\"", "\"inf\"", "0")]
    [InlineData(
        "max_concurrency: found 0; allowed: a whole number from 1",
        "_concurrency\": 2",
        "_concurrency\": 0"
    )]
    [InlineData(
        "max_concurrency: found 1.5; allowed: a whole number from 1",
        "_concurrency\": 2",
        "_concurrency\": 1.5"
    )]
    [InlineData(
        "completed: found 0; allowed: at least 1: there is nothing to compare",
        "completed\": 20",
        "completed\": 0"
    )]
    [InlineData(
        "burstiness: found 0.00001; allowed: a number from 0.0001, \"inf\"",
        "\"mean_ttft",
        "\"burstiness\": 0.00001, \"mean_ttft"
    )]
    [InlineData("completed: found -3; allowed: a whole number from 0", "completed\": 20", "completed\": -3")]
    [InlineData(
        "total_output_tokens: found 10; allowed: at least one token of each of 20 requests",
        ": 1000,",
        ": 10,"
    )]
    [InlineData(
        "model_id: found 8; allowed: a text without control characters",
        "\"meta-llama/Llama-3.1-8B\"",
        "8"
    )]
    [InlineData(
        "output_lens: found 1 of them beside 2 input_lens; allowed: as many",
        "\"mean",
        "\"input_lens\": [5, 6], \"output_lens\": [5], \"mean"
    )]
    [InlineData(
        "input_lens[1]: found -6; allowed: a whole number from 0",
        "\"mean",
        "\"input_lens\": [5, -6], \"output_lens\": [5, 5], \"mean"
    )]
    [InlineData(
        "start_times[1]: found 'NaN'; allowed: a number",
        "\"mean",
        "\"input_lens\": [5, 6], \"output_lens\": [5, 5], \"start_times\": [1.0, NaN], \"mean"
    )]
    [InlineData(
        "output_lens: no request completed: there is nothing to compare",
        "\"mean",
        "\"input_lens\": [5, 6], \"output_lens\": [0, 0], \"mean"
    )]
    public void What_is_wrong_in_a_result_of_vllm_bench_is_said(string message, string from, string to) =>
        RequireError(": " + message, Replaced(Vllm, from, to));

    [Theory]
    [InlineData("request_count: avg: found 2.5; allowed: a whole number from 0", ": 20.0", ": 2.5")]
    [InlineData("request_count: no request was served", ": 20.0", ": 0")]
    [InlineData("time_to_first_token: unit: found 'h'; allowed: ns, us, ms, sec", "\"ms\"", "\"h\"")]
    [InlineData("time_to_first_token: p99: found -200.0; allowed: a number from 0", ": 200.0", ": -200.0")]
    [InlineData("output_sequence_length is missing", "\"output_sequence_length\"", "\"osl\"")]
    [InlineData("output_sequence_length: avg: found 0.5; allowed: a number from 1", ": 50.0", ": 0.5")]
    [InlineData(
        "input_config: loadgen: concurrency: found '2'; allowed: a whole number from 1",
        ": 2}",
        ": \"2\"}"
    )]
    public void What_is_wrong_in_a_summary_of_AIPerf_is_said(string message, string from, string to) =>
        RequireError(": " + message, Replaced(Aiperf, from, to));

    [Theory]
    [InlineData(": metrics: output_sequence_length is missing", "\"output_sequence_length\"", "\"osl\"")]
    [InlineData(": metadata: request_start_ns is missing", "\"request_start_ns\"", "\"sent\"")]
    [InlineData(
        ": no request was served: there is nothing to compare",
        "\"error\": null",
        "\"error\": {\"code\": 500}"
    )]
    public void What_is_wrong_in_a_record_of_AIPerf_is_said(string message, string from, string to) =>
        RequireError(message, Replaced(Record, from, to));

    [Theory]
    [InlineData(":1: is not JSON.", "{")]
    [InlineData(":2: is not JSON.", "{\n")]
    [InlineData(": is empty; allowed: the JSON of a load test", "")]
    [InlineData(": found number; allowed: an object", "7")]
    [InlineData(": found array; allowed: an object", "[]")]
    [InlineData(": is no result of a load test: it has nothing; allowed: what vllm bench serve", "{}")]
    [InlineData(
        ": is no result of a load test: it has requests, a; allowed: what vllm bench serve",
        "{\"requests\": 1, \"a\": 2}"
    )]
    [InlineData(
        ": has text that is not Unicode",
        "{\"duration\": 1, \"completed\": 1, \"total_input_tokens\": 1, \"total_output_tokens\": 1, \"request_rate\": \"\\ud83d\"}"
    )]
    [InlineData(": is no result of a load test: it has a\uFFFD[31mred; allowed", "{\"a\\u001b[31mred\": 1}")]
    [InlineData("#2: is no result of a load test", Vllm + "{}")]
    public void What_is_no_result_of_a_load_test_is_refused(string message, string text) =>
        RequireError(message, text);

    [Fact]
    public void A_table_of_AIPerf_is_pointed_at_the_file_beside_it()
    {
        var path = _folder.Write("profile_export_aiperf.csv", "Metric,avg\n");

        Assert.Contains("give that one", Validate(path).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_deployment_serves_one_model()
    {
        var a = _folder.Write("a.json", Vllm);
        var b = _folder.Write("b.json", Replaced(Vllm, "meta-llama/Llama-3.1-8B", "Qwen/Qwen3-8B"));

        var run = CliRun.Of("validate", "--bench", a, b, "--deployment", _cluster);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            $"llmsim: {b}: found model 'Qwen/Qwen3-8B', while {a} has model 'meta-llama/Llama-3.1-8B'; allowed: one model",
            run.Error,
            StringComparison.Ordinal
        );
        var both = CliRun.Of(
            "validate",
            "--bench",
            a,
            b,
            "--deployment",
            _cluster,
            "--model",
            "Qwen/Qwen3-8B"
        );
        Assert.Contains("Compared    2 of 2", both.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/data/models/Llama-3.1-8B/", "meta-llama/Llama-3.1-8B", "")]
    [InlineData("my-llama", "", "model 'my-llama' is not in the catalog; say with --model NAME")]
    [InlineData(null, "", "names no model; say with --model NAME which one was served")]
    public void The_model_is_the_end_of_its_path_or_has_to_be_said(string? stated, string found, string error)
    {
        var result = JsonNode.Parse(Vllm)!;
        result["model_id"] = stated;
        var path = _folder.Write("a.json", result.ToJsonString());

        var run = Validate(path);

        Assert.Contains(found.Length > 0 ? $", {found} on " : "", run.Out, StringComparison.Ordinal);
        Assert.StartsWith(
            error.Length > 0 ? $"llmsim: {path}: {error}" : "",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        "completed\": 20",
        "completed\": 19",
        "note: 1 of 20 requests failed: the 19 others are simulated"
    )]
    [InlineData(
        "\"failed\": 0",
        "\"failed\": 1",
        "note: 1 of 21 requests failed: the 20 others are simulated"
    )]
    public void Failed_requests_are_said(string from, string to, string note)
    {
        var text = Replaced(Vllm, "\"completed\"", "\"failed\": 0, \"completed\"");
        text = from.StartsWith("completed", StringComparison.Ordinal) ? Vllm : text;

        var run = Validate(_folder.Write("a.json", Replaced(text, from, to)));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(note, run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "completed\": 20",
        "completed\": 10",
        "many requests failed: which load was served is not known"
    )]
    [InlineData(
        "\"request_rate\": \"inf\", \"max_concurrency\": 2",
        "\"request_rate\": 0.2, \"max_concurrency\": null",
        "duration contradicts request_rate: 20 requests at the stated rate take 100 s, the test took 9 s"
    )]
    [InlineData(
        "\"request_rate\": \"inf\", \"max_concurrency\": 2",
        "\"request_rate\": 100, \"max_concurrency\": null",
        "duration contradicts request_rate: 20 requests at the stated rate take 0.2 s, the test took 9 s"
    )]
    [InlineData(
        "\"duration\": 9.0",
        "\"duration\": 3.0",
        "latencies contradict the concurrency: 5.6 requests were in flight on average, 2 at most are stated"
    )]
    public void What_contradicts_itself_is_left_out_unless_asked_for(string from, string to, string doubt)
    {
        var path = _folder.Write("a.json", Replaced(Vllm, from, to));

        var run = Validate(path);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"left out  1: {path}: {doubt}", run.Out, StringComparison.Ordinal);
        Assert.Contains("No configuration was compared", run.Out, StringComparison.Ordinal);
        Assert.Contains(
            "Compared    1 of 1",
            Validate(path, "--include_doubtful").Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(Vllm, "\"mean_ttft", "\"spec_decode_num_drafts\": 7, \"mean_ttft", "speculative decoding")]
    [InlineData(Vllm, "\"mean_ttft", "\"ramp_up_strategy\": \"linear\", \"mean_ttft", "rate that ramps up")]
    [InlineData(
        Aiperf,
        "\"concurrency\": 2",
        "\"concurrency\": 2, \"prefill_concurrency\": 1",
        "load that changes"
    )]
    [InlineData(
        Aiperf,
        "{\"concurrency\": 2}",
        "{\"request_rate\": 2, \"user_centric_rate\": 1}",
        "times of sending"
    )]
    [InlineData(Aiperf, "{\"concurrency\": 2}", "{}", "times of sending not known")]
    [InlineData(Record, "\"turn_index\": 0", "\"turn_index\": 1", "conversations of several turns")]
    public void What_cannot_be_sent_again_is_counted_by_its_reason(
        string text,
        string from,
        string to,
        string reason
    )
    {
        var run = Validate(
            _folder.Write("a.json", Replaced(text, from, to)),
            "--verbose",
            "--model",
            LoadTest.Model
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"not expr. 1: {reason}", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bench: needs --deployment FILE", "--bench a.json")]
    [InlineData("--rows, --experiments and --bench: give one of them", "--bench a.json --rows b.csv")]
    [InlineData(
        "--deployment: is not read when rows or experiments are validated",
        "--rows b.csv --deployment a.json"
    )]
    [InlineData("--model: is not read when rows or experiments are validated", "--rows b.csv --model x")]
    [InlineData(
        "give what to validate: the folder of a recorded run, --rows FILE, --experiments FILE or --bench FILE",
        "run --bench a.json"
    )]
    [InlineData(
        "--bench: p_aiperf.json and p.jsonl are of one run; give one of them",
        "--bench p_aiperf.json p.jsonl --deployment c.json"
    )]
    [InlineData("--bench: a.json is given twice", "--bench a.json ./a.json --deployment c.json")]
    public void Options_that_do_not_go_together_are_refused(string message, string options)
    {
        var run = CliRun.Of(["validate", .. options.Split(' ')]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'NVIDIA_H101_SXM'", "NVIDIA_H100_SXM", "NVIDIA_H101_SXM")]
    [InlineData("the instance has no role", "\"role\": \"mixed\",", "")]
    public void What_is_wrong_with_the_deployment_is_said_with_its_file(
        string message,
        string from,
        string to
    )
    {
        var cluster = _folder.Write("wrong.json", Replaced(LoadTest.Cluster, from, to));

        var run = CliRun.Of("validate", "--bench", _folder.Write("a.json", Vllm), "--deployment", cluster);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"llmsim: {cluster}:1: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private void RequireError(string message, string text)
    {
        var path = _folder.Write("a.json", text);

        var run = Validate(path, "--model", LoadTest.Model);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"llmsim: {path}{message}", run.Error, StringComparison.Ordinal);
    }

    private static string Replaced(string text, string from, string to)
    {
        Assert.Contains(from, text, StringComparison.Ordinal);
        return text.Replace(from, to, StringComparison.Ordinal);
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
