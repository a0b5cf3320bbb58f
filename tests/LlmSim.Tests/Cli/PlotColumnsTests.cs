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
    [InlineData("rate", "router", "column router: found 'a'; allowed: a number")]
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
}
