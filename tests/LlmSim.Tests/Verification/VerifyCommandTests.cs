using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Verification;

/// <summary><c>--verify</c> on the clusters and workloads that come with the project.</summary>
public sealed class VerifyCommandTests
{
    public static TheoryData<string> Runs =>
        [
            "",
            "--cluster configs/mixed.json",
            "--prefill_config configs/prefill_config.json --decode_config configs/decode_config.json",
            "--trace_path traces/conversation_sample.jsonl",
            "--semantics reference",
            "--semantics reference --prefill_config configs/reference/prefill_config.json --decode_config configs/reference/decode_config.json",
            "--concurrency 4",
            "--warmup 10% --cooldown 5",
            "--kv_transfer contended_links_per_layer",
        ];

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_says_that_its_figures_hold(string options)
    {
        var words = options
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word.Contains('/') ? Path.Combine(Repository.Root, word) : word);

        var run = CliRun.Of(["run", "--request_count", "150", "--verify", .. words]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("llmsim: verified: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("150 records", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_pass_changes_no_byte_of_the_results()
    {
        using var folder = new TemporaryFolder();
        string[] Results(string name, params string[] more)
        {
            var (requests, csv) = (folder.File($"{name}.csv"), folder.File($"{name}-summary.csv"));
            string[] outputs = ["--requests_output", requests, "--csv_output", csv];
            var run = CliRun.Of(["run", "--request_count", "100", .. outputs, .. more]);
            Assert.True(run.ExitCode == 0, run.Error);
            return [run.Out, File.ReadAllText(requests), File.ReadAllText(csv)];
        }

        Assert.Equal(Results("plain"), Results("verified", "--verify"));
    }

    [Fact]
    public void A_sweep_says_how_many_of_its_points_were_verified()
    {
        using var folder = new TemporaryFolder();
        string[] sweep =
        [
            "run",
            "--request_count",
            "60",
            "--lambda_arrival",
            "1",
            "3",
            "--ttft_slo",
            "1",
            "5",
            "--csv_output",
            folder.File("sweep.csv"),
            "--verify",
        ];

        Assert.Contains("the figures of 4 of 4 points", CliRun.Of(sweep).Error, StringComparison.Ordinal);

        // Points of the journal were not simulated, and have no records.
        var resumed = CliRun.Of([.. sweep, "--resume"]);
        Assert.Equal(0, resumed.ExitCode);
        Assert.DoesNotContain("verified", resumed.Error, StringComparison.Ordinal);
    }

    /// <summary>Windows, states that make blocks larger, and an indexer: on engines and without.</summary>
    [Theory]
    [InlineData("openai/gpt-oss-20b")]
    [InlineData("Qwen/Qwen3.5-35B-A3B")]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16")]
    [InlineData("google/gemma-4-26B-A4B")]
    public void Runs_of_models_whose_layers_differ_hold(string model)
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "cluster.json",
            """
            [{"role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 2, "engine": {}},
             {"role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 2, "engine": {}},
             {"role": "decode", "hardware": "NVIDIA_H100_SXM", "tp_size": 2}]
            """
        );

        var run = CliRun.Of(
            "run",
            "--model",
            model,
            "--cluster",
            cluster,
            "--request_count",
            "150",
            "--verify"
        );

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("comparisons hold", run.Error);
    }
}
