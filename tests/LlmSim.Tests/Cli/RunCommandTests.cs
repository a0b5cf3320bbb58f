using System.Globalization;
using System.Text.Json;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

public sealed class RunCommandTests
{
    [Fact]
    public void Without_options_it_simulates_the_default_cluster_and_shows_it_on_80_columns()
    {
        var run = CliRun.Of("run", "--request_count", "50");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("50 = 50 finished + 0 rejected", run.Out, StringComparison.Ordinal);
        Assert.Contains("4 x NVIDIA_H100_SXM tp 4 prefill", run.Out, StringComparison.Ordinal);
        Assert.All(run.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.DoesNotContain('\e', run.Out);
    }

    [Fact]
    public void Options_may_be_written_with_dashes_and_equals_signs()
    {
        var underscores = CliRun.Of("run", "--request_count", "20", "--ttft_slo", "1");
        var dashes = CliRun.Of("run", "--request-count=20", "--ttft-slo=1");

        Assert.Equal(0, dashes.ExitCode);
        Assert.Equal(underscores, dashes);
    }

    [Fact]
    public void Every_option_of_the_reference_is_known()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write("cluster.json", """[{ "hardware": "NVIDIA_A100_40G", "tp_size": 8 }]""");

        var run = CliRun.Of([
            .. "run --request_source zipfian --zipf_s 1.5 --max_len 4096 --lognormal_mean 9".Split(' '),
            .. $"--prefill_config {cluster} --decode_config {cluster} --request_count 20".Split(' '),
            .. "--lambda_arrival 2 --prefill_global round_robin --prefill_local shortest".Split(' '),
            .. "--decode_global random --decode_local fcfs --seed 7 --ttft_slo 3 --tpot_slo 0.2".Split(' '),
            .. $"--csv_output {folder.File("a.csv")} --model_id unsloth/Llama-3.3-70B-Instruct".Split(' '),
        ]);

        Assert.Equal(
            (
                0,
                "llmsim: warning: --lognormal_mean has no effect here: it is read with request_source lognormal without "
                    + "input_mean\n"
            ),
            (run.ExitCode, run.Error)
        );
        Assert.StartsWith(
            "round_robin-shortest-random-fcfs-2.0,",
            File.ReadAllLines(folder.File("a.csv"))[1],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_reference_takes_its_own_cluster_when_none_is_given()
    {
        using var json = Json("run", "--request_count", "5", "--semantics", "reference", "--json", "-");
        var instances = json.RootElement.GetProperty("decode_instances");

        Assert.Equal(4, instances.GetArrayLength());
        Assert.Equal("NVIDIA_A100_40G", instances[3].GetProperty("hardware").GetString());
        Assert.Equal(8, instances[3].GetProperty("tp_size").GetInt32());
    }

    [Fact]
    public void One_option_of_the_semantics_can_be_switched_alone()
    {
        using var json = Json("run", "--request_count", "5", "--kv-transfer", "independent", "--json", "-");
        var semantics = json.RootElement.GetProperty("configuration").GetProperty("semantics");

        Assert.Equal("standard", semantics.GetProperty("preset").GetString());
        Assert.Equal("independent", semantics.GetProperty("kv_transfer").GetString());
        Assert.Equal("full", semantics.GetProperty("lm_head").GetString());
    }

    [Fact]
    public void All_result_files_agree_on_the_number_of_requests()
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of(
            "run",
            "--request_count",
            "30",
            "--requests_output",
            folder.File("requests.csv"),
            "--csv_output",
            folder.File("summary.csv"),
            "--json",
            folder.File("summary.json"),
            "--quiet"
        );

        Assert.Equal(new CliRun(0, "", ""), run);
        Assert.Equal(["requests.csv", "summary.csv", "summary.json"], folder.Names);
        Assert.Equal(31, File.ReadAllLines(folder.File("requests.csv")).Length);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.File("summary.json")));
        Assert.Equal(30, json.RootElement.GetProperty("summary").GetProperty("requests").GetInt64());
    }

    [Fact]
    public void The_mean_ttft_of_the_summary_is_the_mean_of_the_requests()
    {
        using var folder = new TemporaryFolder();
        using var json = Json(
            "run",
            "--request_count",
            "200",
            "--requests_output",
            folder.File("requests.csv"),
            "--json",
            "-"
        );
        var rows = File.ReadAllLines(folder.File("requests.csv")).Select(line => line.Split(',')).ToArray();
        var column = Array.IndexOf(rows[0], "ttft");
        var mean = rows.Skip(1).Average(row => double.Parse(row[column], CultureInfo.InvariantCulture));

        var ttft = json.RootElement.GetProperty("summary").GetProperty("ttft_seconds");
        Assert.Equal(mean, ttft.GetProperty("mean").GetDouble(), 1e-9);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void Results_are_the_same_bytes_in_every_culture(string culture)
    {
        using var folder = new TemporaryFolder();
        var invariant = Outputs(CultureInfo.InvariantCulture, folder.File("a"));
        var local = Outputs(CultureInfo.GetCultureInfo(culture), folder.File("b"));

        Assert.Equal(invariant, local);
    }

    [Fact]
    public void An_interrupted_run_exits_with_130_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        var run = CliRun.Of(cancellation.Token, "run", "--csv_output", folder.File("a.csv"));

        Assert.Equal((130, ""), (run.ExitCode, run.Out));
        Assert.Empty(folder.Names);
    }

    private static string[] Outputs(CultureInfo culture, string prefix)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, culture);
            var run = CliRun.Of(
                "run",
                "--request_count",
                "200",
                "--lambda_arrival",
                "2.5",
                "--requests_output",
                prefix + ".csv",
                "--csv_output",
                prefix + ".summary.csv",
                "--json",
                prefix + ".json"
            );
            Assert.Equal(0, run.ExitCode);
            return
            [
                run.Out,
                File.ReadAllText(prefix + ".csv"),
                File.ReadAllText(prefix + ".summary.csv"),
                File.ReadAllText(prefix + ".json"),
            ];
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (before, before);
        }
    }

    private static JsonDocument Json(params string[] args)
    {
        var run = CliRun.Of(args);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return JsonDocument.Parse(run.Out);
    }
}
