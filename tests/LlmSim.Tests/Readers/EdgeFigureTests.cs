using System.Text.Json.Nodes;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Readers;

/// <summary>
/// Every figure of every input at its extremes: a run either has a result or an error that its author can mend. Among them are all
/// figures that once ended in an overflow, a time that is none, memory that ran out or minutes of work.
/// </summary>
public sealed class EdgeFigureTests : IDisposable
{
    private const string Prefill = "\"role\":\"prefill\",\"hardware\":\"NVIDIA_H100_SXM\"";
    private const string Decode = "\"role\":\"decode\",\"hardware\":\"NVIDIA_H100_SXM\"";
    private const string Mixed = "\"role\":\"mixed\",\"hardware\":\"NVIDIA_H100_SXM\",\"tp_size\":4";

    private static readonly string[] s_figures =
    [
        "1e-300",
        "1e-12",
        "1e-3",
        "1",
        "1e9",
        "1e12",
        "1e18",
        "1e100",
        "1e300",
        "0",
        "-1",
        "9223372036854775807",
    ];

    /// <summary>For figures that never went wrong.</summary>
    private static readonly string[] s_ends = ["1e-300", "1", "1e18", "1e300", "-1", "9223372036854775807"];

    private static readonly string[] s_wholes = ["1", "1000000000", "2147483647", "4294967296", "0"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("kv_link_bytes_per_second", "shared_link")]
    [InlineData("kv_link_bytes_per_second", "contended_links")]
    [InlineData("kv_link_bytes_per_second", "contended_links_per_layer")]
    [InlineData("kv_link_latency_seconds", "shared_link")]
    [InlineData("kv_link_latency_seconds", "contended_links")]
    [InlineData("kv_link_latency_seconds", "contended_links_per_layer")]
    public void A_link_between_instances(string field, string transfer) =>
        RequireResultsOrErrors(
            s_figures.Select(figure =>
                Cluster(
                    $"[{{{Prefill},\"tp_size\":4,\"{field}\":{figure}}},{{{Decode},\"tp_size\":4,\"{field}\":{figure}}}]",
                    ["--kv_transfer", transfer]
                )
            )
        );

    [Theory]
    [InlineData("link_bytes_per_second")]
    [InlineData("link_latency_seconds")]
    [InlineData("nic_bytes_per_second")]
    [InlineData("nic_latency_seconds")]
    [InlineData("memory_utilization")]
    [InlineData("activation_bytes")]
    [InlineData("gpus_per_node")]
    [InlineData("expert_parallel")]
    [InlineData("count")]
    public void An_instance(string field)
    {
        var node = field.StartsWith("nic", StringComparison.Ordinal) ? "\"gpus_per_node\":2," : "";
        RequireResultsOrErrors(
            (field.StartsWith("link", StringComparison.Ordinal) ? s_figures : s_ends).Select(figure =>
                Cluster(
                    $"[{{{Prefill},\"tp_size\":4,{node}\"{field}\":{figure}}},{{{Decode},\"tp_size\":4}}]",
                    ["--performance", "roofline"]
                )
            )
        );
    }

    [Theory]
    [InlineData("max_num_batched_tokens", "")]
    [InlineData("max_num_seqs", "")]
    [InlineData("block_size", "")]
    [InlineData("kv_blocks", "")]
    [InlineData("kv_blocks", "\"chunked_prefill\":false,")]
    [InlineData("max_prefill_tokens", "\"kind\":\"sglang\",")]
    [InlineData("scheduler_recv_interval", "\"kind\":\"sglang\",")]
    [InlineData("batch_wait_timeout_iters", "\"kind\":\"trtllm\",")]
    public void An_engine(string field, string with) =>
        RequireResultsOrErrors(s_wholes.Select(figure => Engine($"{with}\"{field}\":{figure}")));

    [Theory]
    [InlineData("prefill_iteration_seconds", "")]
    [InlineData("batch_wait_max_tokens_ratio", "\"kind\":\"trtllm\",")]
    public void Times_and_shares_of_an_engine(string field, string with) =>
        RequireResultsOrErrors(s_figures.Select(figure => Engine($"{with}\"{field}\":{figure}")));

    [Theory]
    [InlineData("memory_bytes_per_second")]
    [InlineData("fp16_ops_per_second")]
    [InlineData("int8_ops_per_second")]
    [InlineData("on_chip_buffer_bytes")]
    [InlineData("multiprocessors")]
    [InlineData("memory_bytes")]
    [InlineData("link_bytes_per_second")]
    [InlineData("link_latency_seconds")]
    [InlineData("gpus_per_node")]
    [InlineData("nic_bytes_per_second")]
    [InlineData("nic_latency_seconds")]
    [InlineData("idle_watts")]
    [InlineData("tdp_watts")]
    [InlineData("undivided_keys_per_second")]
    public void An_accelerator(string field) =>
        RequireResultsOrErrors(
            FiguresOf(field)
                .Append("2147483647")
                .Select(figure =>
                {
                    var hardware = JsonNode.Parse(
                        File.ReadAllText(
                            Path.Combine(Repository.Root, "catalog/hardware/NVIDIA_H100_SXM.json")
                        )
                    )!;
                    hardware["name"] = "MINE";
                    hardware[field] = JsonNode.Parse(figure);
                    _folder.Write("hardware/MINE.json", hardware.ToJsonString());
                    var node = field.StartsWith("nic", StringComparison.Ordinal)
                        ? ",\"gpus_per_node\":2"
                        : "";
                    var instance = $"\"hardware\":\"MINE\",\"tp_size\":4{node}";
                    return Cluster(
                        $"[{{\"role\":\"prefill\",{instance}}},{{\"role\":\"decode\",{instance}}}]",
                        ["--performance", "roofline", "--hardware_dir", _folder.File("hardware")]
                    );
                })
        );

    [Theory]
    [InlineData("deepseek-ai--DeepSeek-V2-Lite")]
    [InlineData("mistralai--Mixtral-8x7B-v0.1")]
    public void A_model(string name)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, $"catalog/models/{name}.json"));
        var fields = JsonNode
            .Parse(text)!
            .AsObject()
            .Where(field =>
                field.Value is JsonValue value
                && value.GetValueKind() == System.Text.Json.JsonValueKind.Number
            )
            .Select(field => field.Key)
            .ToArray();
        Assert.NotEmpty(fields);
        RequireResultsOrErrors(
            fields.SelectMany(field =>
                s_wholes
                    .Append("10000")
                    .Select(figure =>
                    {
                        var model = JsonNode.Parse(text)!;
                        model[field] = JsonNode.Parse(figure);
                        return Run("--model", _folder.Write("model/config.json", model.ToJsonString()));
                    })
            )
        );
    }

    [Theory]
    [InlineData("ttft_slo", "")]
    [InlineData("tpot_slo", "")]
    [InlineData("lambda_arrival", "")]
    [InlineData("lambda_arrival", "--arrivals constant")]
    [InlineData("zipf_s", "--request_source zipfian --max_len 1000")]
    [InlineData("lognormal_mean", "--request_source lognormal")]
    [InlineData("input_mean", "--request_source lognormal")]
    [InlineData("output_mean", "--request_source lognormal")]
    [InlineData("output_sigma", "--request_source lognormal")]
    [InlineData("max_len", "--request_source lognormal")]
    [InlineData("range_ratio", "--request_source uniform")]
    [InlineData("input_len", "--request_source uniform")]
    [InlineData("output_len", "--request_source uniform")]
    [InlineData("concurrency", "")]
    [InlineData("warmup", "")]
    [InlineData("max_model_len", "")]
    public void An_option(string option, string with) =>
        RequireResultsOrErrors(
            s_ends
                .Concat(s_wholes)
                .Distinct()
                .Select(figure =>
                    Run([$"--{option}={figure}", .. with.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
                )
        );

    [Theory]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("us")]
    [InlineData("ns")]
    public void A_time_of_a_trace(string unit) =>
        RequireResultsOrErrors(
            s_figures
                .Concat(["9.3e9", "9223372036", "9223372036854775797"])
                .Select(figure =>
                    Run(
                        "--trace_path",
                        _folder.Write(
                            "t.jsonl",
                            $$"""
                            {"timestamp":0,"input_length":10,"output_length":5}
                            {"timestamp":{{figure}},"input_length":10,"output_length":5}
                            """
                        ),
                        "--time_unit",
                        unit,
                        "--arrivals",
                        "trace"
                    )
                )
        );

    [Theory]
    [InlineData("gamma:cv=", "--arrivals")]
    [InlineData("noisy:sigma=", "--output_predictor")]
    public void A_figure_within_an_option(string prefix, string option) =>
        RequireResultsOrErrors(s_figures.Select(figure => Run(option, prefix + figure)));

    private static string[] FiguresOf(string field) =>
        field
            is "memory_bytes_per_second"
                or "fp16_ops_per_second"
                or "link_bytes_per_second"
                or "link_latency_seconds"
            ? s_figures
            : s_ends;

    private CliRun Engine(string engine) => Cluster($"[{{{Mixed},\"engine\":{{{engine}}} }}]", []);

    private CliRun Cluster(string instances, string[] options) =>
        Run(["--cluster", _folder.Write("cluster.json", instances), .. options]);

    private static CliRun Run(params string[] options)
    {
        // Only so that one without end fails.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return CliRun.Of(patience.Token, ["run", "--request_count", "12", .. options]);
    }

    private static void RequireResultsOrErrors(IEnumerable<CliRun> runs) =>
        Assert.All(
            runs,
            run =>
            {
                Assert.True(run.ExitCode is 0 or 1, run.Error);
                if (run.ExitCode == 0)
                {
                    Assert.DoesNotMatch(@"NaN|∞|Infinity", run.Out);
                    // No summary has a negative figure; the options that it repeats may.
                    Assert.DoesNotMatch(@"(?m)^(?!Lengths).*\s-\d", run.Out);
                }
                else
                {
                    Assert.Empty(run.Out);
                    Assert.Contains(':', run.Error["llmsim: ".Length..]);
                }
            }
        );
}
