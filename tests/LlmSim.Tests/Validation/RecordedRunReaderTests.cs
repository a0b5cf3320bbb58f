using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Validation;

/// <summary>Every figure of a recorded run is read with its range: a wrong one is named, never compared with.</summary>
public sealed class RecordedRunReaderTests : IDisposable
{
    private const string Deployment = """
        { "link_bw": 16, "link_latency": 20000, "nodes": [{ "instances": [{ "hardware": "TOY", "tp_size": 1,
          "npu_mem": { "mem_size": 96, "mem_bw": 1597, "mem_util": 0.9 } }] }] }
        """;

    private const string Meta = """
        { "model": "meta-llama/Llama-3.1-8B", "vllm_version": "0.19.0",
          "engine_kwargs": { "max_num_batched_tokens": 2048, "max_num_seqs": 128 } }
        """;

    private const string Ticks = "t,running,waiting\n1,1,0\n2,0,0\n";

    private readonly RunFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"mem_bw\": 1597", "\"mem_bw\": -1", ":nodes[0]:instances[0]:npu_mem:mem_bw: -1 where")]
    [InlineData("\"mem_bw\": 1597", "\"mem_bw\": 0", ":nodes[0]:instances[0]:npu_mem:mem_bw: 0 where")]
    [InlineData(
        "\"mem_bw\": 1597",
        "\"mem_bw\": 1e300",
        ":nodes[0]:instances[0]:npu_mem:mem_bw: 1e300 where"
    )]
    [InlineData("\"mem_util\": 0.9", "\"mem_util\": 5", ":nodes[0]:instances[0]:npu_mem:mem_util: 5 where")]
    [InlineData("\"mem_util\": 0.9", "\"mem_util\": NaN", ":nodes[0]:instances[0]:npu_mem:mem_util: ")]
    [InlineData(
        "\"mem_size\": 96",
        "\"mem_size\": 1e30",
        ":nodes[0]:instances[0]:npu_mem:mem_size: 1e30 where"
    )]
    [InlineData(
        "\"mem_size\": 96",
        "\"mem_size\": null",
        ":nodes[0]:instances[0]:npu_mem:mem_size: missing."
    )]
    [InlineData("\"link_bw\": 16", "\"link_bw\": -1", ":link_bw: -1 where a number above 0")]
    [InlineData("\"link_bw\": 16", "\"link_bw\": 0", ":link_bw: 0 where a number above 0")]
    [InlineData("\"link_bw\": 16", "\"link_bw\": \"16\"", ":link_bw: \"16\" where a number")]
    [InlineData("\"link_latency\": 20000", "\"link_latency\": -1", ":link_latency: -1 where a number from 0")]
    [InlineData(
        "\"link_latency\": 20000",
        "\"link_latency\": 1e30",
        ":link_latency: 1e30 where a number from 0"
    )]
    [InlineData("\"tp_size\": 1", "\"tp_size\": 0", ":nodes[0]:instances[0]:tp_size: 0 where a whole number")]
    [InlineData(
        "\"tp_size\": 1",
        "\"tp_size\": 1.5",
        ":nodes[0]:instances[0]:tp_size: 1.5 where a whole number"
    )]
    [InlineData(
        "\"tp_size\": 1",
        "\"tp_size\": 1, \"ep_size\": -2",
        ":nodes[0]:instances[0]:ep_size: -2 where"
    )]
    [InlineData("\"tp_size\": 1", "\"tp_size\": 1, \"tp_size\": 1", ":1: not valid JSON")]
    [InlineData("[{ \"hardware\"", "[null, { \"hardware\"", ":nodes[0]:instances[0]: null where an object")]
    [InlineData("[{ \"instances\"", "[null, { \"instances\"", ":nodes[0]: null where an object")]
    [InlineData("\"nodes\": [", "\"nodes\": null, \"others\": [", ":nodes: missing.")]
    public void A_wrong_deployment_is_named(string from, string to, string said) =>
        RequireError("deployment.json", Changed(Deployment, from, to), said);

    [Theory]
    [InlineData(": 128", ": 0", ":engine_kwargs:max_num_seqs: 0 where a whole number from 1")]
    [InlineData(": 128", ": -1", ":engine_kwargs:max_num_seqs: -1 where a whole number from 1")]
    [InlineData(": 2048", ": 0", ":engine_kwargs:max_num_batched_tokens: 0 where a whole number from 1")]
    [InlineData(": 2048", ": -5", ":engine_kwargs:max_num_batched_tokens: -5 where a whole number from 1")]
    [InlineData(
        ": 2048",
        ": 1e30",
        ":engine_kwargs:max_num_batched_tokens: 1e30 where a whole number from 1"
    )]
    [InlineData("\"0.19.0\"", "null", ":vllm_version: missing.")]
    [InlineData("\"0.19.0\"", "19", ":vllm_version: 19 where a string")]
    [InlineData("{ \"max", "[], \"other\": { \"max", ":engine_kwargs: [] where an object")]
    public void A_wrong_meta_is_named(string from, string to, string said) =>
        RequireError("meta.json", Changed(Meta, from, to), said);

    [Theory]
    [InlineData("\"queued_ts\": 1010", "\"queued_ts\": -1e12", ":2:queued_ts: -1e12 where a number from 0")]
    [InlineData("\"queued_ts\": 1010", "\"queued_ts\": -1e30", ":2:queued_ts: -1e30 where a number from 0")]
    [InlineData("\"queued_ts\": 1010", "\"queued_ts\": 1e300", ":2:queued_ts: 1e300 where a number from 0")]
    [InlineData("\"queued_ts\": 1010", "\"queued_ts\": NaN", ":2:queued_ts: ")]
    [InlineData("\"queued_ts\": 1010", "\"queued_ts\": 1019", ":2:first_token_ts: is before queued_ts.")]
    [InlineData("\"queued_ts\": 1010", "\"queued_ts\": 1010, \"queued_ts\": 1010", ":2: not valid JSON")]
    [InlineData(
        "\"queued_ts\": 1010",
        "\"queued_ts\": 1010, \"arrival_time\": 1e300",
        ":2:arrival_time: 1e300 where"
    )]
    [InlineData(
        "\"last_token_ts\": 1010.",
        "\"last_token_ts\": 1e300, \"other\": 1010.",
        ":2:last_token_ts: 1e300 where"
    )]
    [InlineData("\"bench-1\"", "\"bench-0\"", ":2:request_id: the request of line 1 again")]
    [InlineData("\"bench-1\"", "\"bench\"", ":2:request_id: 'bench' where a name that ends in -NUMBER")]
    [InlineData(
        "\"bench-1\", \"input_toks\": 20",
        "\"bench-1\", \"input_toks\": 0",
        ":2:input_toks: 0 where"
    )]
    [InlineData(
        "\"bench-1\", \"input_toks\": 20",
        "\"bench-1\", \"input_toks\": 1e18",
        ":2:input_toks: 1e18 where"
    )]
    [InlineData("{\"request_id\": \"bench-1\"", "[{\"request_id\": \"bench-1\"", ":2: not valid JSON")]
    [InlineData(
        "{\"request_id\": \"bench-1\"",
        "7\n{\"request_id\": \"bench-1\"",
        ":2: a JSON Number where an object"
    )]
    [InlineData(
        "{\"request_id\": \"bench-1\"",
        "\n\n{\"request_id\": \"bench-0\"",
        ":4:request_id: the request of line 1 again"
    )]
    public void A_wrong_request_is_named(string from, string to, string said) =>
        RequireError("requests.jsonl", Changed(_folder.Requests, from, to), said);

    [Theory]
    [InlineData("\n2,0,0", "\nNaN,0,0", ":3: t: found 'NaN'; allowed: a number from 0")]
    [InlineData("\n2,0,0", "\n-2,0,0", ":3: t: found '-2'; allowed: a number from 0")]
    [InlineData("\n2,0,0", "\n1e300,0,0", ":3: t: found '1e300'; allowed: a number from 0")]
    [InlineData("\n2,0,0", "\n1,0,0", ":3: t: found '1'; allowed: times in ascending order")]
    [InlineData("\n2,0,0", "\n2,-9,0", ":3: running: found '-9'; allowed: a whole number from 0")]
    [InlineData("\n2,0,0", "\n2,0,0.5", ":3: waiting: found '0.5'; allowed: a whole number from 0")]
    [InlineData("\n2,0,0", "\n2,0,1e30", ":3: waiting: found '1e30'; allowed: a whole number from 0")]
    [InlineData("\n2,0,0", "\n2,,0", ":3: running: found")]
    [InlineData("\n2,0,0", "\n2,0", ":3: waiting: the row ends before it; allowed: 3 cells")]
    [InlineData("\n2,0,0", "\n2,0,0,0", ":3: waiting: '0' follows it; allowed: 3 cells")]
    [InlineData("t,running", "t,t,running", ":1: t: the header has this column 2 times")]
    [InlineData("t,running", "t,runing", ":1: has no column running")]
    public void A_wrong_tick_is_named(string from, string to, string said) =>
        RequireError("timeseries.csv", Changed(Ticks, from, to), said);

    [Theory]
    [InlineData("-1")]
    [InlineData("1e12")]
    [InlineData("NaN")]
    public void What_an_iteration_takes_beside_its_kernels_has_a_range(string seconds)
    {
        var run = CliRun.Of("validate", _folder.Path, $"--prefill_iteration_seconds={seconds}");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith(
            $"llmsim: --prefill_iteration_seconds: found '{seconds}'; allowed: a number, from 0 to 1e9 s",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_run_without_mistakes_is_read()
    {
        _folder.Write("deployment.json", Deployment);
        _folder.Write("meta.json", Meta);
        _folder.Write("timeseries.csv", Ticks);

        var run = CliRun.Of("validate", _folder.Path);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    private static string Changed(string text, string from, string to)
    {
        var changed = text.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(text, changed);
        return changed;
    }

    private void RequireError(string file, string content, string said)
    {
        _folder.Write(file, content);

        var run = CliRun.Of("validate", _folder.Path);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith(
            $"llmsim: {Path.Combine(_folder.Path, file)}{said}",
            run.Error,
            StringComparison.Ordinal
        );
    }
}
