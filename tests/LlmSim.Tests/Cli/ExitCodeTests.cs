using System.Globalization;
using System.Text;
using LlmSim.Cli;
using LlmSim.Tests.Documentation;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Each exit code comes from what it stands for, and help and documentation say so.</summary>
public sealed class ExitCodeTests
{
    [Fact]
    public void Success_is_0() => Assert.Equal(0, CliRun.Of("version").ExitCode);

    [Fact]
    public void Wrong_input_is_1() => Assert.Equal(1, CliRun.Of("run", "--request_count", "0").ExitCode);

    [Fact]
    public void A_defect_is_2()
    {
        using var error = new StringWriter();

        var exitCode = CliApplication.Run(["version"], new CliConsole(new BrokenWriter(), error));

        Assert.Equal(2, exitCode);
        Assert.Contains("this is a defect of llmsim", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ttft_p99<1000s", 0)]
    [InlineData("ttft_p99<1us", 3)]
    public void A_limit_that_is_not_met_is_3(string limit, int expected) =>
        Assert.Equal(
            expected,
            CliRun.Of("run", "--request_count", "5", "--lambda_arrival", "0.01", "--require", limit).ExitCode
        );

    [Fact]
    public void An_interruption_is_130() =>
        Assert.Equal(130, CliRun.Of(new CancellationToken(canceled: true), "run").ExitCode);

    [Fact]
    public void All_are_in_the_help_and_on_the_page()
    {
        var help = CliRun.Of("--help").Out;
        var topic = CliRun.Of("help", "exit_codes").Out;
        var page = DocumentationPage.All.Single(page => page.Name == Path.Combine("docs", "installing.md"));

        Assert.Equal([0, 1, 2, 3, 130], ExitCode.All.Select(code => code.Code));
        Assert.All(
            ExitCode.All,
            code =>
            {
                var number = code.Code.ToString(CultureInfo.InvariantCulture);
                Assert.Contains($"\n  {number.PadRight(3)}  ", help, StringComparison.Ordinal);
                Assert.Contains($"\n  {number}: ", topic, StringComparison.Ordinal);
                Assert.Contains($"| {number} | {code.Meaning} |", page.Text, StringComparison.Ordinal);
            }
        );
    }

    private sealed class BrokenWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new InvalidOperationException("broken");

        public override void Write(ReadOnlySpan<char> buffer) =>
            throw new InvalidOperationException("broken");
    }
}
