using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Reports;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Reports;

/// <summary>--report of every command that has one: a whole page or none, and nothing of a user's in it as markup.</summary>
public sealed class ReportCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Page => _folder.File("report.html");

    [Fact]
    public void The_page_of_a_run_has_its_figures_its_configuration_and_its_command()
    {
        var run = CliRun.Of(
            "run",
            "--quiet",
            "--request_count",
            "50",
            "--lambda_arrival",
            "3",
            "--report",
            Page
        );

        Assert.Equal((0, "", ""), (run.ExitCode, run.Out, run.Error));
        var page = File.ReadAllText(Page);
        Assert.Contains("requests met both SLOs", page);
        Assert.Contains("<td>lambda_arrival</td><td>3</td>", page);
        Assert.Contains(
            $"llmsim run --quiet --request_count 50 --lambda_arrival 3 --report {Page}</pre>",
            page
        );
        Assert.Contains("Apache License", page);
        RequireNothingElsewhere(page);
    }

    [Fact]
    public void A_page_is_the_same_whenever_it_is_made_and_changes_no_result()
    {
        string[] command = ["run", "--request_count", "50", "--json", "-"];
        var plain = CliRun.Of(command);
        var first = CliRun.Of([.. command, "--report", Page]);
        var page = File.ReadAllBytes(Page);
        var second = CliRun.Of([.. command, "--report", Page]);

        Assert.Equal((plain.Out, plain.Out), (first.Out, second.Out));
        Assert.Equal(page, File.ReadAllBytes(Page));
    }

    [Fact]
    public void The_page_of_a_sweep_has_a_row_a_point_and_curves_against_the_rate()
    {
        var run = CliRun.Of([
            .. (string[])["run", "--quiet", "--request_count", "30", "--lambda_arrival", "2", "4"],
            .. (string[])["--prefill_local", "fcfs", "shortest", "--seed", "1", "2", "--report", Page],
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var page = File.ReadAllText(Page);
        Assert.Contains("Goodput against arrival rate", page);
        Assert.Contains("Of 4 points", page);
        Assert.Contains("<td class=\"number\" data-value=\"4\">4</td><td>shortest</td>", page);
        RequireNothingElsewhere(page);
    }

    [Theory]
    [InlineData("report.pdf", "allowed: .html")]
    [InlineData("report", "allowed: .html")]
    [InlineData("missing/report.html", "there is no folder")]
    public void A_wrong_name_is_an_error_of_one_line_and_leaves_nothing(string name, string message)
    {
        foreach (
            var more in (string[][])
                [
                    [],
                    ["--lambda_arrival", "1", "2"],
                ]
        )
        {
            var run = CliRun.Of(["run", "--request_count", "5", "--report", _folder.File(name), .. more]);

            Assert.Equal(1, run.ExitCode);
            Assert.Contains(message, run.Error);
            Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Empty(_folder.Names);
        }
    }

    [Fact]
    public void A_page_does_not_take_the_place_of_what_the_run_reads()
    {
        var cluster = _folder.Write("cluster.html", """[{"hardware": "NVIDIA_H100_SXM", "tp_size": 4}]""");
        var run = CliRun.Of("run", "--request_count", "5", "--prefill_config", cluster, "--report", cluster);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is the same file as", run.Error);
        Assert.StartsWith("[{", File.ReadAllText(cluster), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_with_markup_are_text()
    {
        const string Name = "</script><img src=x onerror=alert(1)>";
        var page = ReportPage.Text(
            new Report(
                Name,
                Name,
                Name,
                [
                    new VerdictBlock(Name) { Headlines = [new(Name, Name, Name, Name)], Warnings = [Name] },
                    new SectionBlock(Name, Name),
                    new XyChart(
                        Name,
                        new ChartAxis(Name),
                        new ChartAxis(Name),
                        [new ChartSeries(Name, SeriesStyle.Line, [1], [1]) { Labels = [Name] }]
                    ),
                    new TableBlock(
                        Name,
                        [new TableColumn(Name, Name)],
                        [
                            [Name],
                        ]
                    )
                    {
                        Note = Name,
                    },
                    new FactsBlock(Name, [(Name, Name)]),
                    new CommandBlock(Name, Name),
                ]
            )
        );

        Assert.DoesNotContain("<img", page);
        Assert.Contains("&lt;img", page);
        Assert.Contains("\\u003C/script\\u003E", page);
    }

    [Fact]
    public void Requests_without_number_make_a_page_that_can_still_be_sent()
    {
        const int Requests = 100_000;
        var random = new LlmSim.Kernel.RandomStream(1, "page");
        var seconds = 0.0;
        var points = new RequestPoint[Requests];
        for (var i = 0; i < Requests; i++)
        {
            seconds += random.NextDouble() / 5;
            double[] steps = [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble() * 3)];
            points[i] = Request(seconds, steps, i);
        }

        var page = ReportPage.Text(new Report("", "", "", [Timeline(points), .. Curves(points)]));

        Assert.InRange(page.Length, 500_000, 3_000_000);
    }

    private static RequestPoint Request(double arrival, double[] steps, int i) =>
        new(
            100 + (i * 37 % 4000),
            1 + (i * 11 % 900),
            i % 4,
            arrival + steps[0],
            arrival + steps[0] + steps[1],
            i % 4,
            arrival + steps[0] + steps[1] + steps[2],
            arrival + steps.Sum(),
            steps[0] + steps[1],
            steps[4] / 100,
            steps.Sum()
        )
        {
            ArrivalSeconds = arrival,
            TransferFinishSeconds = arrival + steps[0] + steps[1] + (steps[2] / 2),
        };

    private static TimelineChart Timeline(RequestPoint[] points) =>
        new(
            "requests",
            [.. Enumerable.Range(0, 8).Select(i => $"instance {i}")],
            new TimelineRequests(
                1,
                [.. points.Select(p => p.ArrivalSeconds)],
                [.. points.Select(p => p.PrefillInstance)],
                [.. points.Select(p => p.PrefillStartSeconds)],
                [.. points.Select(p => p.PrefillFinishSeconds)],
                [.. points.Select(p => p.TransferFinishSeconds)],
                [.. points.Select(p => 4 + p.DecodeInstance)],
                [.. points.Select(p => p.FirstDecodeStartSeconds)],
                [.. points.Select(p => p.FinishSeconds)],
                [.. points.Select(p => p.InputTokens)],
                [.. points.Select(p => p.OutputTokens)]
            )
        );

    private static XyChart[] Curves(RequestPoint[] points) =>
        [
            LatencyBlocks.Cumulative("TTFT", "TTFT", [("TTFT", points.Select(p => p.TtftSeconds))], []),
            LatencyBlocks.Cumulative("TPOT", "TPOT", [("TPOT", points.Select(p => p.TpotSeconds))], []),
        ];

    /// <summary>The page names no other file: only the licences and the library's texts have addresses.</summary>
    private static void RequireNothingElsewhere(string page)
    {
        foreach (var reference in new[] { " src=", "<link rel=\"stylesheet\"", "@import", "url(" })
        {
            Assert.DoesNotContain(reference, page);
        }
    }
}
