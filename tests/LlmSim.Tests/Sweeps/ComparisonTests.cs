using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

public sealed class ComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_interval_is_that_of_students_t()
    {
        // t(4; 0.975) = 2.776445105 from any table.
        var estimate = MeanEstimate.Of([1, 2, 3, 4, 5]);

        Assert.Equal((5, 3.0), (estimate.Count, estimate.Mean));
        Assert.Equal(Math.Sqrt(2.5), estimate.Std, 1e-12);
        Assert.Equal(2.776445105 * Math.Sqrt(2.5 / 5), estimate.HalfWidth, 1e-8);
    }

    [Fact]
    public void One_value_has_no_interval()
    {
        var estimate = MeanEstimate.Of([7]);

        Assert.Equal((1, 7.0), (estimate.Count, estimate.Mean));
        Assert.True(double.IsNaN(estimate.Std) && double.IsNaN(estimate.HalfWidth));
    }

    [Theory]
    // Seeds that differ much among each other, and by little from file to file.
    [InlineData("10 20 30", "11 21.1 30.9", "significant")]
    [InlineData("10 20 30", "11 18 31", "not significant")]
    [InlineData("10 20 30", "10 20 30", "no difference")]
    [InlineData("10", "11", "unknown: one seed")]
    // The 16th digit of a sum is no difference, whether it is the same for all seeds, for some, or for one seed alone.
    [InlineData(
        "0.1 0.1 0.1",
        "0.10000000000000002 0.10000000000000002 0.10000000000000002",
        "no difference"
    )]
    [InlineData("0.3 20 7", "0.30000000000000004 20 7", "no difference")]
    [InlineData("100", "99.99999999999999", "no difference")]
    [InlineData("0 0", "0 0", "no difference")]
    [InlineData("1000000 1000001", "1000000.0000001 1000001", "no difference")]
    [InlineData("1 2 3", "1.00010 2.00011 3.00012", "significant")]
    [InlineData("0 0 0", "1e-17 1.1e-17 1.2e-17", "no difference")]
    public void The_verdict_is_about_paired_differences(string a, string b, string verdict)
    {
        var comparison = Compare(
            Table("a.csv", a.Split(' ').Select((value, i) => $"fcfs,1,{i},{value}")),
            Table("b.csv", b.Split(' ').Select((value, i) => $"edf,1,{i},{value}"))
        );

        Assert.Equal(["prefill_local: fcfs → edf"], comparison.Treatments);
        Assert.Equal(verdict, Assert.Single(comparison.Differences).Verdict);
    }

    [Fact]
    public void Rows_are_paired_by_grid_and_seed_in_whatever_order_they_are()
    {
        var comparison = Compare(
            Table("a.csv", ["fcfs,1,7,10", "fcfs,2,7,100", "fcfs,1,8,20", "fcfs,3,7,0"]),
            Table("b.csv", ["edf,2,7,103", "edf,1,8,22", "edf,1,7,11"])
        );

        Assert.Equal(1, comparison.UnpairedRows);
        Assert.Equal(
            [("1", 1.5, 2), ("2", 3.0, 1)],
            comparison.Differences.Select(d =>
                (d.Settings.Single().Value, d.Difference.Mean, d.Difference.Count)
            )
        );
    }

    [Theory]
    [InlineData("fcfs,1,7,10", "fcfs,1,8,10", "have no row with the same seed")]
    [InlineData("fcfs,1,7,10;edf,1,7,10", "hrrn,1,7,10", "prefill_local: ")]
    [InlineData(
        "fcfs,1,7,10;fcfs,1,7,11",
        "fcfs,1,7,10",
        "a.csv:3: has the same configuration and seed as line 2"
    )]
    [InlineData("fcfs,1,7,x", "fcfs,1,7,10", "ttft_mean: found 'x'; allowed: a number")]
    public void What_cannot_be_paired_is_an_error(string a, string b, string expected)
    {
        var e = Assert.Throws<UserErrorException>(() =>
            Compare(Table("a.csv", a.Split(';')), Table("b.csv", b.Split(';')))
        );

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Within_one_sweep_every_other_value_is_compared_with_the_baseline()
    {
        var table = Table(
            "a.csv",
            [
                .. (string[])["fcfs,1,7,10", "fcfs,1,8,20", "fcfs,2,7,100", "fcfs,3,7,5"],
                .. (string[])["edf,1,8,22", "edf,1,7,11", "edf,2,7,103", "hrrn,1,7,8", "hrrn,4,7,9"],
            ]
        );

        var comparison = ResultComparison.Within(table, "prefill_local", "fcfs", ["ttft_mean"]);

        Assert.Equal(
            [("edf 1", 1.5, 2), ("edf 2", 3.0, 1), ("hrrn 1", -2.0, 1)],
            comparison.Differences.Select(d =>
                (string.Join(' ', d.Settings.Select(s => s.Value)), d.Difference.Mean, d.Difference.Count)
            )
        );
        // fcfs and hrrn are alone at rates 3 and 4.
        Assert.Equal(2, comparison.UnpairedRows);
        Assert.Equal($"{table}, prefill_local fcfs", comparison.A);
    }

    [Fact]
    public void Within_and_between_files_the_differences_are_the_same()
    {
        string[] fcfs = ["fcfs,1,7,10", "fcfs,1,8,20", "fcfs,2,7,100"];
        string[] edf = ["edf,1,7,11", "edf,1,8,19", "edf,2,7,103"];

        var within = ResultComparison.Within(
            Table("all.csv", [.. fcfs, .. edf]),
            "prefill_local",
            "edf",
            ["ttft_mean"]
        );
        var between = Compare(Table("edf.csv", edf), Table("fcfs.csv", fcfs));

        Assert.Equal(
            between.Differences.Select(d => (d.MeanA, d.MeanB, d.Difference)),
            within.Differences.Select(d => (d.MeanA, d.MeanB, d.Difference))
        );
    }

    [Fact]
    public void A_number_as_baseline_may_be_written_in_any_way()
    {
        var table = Table("a.csv", ["fcfs,1,7,10", "fcfs,2.5,7,11"]);

        var comparison = ResultComparison.Within(table, "lambda_arrival", "2.50", ["ttft_mean"]);

        Assert.Equal(-1, Assert.Single(comparison.Differences).Difference.Mean);
    }

    [Theory]
    [InlineData(
        "prefill_locl",
        "fcfs",
        "--by prefill_locl: there is no option 'prefill_locl'; allowed: prefill_local, lambda_arrival. Did you mean 'prefill_local'?"
    )]
    [InlineData(
        "ttft_mean",
        "fcfs",
        "--by ttft_mean: 'ttft_mean' is a figure; allowed: prefill_local, lambda_arrival."
    )]
    [InlineData("seed", "7", "--by seed: runs are paired by their seed; allowed: ")]
    [InlineData(
        "prefill_local",
        "fcsf",
        "--baseline: found 'fcsf'; allowed: fcfs, edf. Did you mean 'fcfs'?"
    )]
    [InlineData("prefill_local", null, "--baseline: found nothing; allowed: fcfs, edf.")]
    [InlineData(
        "prefill_local",
        "fcfs",
        "no row with another prefill_local agrees with one of prefill_local fcfs in seed, lambda_arrival"
    )]
    [InlineData("model", "m", "model is m in all rows; there is nothing to compare")]
    public void What_cannot_be_compared_within_a_sweep_is_an_error(
        string by,
        string? baseline,
        string expected
    )
    {
        var table = _folder.Write(
            "a.csv",
            "prefill_local,lambda_arrival,seed,ttft_mean,model\nfcfs,1,7,10,m\nedf,2,7,11,m\n"
        );

        var e = Assert.Throws<UserErrorException>(() =>
            ResultComparison.Within(table, by, baseline, ["ttft_mean"])
        );

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A --by prefill_local --baseline fcfs edf", "--baseline: found fcfs edf; it takes one value")]
    [InlineData("A A --by prefill_local --baseline fcfs", "--by: compares within one file")]
    [InlineData("A A --baseline fcfs", "--baseline: is a value of the option of --by")]
    [InlineData("A", "compare: found one file")]
    [InlineData("A --baseline fcfs", "--baseline: is a value of the option of --by")]
    public void A_command_that_says_too_much_or_too_little_is_an_error(string args, string expected)
    {
        var table = Table("a.csv", ["fcfs,1,7,10", "edf,1,7,10"]);

        var run = Cli.CliRun.Of(["compare", .. args.Split(' ').Select(word => word == "A" ? table : word)]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_tells_rows_apart()
    {
        var path = _folder.Write(
            "a.csv",
            "prefill_local,performance,cluster,seed,ttft_mean\nfcfs,roofline,x,1,1\nfcfs,calibrated,x,1,2\nfcfs,calibrated,y,1,3\n"
                + "edf,roofline,x,1,2\nedf,calibrated,x,1,4\nedf,calibrated,y,1,6\n"
        );

        var comparison = ResultComparison.Within(path, "prefill_local", "fcfs", ["ttft_mean"]);

        Assert.Equal([1, 2, 3], comparison.Differences.Select(d => d.Difference.Mean));
    }

    [Theory]
    [InlineData("", "is empty; allowed: a table in CSV")]
    [InlineData("a,b\n1,2\n", "is no summary CSV of llmsim")]
    [InlineData("seed\n", "is no summary CSV of llmsim")]
    public void Another_file_is_an_error(string content, string expected)
    {
        var path = _folder.Write("a.csv", content);

        var e = Assert.Throws<UserErrorException>(() => Compare(path, path));

        Assert.StartsWith($"{path}: {expected}", e.Message, StringComparison.Ordinal);
    }

    private static ResultComparison Compare(string a, string b) => ResultComparison.Of(a, b, ["ttft_mean"]);

    private string Table(string name, IEnumerable<string> rows) =>
        _folder.Write(
            name,
            string.Join('\n', rows.Prepend("prefill_local,lambda_arrival,seed,ttft_mean")) + "\n"
        );
}
