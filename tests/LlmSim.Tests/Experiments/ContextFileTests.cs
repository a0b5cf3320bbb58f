using System.Text.Json;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Experiments;

/// <summary>Ranks that share prompts in cluster files, and in what a run says of them.</summary>
public sealed class ContextFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_has_the_ranks_and_their_accelerators()
    {
        var run = Run("\"cp_size\": 4", "--verify", "--json", "-");

        Assert.Equal(0, run.ExitCode);
        using var result = JsonDocument.Parse(run.Out);
        var summary = result.RootElement.GetProperty("summary");
        Assert.Equal(4, summary.GetProperty("instances")[0].GetProperty("cp_size").GetInt32());
        Assert.False(summary.GetProperty("instances")[1].TryGetProperty("cp_size", out _));
        var shown = Run("\"cp_size\": 4").Out;
        Assert.Contains("8 x NVIDIA_H100_SXM, cp 4", shown, StringComparison.Ordinal);
        Assert.Contains("tp 2 cp 4 prefill", shown, StringComparison.Ordinal);
        Assert.Contains("instances without context parallelism", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Costs_and_energy_are_of_all_ranks()
    {
        double Of(int ranks, string name)
        {
            using var result = JsonDocument.Parse(Run($"\"cp_size\": {ranks}", "--json", "-").Out);
            return result.RootElement.GetProperty("costs").GetProperty(name).GetDouble();
        }

        Assert.Equal(10 * Of(1, "cost_per_hour") / 4, Of(4, "cost_per_hour"), 1e-9);
        // The six more take at least the 70 W of one that has no work.
        Assert.InRange(Of(4, "mean_watts") - Of(1, "mean_watts"), 0.95 * 6 * 70, 3 * 6 * 70);
    }

    [Fact]
    public void One_rank_is_the_instance_without()
    {
        var one = Run("\"cp_size\": 1", "--json", "-");
        var none = Run("\"pp_size\": 1", "--json", "-");

        Assert.Equal(0, one.ExitCode);
        using var ofOne = JsonDocument.Parse(one.Out);
        using var ofNone = JsonDocument.Parse(none.Out);
        Assert.Equal(
            ofNone.RootElement.GetProperty("summary").GetRawText(),
            ofOne.RootElement.GetProperty("summary").GetRawText()
        );
        Assert.DoesNotContain("cp_size", one.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"cp_size\": 0", "cp_size: found 0; allowed: a whole number from 1 to 1024")]
    [InlineData("\"cp_size\": 1025", "cp_size: found 1025; allowed: a whole number from 1 to 1024")]
    [InlineData("\"cp_size\": 1.5", "cp_size: found 1.5; allowed: a whole number from 1 to 1024")]
    [InlineData("\"cp_size\": \"2\"", "cp_size: found '2'; allowed: a whole number from 1 to 1024")]
    [InlineData(
        "\"cp_size\": 2, \"pp_size\": 2, \"engine\": {}",
        "cp_size: found 2 beside pp_size 2; allowed: one of them"
    )]
    public void Ranks_that_cannot_be_are_refused_in_one_line(string fields, string message) =>
        Refused(Run(fields), message);

    [Fact]
    public void Instances_that_do_not_only_prefill_have_one()
    {
        const string Mixed = """{"role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 2}""";
        static string WithRanks(string instance) =>
            instance.Replace("2}", "2, \"cp_size\": 2}", StringComparison.Ordinal);
        Refused(OfCluster($"[{WithRanks(Mixed)}]"), "cp_size: found 2 on a mixed instance; allowed there: 1");
        var encode = WithRanks(Mixed.Replace("mixed", "encode", StringComparison.Ordinal));
        Refused(
            OfCluster($"[{Mixed}, {encode}]"),
            "cp_size: found 2 on an encode instance; allowed there: 1"
        );
    }

    private static void Refused(CliRun run, string message)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    private CliRun Run(string fields, params string[] options) =>
        OfCluster(
            $$"""
            [
              {"role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 2, {{fields}} },
              {"role": "decode", "hardware": "NVIDIA_H100_SXM", "tp_size": 2}
            ]
            """,
            options
        );

    private CliRun OfCluster(string cluster, params string[] options) =>
        CliRun.Of([
            "run",
            "--cluster",
            _folder.Write("c.json", cluster),
            "--model",
            "meta-llama/Llama-3.1-8B",
            "--request_count",
            "60",
            .. options,
        ]);
}
