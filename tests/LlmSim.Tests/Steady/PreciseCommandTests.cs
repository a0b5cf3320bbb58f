using System.Globalization;
using System.Text.Json;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Steady;

/// <summary><c>--warmup auto</c>, <c>--intervals</c> and <c>--precise</c> from the command line.</summary>
public sealed class PreciseCommandTests
{
    private static readonly string[] s_run = ["run", "--performance", "roofline"];

    [Fact]
    public void A_warm_up_that_is_found_gives_what_the_same_warm_up_gives_when_it_is_given()
    {
        string[] run =
        [
            .. s_run,
            "--request_count",
            "1000",
            "--lambda_arrival",
            "4",
            "--prefill_global",
            "power_of_two",
        ];
        var found = Summary(CliRun.Of([.. run, "--warmup", "auto", "--json", "-"]));
        var warmUp =
            found.GetProperty("requests").GetInt64() - found.GetProperty("measured_requests").GetInt64();
        var given = CliRun.Of([.. run, "--warmup", $"{warmUp}", "--json", "-"]);

        Assert.InRange(warmUp, 1, 500);
        Assert.Equal($"{found}", $"{Summary(given)}");
    }

    [Fact]
    public void A_sweep_finds_the_warm_up_of_each_point()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.File("sweep.csv");
        string[] run = [.. s_run, "--request_count", "500", "--warmup", "auto"];
        var sweep = CliRun.Of([.. run, "--lambda_arrival", "2", "6", "--csv_output", csv]);
        var single = Summary(CliRun.Of([.. run, "--lambda_arrival", "6", "--json", "-"]));

        Assert.Equal(0, sweep.ExitCode);
        var rows = File.ReadLines(csv).Select(line => line.Split(',')).ToArray();
        Assert.Equal(
            $"{single.GetProperty("measured_requests").GetInt64()}",
            rows[2][Array.IndexOf(rows[0], "measured_requests")]
        );
    }

    [Fact]
    public void Intervals_lie_around_the_figures_of_the_summary()
    {
        var run = CliRun.Of([
            .. s_run,
            "--request_count",
            "1000",
            "--warmup",
            "10%",
            "--intervals",
            "--json",
            "-",
        ]);
        var (summary, root) = (Summary(run), Root(run));
        var intervals = root.GetProperty("intervals")
            .EnumerateArray()
            .ToDictionary(one => one.GetProperty("figure").GetString()!);

        foreach (
            var (time, name) in new[]
            {
                ("ttft", "ttft_seconds"),
                ("tpot", "tpot_seconds"),
                ("e2e", "end_to_end_seconds"),
            }
        )
        {
            foreach (var statistic in new[] { "mean", "p25", "p50", "p75", "p90", "p95", "p99" })
            {
                var interval = intervals[$"{time}_{statistic}"];
                var figure = summary.GetProperty(name).GetProperty(statistic).GetDouble();
                Assert.Equal(figure, interval.GetProperty("estimate").GetDouble(), figure * 1e-12);
                Assert.InRange(interval.GetProperty("low").GetDouble(), 0, figure);
                var high = interval.GetProperty("high");
                Assert.True(
                    high.ValueKind == JsonValueKind.Null || high.GetDouble() >= figure,
                    $"{time}_{statistic}"
                );
            }
        }

        Assert.Equal(
            summary.GetProperty("both_attainment_percent").GetDouble(),
            intervals["attainment"].GetProperty("estimate").GetDouble(),
            1e-9
        );
    }

    [Fact]
    public void The_csv_has_the_ends_behind_its_other_columns_and_none_without()
    {
        using var folder = new TemporaryFolder();
        var (plain, sure) = (folder.File("plain.csv"), folder.File("sure.csv"));
        string[] run = [.. s_run, "--request_count", "300", "--quiet", "--csv_output"];
        CliRun.Of([.. run, plain]);
        CliRun.Of([.. run, sure, "--intervals"]);

        var (former, lines) = (File.ReadAllLines(plain), File.ReadAllLines(sure));
        Assert.StartsWith(former[0] + ",ttft_p25_ci95_low", SameOrder(lines[0]), StringComparison.Ordinal);
        Assert.StartsWith(former[1], lines[1], StringComparison.Ordinal);
        Assert.Contains("both_slo_attainment_pct_ci95_high", lines[0], StringComparison.Ordinal);

        // The mean is the first statistic of a time.
        static string SameOrder(string header) =>
            header.Replace(",ttft_mean_ci95_low,ttft_mean_ci95_high", "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_precise_run_is_the_run_of_that_length_and_says_how_it_was_found()
    {
        string[] run =
        [
            .. s_run,
            "--input_len",
            "1000",
            "--output_len",
            "20",
            "--request_source",
            "uniform",
            "--range_ratio",
            "0.2",
        ];
        string[] goal = ["--precise", "3%", "--precise_figure", "ttft_mean", "e2e_p50"];
        var first = CliRun.Of([.. run, .. goal, "--json", "-"]);
        var precise = Root(first).GetProperty("precise");
        var (requests, warmUp) = (
            precise.GetProperty("requests").GetInt32(),
            precise.GetProperty("warm_up").GetString()!
        );

        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.True(precise.GetProperty("is_reached").GetBoolean());
        Assert.All(
            precise.GetProperty("intervals").EnumerateArray(),
            interval => Assert.InRange(interval.GetProperty("relative_half_width").GetDouble(), 0, 0.03)
        );
        var given = CliRun.Of([.. run, "--request_count", $"{requests}", "--warmup", warmUp, "--json", "-"]);
        Assert.Equal($"{Summary(first)}", $"{Summary(given)}");
        Assert.Equal(first, CliRun.Of([.. run, .. goal, "--json", "-"]));
        Assert.Contains(
            FormattableString.Invariant($"--precise 3% reached: ttft_mean within "),
            CliRun.Of([.. run, .. goal]).Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("1500", "the limit of 1,500 requests", 1500)]
    [InlineData("600.5s", "the limit of 600.5 simulated seconds", 1000)]
    public void A_limit_that_comes_first_is_said(string limit, string reason, int about)
    {
        var run = CliRun.Of([.. s_run, "--precise", "0.1%", "--precise_limit", limit, "--json", "-"]);
        var precise = Root(run).GetProperty("precise");

        Assert.Equal(0, run.ExitCode);
        Assert.False(precise.GetProperty("is_reached").GetBoolean());
        Assert.Contains(
            $"warning: --precise 0.1% not reached ({reason}): ttft_p99 within",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.InRange(precise.GetProperty("requests").GetInt32(), 0.85 * about, 1.15 * about);
    }

    [Fact]
    public void An_overloaded_cluster_is_not_run_to_the_limit()
    {
        var run = CliRun.Of([.. s_run, "--lambda_arrival", "1000", "--precise", "1%", "--json", "-"]);

        Assert.Contains(
            "not reached (queues grow, and the figures with the run's length)",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.InRange(Root(run).GetProperty("precise").GetProperty("requests").GetInt32(), 1000, 20_000);
    }

    [Fact]
    public void A_trace_ends_where_it_ends()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.File("trace.jsonl");
        File.WriteAllLines(
            trace,
            Enumerable
                .Range(0, 1200)
                .Select(i =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $$"""{"timestamp": {{i * 100}}, "input_length": {{100 + (i * 37 % 900)}}, "output_length": 5}"""
                    )
                )
        );
        var run = CliRun.Of([.. s_run, "--trace_path", trace, "--precise", "0.01%", "--json", "-"]);

        Assert.Contains("not reached (there are no more requests)", run.Error, StringComparison.Ordinal);
        Assert.Equal(1200, Root(run).GetProperty("precise").GetProperty("requests").GetInt32());
    }

    [Theory]
    [InlineData("--precise 0%", "--precise: found '0%'; allowed: half the width")]
    [InlineData("--precise 100%", "--precise: found '100%'")]
    [InlineData("--precise two", "--precise: found 'two'")]
    [InlineData(
        "--precise 2% --precise_figure ttft_p98",
        "--precise_figure: found 'ttft_p98'; allowed: ttft",
        "Did you mean 'ttft_p9"
    )]
    [InlineData("--precise 2% --precise_figure itl_p99", "--precise_figure: found 'itl_p99'; allowed: ttft")]
    [InlineData("--precise 2% --precise_figure goodput", "--precise_figure: found 'goodput'; allowed: ttft")]
    [InlineData(
        "--precise 2% --precise_limit 0",
        "--precise_limit: found '0'; allowed: a number of requests"
    )]
    [InlineData("--precise 2% --precise_limit 1.5", "--precise_limit: found '1.5'")]
    [InlineData("--precise 2% --precise_limit 0s", "--precise_limit: found '0s'")]
    [InlineData("--precise 2% --precise_limit 1h", "--precise_limit: found '1h'")]
    [InlineData("--precise 2% --precise_limit 99999999999", "--precise_limit: found '99999999999'")]
    [InlineData(
        "--precise 2% --concurrency 4 --precise_limit 10s",
        "in a closed loop requests have no times"
    )]
    [InlineData("--precise 2% --seed 1 2", "--precise: a sweep has intervals from several seeds")]
    [InlineData("--intervals --seed 1 2", "--intervals: a sweep has intervals from several seeds")]
    [InlineData("--warmup auto --cooldown auto", "cooldown: found 'auto'; allowed: a number of requests")]
    [InlineData("--warmup automatic", "warmup: found 'automatic'", "or auto")]
    public void Bad_input_is_one_line(string options, params string[] messages)
    {
        var run = CliRun.Of([.. s_run, .. options.Split(' ')]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
        Assert.All(messages, message => Assert.Contains(message, run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public void Options_of_precise_without_it_are_said_to_have_no_effect() =>
        Assert.Contains(
            "--precise_limit has no effect here: it is read with --precise",
            CliRun.Of([.. s_run, "--request_count", "10", "--precise_limit", "5"]).Error,
            StringComparison.Ordinal
        );

    private static JsonElement Root(CliRun run) => JsonDocument.Parse(run.Out).RootElement;

    private static JsonElement Summary(CliRun run) => Root(run).GetProperty("summary");
}
