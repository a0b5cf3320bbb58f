using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Every kind of bad input: exit code 1, one line on standard error, nothing written.</summary>
public sealed class BadInputTests
{
    private const string Good = """{"timestamp": 0, "input_length": 10, "output_length": 5}""";

    [Theory]
    [InlineData(
        "run --lamda_arrival 2",
        "unknown option '--lamda_arrival'. Did you mean '--lambda_arrival'?"
    )]
    [InlineData("run --prefill_local fcfs --foo 3", "unknown option '--foo'")]
    [InlineData("--foo", "unknown option '--foo'. See llmsim --help.")]
    [InlineData("kernels import --foo 3", "unknown option '--foo'. See llmsim kernels import --help.")]
    [InlineData(
        "plan --workload chat --lambda_arrival 1 --slo ttft_p99<1s --n_jobs 2 --queue nats://host:4222",
        "--n_jobs: with --queue the workers say it"
    )]
    [InlineData(
        "plan --shard 1/2",
        "--shard: a plan chooses each simulation by what came of those before it"
    )]
    [InlineData("run fast", "fast: no such file")]
    [InlineData("rum", "'rum' is not understood. Did you mean 'run'?")]
    [InlineData("run --seed", "--seed")]
    [InlineData("run --seed 1.5", "--seed: found '1.5'; allowed: a whole number")]
    [InlineData("run --lambda_arrival 0", "--lambda_arrival: found '0'; allowed: a number, above 0")]
    [InlineData("run --lambda_arrival -1", "--lambda_arrival: found '-1'")]
    [InlineData("run --lambda_arrival NaN", "--lambda_arrival: found 'NaN'")]
    [InlineData("run --lambda_arrival 1,5", "--lambda_arrival: found '1,5'")]
    [InlineData("run --csv_output a.csv b.csv", "--csv_output: found a.csv b.csv; it takes one value")]
    [InlineData("profile --hardware A B", "--hardware: found A B; it takes one value")]
    [InlineData("run --lambda_arrival 1 0", "--lambda_arrival: found '0'; allowed: a number, above 0")]
    [InlineData("run --lambda_arrival 1 1.0", "two points of the sweep are the same: lambda_arrival=1 and")]
    [InlineData("run --seed 1 2 --prefill_local fcsf", "prefill_local: there is no policy 'fcsf'")]
    [InlineData("run --seed 1 2 --resume", "--resume: there is no journal without a result file")]
    [InlineData("sweep missing.yaml", "missing.yaml: no such file")]
    [InlineData("sweep", "Required argument 'FILE' missing")]
    [InlineData("compare missing.csv missing.csv", "missing.csv: no such file")]
    [InlineData("run --request_count 0", "--request_count: found '0'")]
    [InlineData("run --ttft_slo 0", "--ttft_slo: found '0'")]
    [InlineData("run --w_bit 5", "--w_bit: found '5'; allowed: 4, 8, 16, 32")]
    [InlineData("run --semantics standart", "Did you mean 'standard'?")]
    [InlineData("run --saturation evict", "--saturation 'evict': allowed: evict_all, preempt_newest")]
    [InlineData(
        "run --output_predictor noisy:sigma=-1",
        "--output_predictor: found 'noisy:sigma=-1'; allowed: none"
    )]
    [InlineData("run --output_predictor orakle", "Did you mean 'oracle'?")]
    [InlineData(
        "run --admission_policy shet",
        "admission_policy: there is no policy 'shet'. Did you mean 'shed'?"
    )]
    [InlineData("run --victim latest:x=1", "victim: policy 'latest' has no option 'x'")]
    [InlineData(
        "run --expert_skew zipf",
        "--expert_skew: found 'zipf'; allowed: balanced, uniform, power_law"
    )]
    [InlineData("run --expert_skew zipf:1.2", "expert_skew: found zipf:1.2 for unsloth/Llama")]
    [InlineData("run --router_staleness fast", "--router_staleness: found 'fast'; allowed: a time from 0 to")]
    [InlineData(
        "run --switch_time soon --autoscale balance",
        "--switch_time: found 'soon'; allowed: a time from 0 to"
    )]
    [InlineData(
        "run --autoscale balance",
        "autoscale: the policy switches roles, and no instance may; allowed: prefill and decode instances with \"switches\": true"
    )]
    [InlineData(
        "run --autoscale balance:queue_second=1",
        "policy 'balance' has no option 'queue_second'. Did you mean"
    )]
    [InlineData(
        "run --drain migrat",
        "--drain: found 'migrat'; allowed: finish, migrate. Did you mean 'migrate'?"
    )]
    [InlineData(
        "run --router_staleness push:fast",
        "--router_staleness: found 'fast'; allowed: a time from 0 to"
    )]
    [InlineData("run --router_staleness pull:50ms", "--router_staleness: found 'pull:50ms'; allowed: a time")]
    [InlineData("run --router_staleness=-1ms", "--router_staleness: found '-1ms'; allowed: a time from 0 to")]
    [InlineData(
        "run --prefill_global lowest_lod",
        "Did you mean 'lowest_load'? `llmsim policies` lists them."
    )]
    [InlineData(
        "run --prefill_global fcfs",
        "policy 'fcfs' serves prefill_local, decode_local, not prefill_global"
    )]
    [InlineData(
        "run --model unsloth/Llama-3.3-70B-Instrukt",
        "Did you mean 'unsloth/Llama-3.3-70B-Instruct'?"
    )]
    [InlineData("run --model missing/config.json", "missing/config.json: no such file")]
    [InlineData("run --request_source zipf", "Did you mean 'zipfian'?")]
    [InlineData("run --arrivals poison", "Did you mean 'poisson'?")]
    [InlineData("run --arrivals trace", "needs the timestamps of a trace")]
    [InlineData("run --trace_path missing.jsonl", "missing.jsonl: no such file")]
    [InlineData("run --trace_path .", "is a directory")]
    [InlineData("run --prefill_config missing.json", "missing.json: no such file")]
    [InlineData("run --csv_output missing/a.csv", "--csv_output missing/a.csv: there is no folder")]
    [InlineData("run --csv_output .", "--csv_output '.': is a folder")]
    [InlineData("run --requests_output a.xlsx", "--requests_output a.xlsx: the extension '.xlsx'")]
    [InlineData("run --csv_output same.csv --json same.csv", "--csv_output writes to the same file")]
    [InlineData("profile --hardware NVIDIA_H100", "hardware 'NVIDIA_H100' is unknown.")]
    [InlineData("profile --tp 3", "3")]
    [InlineData("profile --stage decoding", "--stage: found 'decoding'; allowed: prefill, decode")]
    [InlineData("workload stats missing.jsonl", "missing.jsonl: no such file")]
    [InlineData("workload generate", "--output")]
    public void A_wrong_command_line_is_a_user_error(string commandLine, string expected) =>
        AssertUserError(CliRun.Of(commandLine.Split(' ')), expected);

    [Theory]
    [InlineData("", "empty")]
    [InlineData("nonsense", "trace:1")]
    [InlineData(Good + "\n{\"timestamp\": 0", "trace:2")]
    [InlineData("{\"timestamp\": 0, \"output_length\": 5}", "trace:1: input_length")]
    [InlineData("{\"timestamp\": 0, \"input_length\": 0, \"output_length\": 5}", "trace:1: input_length")]
    [InlineData("{\"timestamp\": 0, \"input_length\": 10, \"output_length\": -5}", "trace:1: output_length")]
    [InlineData("{\"timestamp\": NaN, \"input_length\": 10, \"output_length\": 5}", "trace:1")]
    [InlineData("\0\u0001\u0002\u0003", "binary")]
    public void A_wrong_trace_is_a_user_error_and_leaves_no_result_file(string content, string expected)
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write("trace", content);

        var run = CliRun.Of("run", "--trace_path", trace, "--requests_output", folder.File("a.csv"));

        AssertUserError(run, expected);
        Assert.Equal(["trace"], folder.Names);
    }

    [Theory]
    [InlineData("[]", "cluster.json:1: has no instances")]
    [InlineData("[{\"hardware\": \"NVIDIA_H100_SXM\", \"tp\": 4}]", "cluster.json:1: unknown field 'tp'")]
    [InlineData(
        "[{\"hardware\": \"H100\", \"tp_size\": 4}]",
        "cluster.json:1: hardware: hardware 'H100' is unknown"
    )]
    [InlineData("[{\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 3}]", "3")]
    [InlineData(
        "[{\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 1}]",
        "The smallest tp_size that fits is 2"
    )]
    public void A_wrong_cluster_is_a_user_error_and_leaves_no_result_file(string content, string expected)
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write("cluster.json", content);

        var run = CliRun.Of("run", "--decode_config", cluster, "--json", folder.File("a.json"));

        AssertUserError(run, expected);
        Assert.Equal(["cluster.json"], folder.Names);
    }

    private static void AssertUserError(CliRun run, string expected)
    {
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("llmsim: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }
}
