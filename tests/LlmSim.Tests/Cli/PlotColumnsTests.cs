using LlmSim.Experiments.Plots;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

public sealed class PlotColumnsTests
{
    private const string Table = "rate,router,ttft,tpot\n1,a,0.5,0.1\n2,a,0.7,0.2\n1,b,0.4,0.1\n2,b,,0.3\n";

    [Fact]
    public void Columns_are_drawn_against_another_with_a_line_for_each_value()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("table.csv", Table);

        var run = CliRun.Of([
            "plot",
            table,
            "--x",
            "rate",
            "--y",
            "ttft,tpot",
            "--by",
            "router",
            "--output",
            folder.File("out"),
            "--format",
            "svg",
        ]);

        Assert.Equal("", run.Error);
        var picture = folder.File("out/ttft_tpot_against_rate.svg");
        Assert.Equal(picture + "\n", run.Out);
        var svg = File.ReadAllText(picture);
        Assert.All(
            ["Against rate", "ttft: a", "ttft: b", "tpot: a", "tpot: b"],
            text => Assert.Contains(text, svg, StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("rat", "ttft", "there is no column 'rat'. Did you mean 'rate'?")]
    [InlineData("rate", "router", "router: found 'a'; allowed: a number")]
    [InlineData("rate", null, "--x: wants one table and --y with the columns to draw.")]
    public void What_cannot_be_drawn_is_told(string x, string? y, string expected)
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("table.csv", Table);
        string[] arguments = ["plot", table, "--x", x, .. y is null ? (string[])[] : ["--y", y]];

        var run = CliRun.Of(arguments);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_one_x_are_one_point_and_not_a_zigzag()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("table.csv", "rate,ttft\n2,4\n1,1\n1,3\n2,8\n1,2\n");

        var line = Assert.Single(new ColumnLines(ResultTable.Open(table), "rate", []).Of("ttft", "ttft"));

        Assert.Equal([(2.0, 6.0), (1.0, 2.0)], line.Points.Select(point => (point.X, point.Y.Mean)));
        Assert.Contains(
            "each point is the mean of up to 3 rows with one rate",
            Draw(folder, table, "--x", "rate", "--y", "ttft"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Seeds_are_a_mean_with_its_interval_whether_x_is_an_option_or_a_result()
    {
        using var folder = new TemporaryFolder();
        var table = Sweep(folder);

        var picture = Draw(
            folder,
            table,
            "--x",
            "lambda_arrival",
            "--y",
            "ttft_mean",
            "--by",
            "prefill_local"
        );
        Assert.Contains("each point is the mean over its seeds", picture, StringComparison.Ordinal);
        Assert.Contains("bars: 95 % interval of the mean of 3 seeds", picture, StringComparison.Ordinal);

        var lines = new ColumnLines(ResultTable.Open(table), "tpot_mean", ["prefill_local"]).Of(
            "ttft_mean",
            ""
        );
        Assert.All(lines, line => Assert.Equal([3, 3], line.Points.Select(point => point.Values.Count)));
        Assert.Equal([11.0, 21], lines.First().Points.Select(point => point.X));
    }

    [Theory]
    [InlineData("lambda_arrival", "prefill_local (fcfs, edf)")]
    [InlineData("tpot_mean", "prefill_local (fcfs, edf) and lambda_arrival (1, 2)")]
    public void A_setting_that_is_not_shown_is_refused(string x, string expected)
    {
        using var folder = new TemporaryFolder();

        var run = CliRun.Of([
            "plot",
            Sweep(folder),
            "--x",
            x,
            "--y",
            "ttft_mean",
            "--output",
            folder.File("out"),
        ]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(
            $"several rows differ in {expected}, which the picture does not show; add ",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("out", folder.Names);
    }

    /// <summary>Two policies at two rates with three seeds.</summary>
    private static string Sweep(TemporaryFolder folder) =>
        folder.Write(
            "sweep.csv",
            "prefill_local,lambda_arrival,seed,ttft_mean,tpot_mean\n"
                + string.Concat(
                    from policy in new[] { "fcfs", "edf" }
                    from rate in new[] { 1, 2 }
                    from seed in new[] { 1, 2, 3 }
                    select $"{policy},{rate},{seed},{(policy == "edf" ? 2 : 1) * (rate + seed)},{(10 * rate) + seed - 1}\n"
                )
        );

    private static string Draw(TemporaryFolder folder, string table, params string[] args)
    {
        var run = CliRun.Of(["plot", table, .. args, "--output", folder.File("out"), "--format", "svg"]);
        Assert.Equal("", run.Error);
        return File.ReadAllText(run.Out.TrimEnd());
    }
}
