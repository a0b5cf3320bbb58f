using System.Globalization;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Clusters and requests at the edges, as a user would write them.</summary>
public sealed class EdgeCaseTests
{
    private const string Model = "meta-llama/Llama-3.1-8B";

    private const string TwoInAGroup = """
        [{"role":"prefill","hardware":"NVIDIA_H100_SXM","tp_size":1},
         {"role":"decode","hardware":"NVIDIA_H100_SXM","tp_size":1,"count":2,"engine":{"data_parallel_group":"g"}}]
        """;

    private const string ThreeRequests = """
        {"timestamp_ns": 102058717, "input_length": 1, "output_length": 38}
        {"timestamp_ns": 738009405, "input_length": 5129, "output_length": 32}
        {"timestamp_ns": 807238897, "input_length": 1, "output_length": 15}
        """;

    [Fact]
    public void A_policy_that_looks_at_an_idle_member_of_a_group_takes_no_token_from_its_next_request()
    {
        const string TwoRequests = """
            {"timestamp":0,"input_length":10,"output_length":500}
            {"timestamp":1000,"input_length":10,"output_length":100}
            """;
        var runs = new[] { "round_robin", "lowest_load", "least_kv", "vllm_front" }
            .Select(policy => Requests(TwoInAGroup, TwoRequests, "--decode_global", policy))
            .ToArray();

        Assert.All(runs, run => Assert.Equal(runs[0], run));
    }

    [Theory]
    [InlineData("--sample_queue_states")]
    [InlineData("--sample_memory_usage")]
    public void Samples_of_an_idle_member_of_a_group_change_nothing(string sample)
    {
        using var folder = new TemporaryFolder();
        string[] outputs =
            sample == "--sample_queue_states"
                ? ["--queue_states_output", folder.File("queues.csv")]
                : ["--memory_usage_output", folder.File("memory.csv")];

        Assert.Equal(
            Requests(TwoInAGroup, ThreeRequests),
            Requests(TwoInAGroup, ThreeRequests, [sample, "--sample_interval", "0.01", .. outputs])
        );
    }

    [Theory]
    [InlineData("""{"prefix_caching":false}""", """{}""", 512, 0)]
    [InlineData("""{}""", """{"prefix_caching":false}""", 512, 0)]
    [InlineData("""{"block_size":64}""", """{"block_size":16}""", 512, 1)]
    [InlineData("""{"block_size":16}""", """{"block_size":64}""", 512, 1)]
    [InlineData("""{"block_size":48}""", """{"block_size":32}""", 512, 1)]
    [InlineData("""{"block_size":10000}""", """{}""", 512, 0)]
    [InlineData("""{}""", """{"block_size":10000}""", 512, 0)]
    [InlineData("""{}""", """{}""", 500, 1)]
    [InlineData("""{"block_size":24}""", """{"block_size":16}""", 500, 1)]
    public void A_prefix_is_fetched_where_both_ends_cache_prefixes_in_blocks_that_it_fills(
        string one,
        string other,
        int traceBlockTokens,
        int leastFetches
    )
    {
        var cluster = $$"""
            [{"role":"mixed","hardware":"NVIDIA_H100_SXM","tp_size":1,"engine":{{one}} },
             {"role":"mixed","hardware":"NVIDIA_H100_SXM","tp_size":1,"engine":{{other}} }]
            """;

        var fetches = Fetches(cluster, traceBlockTokens);

        Assert.True(leastFetches == 0 ? fetches == 0 : fetches >= leastFetches, $"{fetches} fetches");
    }

    [Theory]
    [InlineData("""{"role":"prefill","hardware":"NVIDIA_H100_SXM","tp_size":1}""", 0)]
    [InlineData("""{"role":"prefill","hardware":"NVIDIA_H100_SXM","tp_size":1,"engine":{}}""", 1)]
    public void A_prefix_goes_to_a_prefill_instance_only_when_it_has_a_cache(string prefill, int leastFetches)
    {
        var cluster = $$"""
            [{{prefill}},
             {"role":"mixed","hardware":"NVIDIA_H100_SXM","tp_size":1},
             {"role":"decode","hardware":"NVIDIA_H100_SXM","tp_size":1,"engine":{"prefix_caching":false} }]
            """;

        var fetches = Fetches(cluster, traceBlockTokens: 512);

        Assert.True(leastFetches == 0 ? fetches == 0 : fetches >= leastFetches, $"{fetches} fetches");
    }

    [Theory]
    [InlineData("mixed", 700, 200, "prompt and output exceed the KV memory of every mixed instance")]
    [InlineData("mixed", 801, 1, "prompt exceeds the KV memory of every mixed instance")]
    [InlineData("mixed", 700, 101, null)]
    [InlineData("prefill", 801, 1, "prompt exceeds the KV memory of every prefill instance")]
    [InlineData("prefill", 700, 200, null)]
    [InlineData("decode", 700, 200, "prompt and output exceed the KV memory of every decode instance")]
    [InlineData("decode", 801, 2, "prompt and output exceed the KV memory of every decode instance")]
    [InlineData("decode", 801, 1, null)]
    [InlineData("mixed", 131_000, 100, "prompt and output exceed the model's context window")]
    public void A_rejected_request_is_told_what_does_not_fit_where(
        string smallRole,
        int input,
        int output,
        string? reason
    )
    {
        const string Small = "\"engine\":{\"kv_blocks\":51,\"block_size\":16}";
        string Instance(string role)
        {
            var engine = role == smallRole ? "," + Small : "";
            return $$"""{"role":"{{role}}","hardware":"NVIDIA_H100_SXM","tp_size":1{{engine}} }""";
        }

        var cluster =
            smallRole == "mixed" ? $"[{Instance("mixed")}]" : $"[{Instance("prefill")},{Instance("decode")}]";
        var trace = $$"""{"timestamp":0,"input_length":{{input}},"output_length":{{output}} }""";

        var run = Run(cluster, trace);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        if (reason is null)
        {
            Assert.Contains("1 = 1 finished", run.Out, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains($"1 rejected: {reason}\n", run.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Admission_that_overshoots_does_not_put_into_an_engine_what_never_fits()
    {
        const string Cluster = """
            [{"role":"mixed","hardware":"NVIDIA_H100_SXM","tp_size":1,"engine":{"kv_blocks":51}}]
            """;
        var run = Run(
            Cluster,
            """{"timestamp":0,"input_length":700,"output_length":200}""",
            "--admission",
            "overshoot"
        );

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith(
            "llmsim: warning: --admission has no effect here",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "1 rejected: prompt and output exceed the KV memory of every mixed instance",
            run.Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue, "at most 2147483647 together")]
    [InlineData(
        2_000_000_000,
        10,
        "request 0 of 2000000000 input and 10 output tokens: its prefill on prefill instance 0 (4 x NVIDIA_A100_40G): "
    )]
    public void A_request_too_long_for_the_clock_is_an_error_that_names_it(int input, int output, string said)
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write(
            "t.jsonl",
            $$"""{"timestamp": 0, "input_length": {{input}}, "output_length": {{output}} }"""
        );

        var run = CliRun.Of("run", "--semantics", "reference", "--trace_path", trace, "--arrivals", "trace");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("request 0", run.Error, StringComparison.Ordinal);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shared_link", "kv_link_bytes_per_second", "1", "prefill instance 0")]
    [InlineData(
        "contended_links",
        "kv_link_bytes_per_second",
        "1",
        "prefill instance 0 to decode instance 0"
    )]
    [InlineData(
        "contended_links_per_layer",
        "kv_link_bytes_per_second",
        "1",
        "prefill instance 0 to decode instance 0"
    )]
    public void A_link_too_slow_for_the_clock_is_an_error_that_names_request_instance_and_figure(
        string transfer,
        string field,
        string figure,
        string from
    )
    {
        var cluster = $$"""
            [{"role":"prefill","hardware":"NVIDIA_H100_SXM","tp_size":1,"{{field}}":{{figure}} },
             {"role":"decode","hardware":"NVIDIA_H100_SXM","tp_size":1}]
            """;
        var run = Run(
            cluster,
            """{"timestamp":0,"input_length":100000,"output_length":5}""",
            "--kv_transfer",
            transfer
        );

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            $"llmsim: request 0 of 100000 input and 5 output tokens: the transfer of its KV cache from {from} ({field} {figure},",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("beyond the simulated clock", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "kv_link_bytes_per_second",
        "1e-12",
        "1: kv_link_bytes_per_second: found 1e-12; allowed: a number from 1 to 1e18 bytes/s"
    )]
    [InlineData(
        "kv_link_bytes_per_second",
        "1e300",
        "1: kv_link_bytes_per_second: found 1e300; allowed: a number from 1 to 1e18 bytes/s"
    )]
    [InlineData(
        "kv_link_latency_seconds",
        "1e12",
        "1: kv_link_latency_seconds: found 1e12; allowed: a number from 0 to 1e9 s"
    )]
    [InlineData(
        "link_latency_seconds",
        "-1e-6",
        "1: link_latency_seconds: found -1e-6; allowed: a number from 0 to 1e9 s"
    )]
    [InlineData(
        "activation_bytes",
        "9223372036854775807",
        "1: activation_bytes: found 9223372036854775807; allowed: a whole number from 0 to 1e15 bytes"
    )]
    public void A_figure_out_of_its_range_is_an_error_with_file_line_and_range(
        string field,
        string figure,
        string said
    )
    {
        var cluster = $$"""
            [{"role":"prefill","hardware":"NVIDIA_H100_SXM","tp_size":1,"{{field}}":{{figure}} },
             {"role":"decode","hardware":"NVIDIA_H100_SXM","tp_size":1}]
            """;
        var run = Run(cluster, """{"timestamp":0,"input_length":10,"output_length":5}""");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.EndsWith($":{said}\n", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Each transfer is short enough, but they come one after another.</summary>
    [Theory]
    [InlineData("shared_link")]
    [InlineData("contended_links")]
    public void Transfers_that_together_outlast_the_clock_are_an_error_that_names_them(string transfer)
    {
        const string Cluster = """
            [{"role":"prefill","hardware":"NVIDIA_H100_SXM","tp_size":4,"kv_link_bytes_per_second":1},
             {"role":"decode","hardware":"NVIDIA_H100_SXM","tp_size":4}]
            """;
        var trace = string.Join(
            '\n',
            Enumerable
                .Range(0, 4)
                .Select(id => $$"""{"timestamp":{{1000 * id}},"input_length":20000,"output_length":5}""")
        );

        var run = Run(Cluster, trace, "--kv_transfer", transfer);

        Assert.Equal(1, run.ExitCode);
        Assert.Matches(
            @"^llmsim: request \d of 20000 input and 5 output tokens: the transfer of its KV cache from prefill instance 0.* \(kv_link_bytes_per_second 1, kv_link_latency_seconds 1E-05\): .*beyond the simulated clock",
            run.Error
        );
    }

    [Fact]
    public void Prompts_that_together_outlast_the_clock_are_an_error_that_names_the_last()
    {
        const string Cluster = """
            [{"role":"mixed","hardware":"NVIDIA_H100_SXM","tp_size":1,"engine":{"prefill_iteration_seconds":1e9}}]
            """;
        var trace = string.Join(
            '\n',
            Enumerable.Range(0, 20).Select(_ => """{"timestamp":0,"input_length":2000,"output_length":5}""")
        );

        var run = Run(Cluster, trace);

        Assert.Equal(1, run.ExitCode);
        Assert.Matches(
            @"^llmsim: request \d+ of 2000 input and 5 output tokens: .* on mixed instance 0 \(1 x NVIDIA_H100_SXM, prefill_iteration_seconds 1E\+09\)",
            run.Error
        );
    }

    [Fact]
    public void An_SLO_beyond_the_clock_is_always_met()
    {
        var run = CliRun.Of("run", "--ttft_slo", "1e12", "--request_count", "20", "--prefill_local", "edf");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("TTFT < 1000000000000 s: 100", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_at_the_end_of_the_clock_is_an_error_that_names_it()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write(
            "t.jsonl",
            """
            {"timestamp_ns":0,"input_length":10,"output_length":5}
            {"timestamp_ns":9223372036854775800,"input_length":10,"output_length":5}
            """
        );

        var run = CliRun.Of("run", "--trace_path", trace, "--arrivals", "trace");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("request 1 ", run.Error, StringComparison.Ordinal);
    }

    private static long Fetches(string cluster, int traceBlockTokens)
    {
        // Prompts that begin alike, faster than one instance can serve them.
        var shared = string.Join(',', Enumerable.Range(0, 15));
        var lines = Enumerable
            .Range(0, 60)
            .Select(id =>
                $$"""{"timestamp":{{20 * id}},"input_length":{{16 * traceBlockTokens}},"output_length":20,"hash_ids":[{{shared}},{{100 + id}}]}"""
            );
        var run = Run(
            cluster,
            string.Join('\n', lines),
            "--prefill_global",
            "conductor:reject=false",
            "--trace_block_size",
            traceBlockTokens.ToString(CultureInfo.InvariantCulture)
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("60 = 60 finished", run.Out, StringComparison.Ordinal);
        const string Counter = "prefill_global.fetches: ";
        var start = run.Out.IndexOf(Counter, StringComparison.Ordinal) + Counter.Length;
        return long.Parse(run.Out[start..run.Out.IndexOf('\n', start)], CultureInfo.InvariantCulture);
    }

    /// <summary>The per-request results of a run.</summary>
    private static string Requests(string cluster, string trace, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var run = Run(cluster, trace, [.. options, "--requests_output", folder.File("requests.csv")]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return File.ReadAllText(folder.File("requests.csv"));
    }

    private static CliRun Run(string cluster, string trace, params string[] options)
    {
        using var folder = new TemporaryFolder();
        return CliRun.Of([
            "run",
            "--model",
            Model,
            "--cluster",
            folder.Write("cluster.json", cluster),
            "--trace_path",
            folder.Write("trace.jsonl", trace),
            "--arrivals",
            "trace",
            .. options,
        ]);
    }
}
