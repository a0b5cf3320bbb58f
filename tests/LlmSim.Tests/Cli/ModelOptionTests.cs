using System.Text.Json;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Models of a user's files and what is said of them.</summary>
public sealed class ModelOptionTests
{
    private const string Yarn = """
        {"model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
         "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064, "max_position_embeddings": 32768,
         "use_sliding_window": false, "new_field": 3,
         "rope_scaling": {"factor": 4.0, "original_max_position_embeddings": 32768, "type": "yarn"}}
        """;

    private const string Trace = """
        {"timestamp": 0, "input_length": 60000, "output_length": 10}
        {"timestamp": 0, "input_length": 4000, "output_length": 10}
        """;

    [Theory]
    [InlineData(null, 2, "")]
    [InlineData("131072", 2, "")]
    [InlineData("128K", 2, "")]
    [InlineData("65.5k", 2, "")]
    [InlineData("32K", 1, "prompt and output exceed max_model_len")]
    [InlineData("32k", 1, "prompt and output exceed max_model_len")]
    [InlineData("4009", 0, "prompt and output exceed max_model_len")]
    public void A_context_may_be_lowered(string? length, int finished, string reason)
    {
        using var folder = new TemporaryFolder();
        string[] args = Args(
            folder,
            "[{\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 1, \"role\": \"mixed\"}]"
        );
        var run = CliRun.Of(length is null ? args : [.. args, "--max_model_len", length]);

        Assert.Equal("", run.Error);
        using var json = JsonDocument.Parse(run.Out);
        var summary = json.RootElement.GetProperty("summary");
        Assert.Equal(finished, summary.GetProperty("finished").GetInt32());
        Assert.Contains(reason, summary.GetProperty("rejections").ToString());
        Assert.Contains("new_field", json.RootElement.GetProperty("notices")[0].GetString());
    }

    [Theory]
    [InlineData("200000", "max_model_len: 200000 tokens for ")]
    [InlineData("0", "--max_model_len: found '0'; allowed: a whole number from 1, with k (1000)")]
    [InlineData("1.5", "--max_model_len: found '1.5'; allowed: a whole number")]
    [InlineData("1.5K", "--max_model_len: found '1.5K'; allowed: a whole number")]
    [InlineData("-1", "--max_model_len: found '-1'; allowed: a whole number")]
    [InlineData("99999999999G", "--max_model_len: found '99999999999G'; allowed: a whole number")]
    [InlineData("K", "--max_model_len: found 'K'; allowed: a whole number")]
    public void A_context_that_is_not_allowed_is_an_error(string length, string message)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of([
            .. Args(folder, "[{\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 1, \"role\": \"mixed\"}]"),
            $"--max_model_len={length}",
        ]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void A_context_is_an_axis_of_a_sweep()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.File("sweep.csv");
        var run = CliRun.Of([
            .. Args(folder, "[{\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 1, \"role\": \"mixed\"}]")
                .TakeWhile(arg => arg != "--json"),
            "--max_model_len",
            "4K",
            "128K",
            "--csv_output",
            csv,
            "--quiet",
        ]);

        Assert.Equal("", run.Error);
        var rows = File.ReadAllLines(csv).Select(line => line.Split(',')).ToArray();
        var finished = Array.IndexOf(rows[0], "finished");
        var length = Array.IndexOf(rows[0], "max_model_len");
        Assert.Equal(("4096", "1"), (rows[1][length], rows[1][finished]));
        Assert.Equal(("131072", "2"), (rows[2][length], rows[2][finished]));
    }

    [Theory]
    [InlineData("Qwen/Qwen3-235B-A22B", 8)]
    [InlineData("Qwen/Qwen3-235B-A22B", 16)]
    [InlineData("meta-llama/Llama-3.1-405B", 16)]
    public void More_accelerators_than_KV_heads_serve_a_model(string model, int tp)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of([
            .. Args(
                    folder,
                    $"[{{\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": {tp}, \"role\": \"mixed\"}}]"
                )
                .Select(arg => arg.EndsWith("model.json", StringComparison.Ordinal) ? model : arg),
            "--max_model_len",
            "8K",
        ]);

        // No measured configuration was as large.
        Assert.True(
            run.Error.Length == 0
                || run.Error.Contains("beyond what the errors are of", StringComparison.Ordinal),
            run.Error
        );
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(1, json.RootElement.GetProperty("summary").GetProperty("finished").GetInt32());
    }

    [Fact]
    public void A_config_that_cannot_be_used_does_not_hide_the_others()
    {
        using var folder = new TemporaryFolder();
        folder.Write("models/me--good.json", Yarn);
        folder.Write("models/me--bad.json", "{\"model_type\": \"mamba2\"}");
        var run = CliRun.Of("models", "--models", folder.File("models"));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("me/good", run.Out);
        Assert.DoesNotContain("me/bad", run.Out);
        Assert.Contains("me--bad.json:model_type: 'mamba2' has layers of a state-space model", run.Error);
    }

    [Fact]
    public void A_profile_names_what_is_not_simulated()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Write("model.json", Yarn);

        Assert.Contains(
            "Notice: fields of the config",
            CliRun.Of("profile", "--model", model, "--tp", "1").Out
        );
        var json = CliRun.Of("profile", "--model", model, "--tp", "1", "--format", "json").Out;
        using var document = JsonDocument.Parse(json);
        Assert.Equal(1, document.RootElement.GetProperty("notices").GetArrayLength());
    }

    private static string[] Args(TemporaryFolder folder, string cluster) =>
        [
            "run",
            "--model",
            folder.Write("model.json", Yarn),
            "--cluster",
            folder.Write("cluster.json", cluster),
            "--trace_path",
            folder.Write("trace.jsonl", Trace),
            "--arrivals",
            "trace",
            "--json",
            "-",
        ];
}
