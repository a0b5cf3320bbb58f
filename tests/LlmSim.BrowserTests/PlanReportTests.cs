using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Microsoft.Playwright;
using Xunit;

namespace LlmSim.BrowserTests;

/// <summary>A page of a plan: the verdict, the candidates and what they are weighed by, and which assumption moves the answer.</summary>
[Collection(BrowserCollection.Name)]
public sealed class PlanReportTests : IDisposable
{
    private readonly Browser _browser;
    private readonly TemporaryFolder _folder = new();

    public PlanReportTests(Browser browser)
    {
        _browser = browser;
        var run = CliRun.Of([
            .. "plan --quiet --model meta-llama/Llama-3.1-8B --workload chat --lambda_arrival 30 --request_count 120".Split(
                ' '
            ),
            .. "--hardware H100 H200 --tp_sizes 1 --gpus 4 --slo ttft_p90<400ms,tpot_p90<20ms --sensitivity --whole_runs".Split(
                ' '
            ),
            "--output",
            _folder.File("plan"),
            "--report",
            Path,
        ]);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private string Path => _folder.File("plan.html");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Charts_are_drawn_without_a_complaint_or_a_request(ColorScheme theme)
    {
        await using var opened = await _browser.Open(Path, theme);
        var charts = await opened.Page.Locator(".plot").AllAsync();

        Assert.Equal(3, charts.Count);
        foreach (var chart in charts)
        {
            Assert.True(await OpenedPage.Colors(chart) > 5);
        }

        await opened.Keep($"plan-{theme}");
        Assert.Empty(opened.Complaints);
        Assert.Equal(
            [$"file://{Path}"],
            opened.Requests.Where(url => !url.StartsWith("data:", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task A_candidate_shows_its_points_and_every_kind_has_its_reason()
    {
        await using var opened = await _browser.Open(Path);
        var chart = opened.Page.Locator("figure").Filter(new() { HasText = "What users get" });
        var before = await OpenedPage.Picture(chart);
        var row = opened.Page.Locator("#candidates tbody tr").First;

        await row.ClickAsync();

        Assert.Contains("selected", await row.GetAttributeAsync("class"));
        Assert.NotEqual(before, await OpenedPage.Picture(chart));
        var reasons = opened.Page.Locator(".card.table").Filter(new() { HasText = "Outcomes" });
        Assert.Equal(4, await reasons.Locator("tbody tr").CountAsync());
        Assert.Empty(opened.Complaints);
    }

    [Fact]
    public async Task What_the_tornado_varies_stands_in_a_table_too()
    {
        await using var opened = await _browser.Open(Path);
        var chart = opened.Page.Locator("figure").Filter(new() { HasText = "Of the best candidate" });
        await chart.Locator("summary").ClickAsync();

        // The table is made when it is opened.
        await chart.Locator("details td").First.WaitForAsync();
        var text = await chart.Locator("details").InnerTextAsync();

        foreach (var assumption in (string[])["rate of requests", "length of prompts", "length of outputs"])
        {
            Assert.Contains(assumption, text, StringComparison.Ordinal);
        }

        Assert.Empty(opened.Complaints);
    }
}
