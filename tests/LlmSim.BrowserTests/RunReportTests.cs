using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Microsoft.Playwright;
using Xunit;

namespace LlmSim.BrowserTests;

/// <summary>A page of a run as a reader uses it: it draws, answers the pointer and the keys, and asks the network for nothing.</summary>
[Collection(BrowserCollection.Name)]
public sealed class RunReportTests : IDisposable
{
    private readonly Browser _browser;
    private readonly TemporaryFolder _folder = new();

    public RunReportTests(Browser browser)
    {
        _browser = browser;
        var run = CliRun.Of(
            "run",
            "--quiet",
            "--request_count",
            "400",
            "--lambda_arrival",
            "6",
            "--report",
            Path
        );
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    private string Path => _folder.File("report.html");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ColorScheme.Light, "rgb(246, 247, 249)")]
    [InlineData(ColorScheme.Dark, "rgb(16, 19, 23)")]
    public async Task Charts_are_drawn_without_a_complaint_or_a_request(ColorScheme theme, string ground)
    {
        await using var opened = await _browser.Open(Path, theme);
        var charts = opened.Page.Locator(".plot");

        Assert.True(await charts.CountAsync() >= 8);
        foreach (var chart in await charts.AllAsync())
        {
            Assert.True(await OpenedPage.Colors(chart) > 5);
        }

        Assert.Equal(
            ground,
            await opened.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")
        );
        await opened.Keep($"run-{theme}");
        Assert.Empty(opened.Complaints);
        Assert.Equal(
            [$"file://{Path}"],
            opened.Requests.Where(url => !url.StartsWith("data:", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Pointing_at_a_curve_says_its_values()
    {
        await using var opened = await _browser.Open(Path);
        var chart = Chart(opened, "Time to first token");
        await chart.Locator(".plot").HoverAsync();

        var tooltip = chart.Locator("table").First;
        await tooltip.WaitForAsync();
        Assert.Contains("%", await tooltip.InnerTextAsync());
        Assert.Empty(opened.Complaints);
    }

    [Fact]
    public async Task Zooming_shows_single_requests_and_takes_the_other_charts_along()
    {
        await using var opened = await _browser.Open(Path);
        var timeline = Chart(opened, "Requests on the instances");
        var batch = Chart(opened, "Batch size, decode instances").Locator(".plot");
        var (before, batchBefore) = (await OpenedPage.Picture(timeline), await OpenedPage.Picture(batch));

        await timeline.GetByPlaceholder("number").FillAsync("200");
        await timeline.GetByPlaceholder("number").PressAsync("Enter");
        await timeline.GetByText("each by itself").WaitForAsync();

        Assert.NotEqual(before, await OpenedPage.Picture(timeline));
        Assert.NotEqual(batchBefore, await OpenedPage.Picture(batch));

        var zoomed = await OpenedPage.Picture(timeline);
        await timeline.Locator(".plot").FocusAsync();
        await opened.Page.Keyboard.PressAsync("-");
        await opened.Page.EvaluateAsync(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
        );
        Assert.NotEqual(zoomed, await OpenedPage.Picture(timeline));
        await opened.Page.Keyboard.PressAsync("0");
        await timeline
            .GetByText("zoom in for single requests")
            .Or(timeline.GetByText("400 requests"))
            .WaitForAsync();
        Assert.Empty(opened.Complaints);
    }

    [Fact]
    public async Task Tables_sort_by_their_headings_and_filter_by_words()
    {
        await using var opened = await _browser.Open(Path);
        var table = opened
            .Page.Locator(".card.table")
            .Filter(new() { HasText = "Everything that decides the result" });
        await table.GetByRole(AriaRole.Searchbox).FillAsync("seed");
        var shown = await table.Locator("tbody tr:visible").AllInnerTextsAsync();
        Assert.NotEmpty(shown);
        Assert.All(shown, row => Assert.Contains("seed", row, StringComparison.OrdinalIgnoreCase));

        var latencies = opened.Page.Locator(".card.table").Filter(new() { HasText = "Wait for prefill" });
        var mean = latencies.Locator("th").Filter(new() { HasText = "mean" });
        await mean.GetByRole(AriaRole.Button).ClickAsync();
        Assert.Equal("ascending", await mean.GetAttributeAsync("aria-sort"));
        var values = await latencies
            .Locator("tbody tr td:nth-child(2)")
            .EvaluateAllAsync<double[]>("cells => cells.map(cell => Number(cell.dataset.value))");
        Assert.Equal(values.Order(), values);
    }

    [Fact]
    public async Task Every_chart_has_its_numbers_as_a_table()
    {
        await using var opened = await _browser.Open(Path);
        foreach (var chart in await opened.Page.Locator("figure").AllAsync())
        {
            await chart.Locator("summary").ClickAsync();
            await chart.Locator("details tbody tr").Nth(1).WaitForAsync();
        }

        Assert.Empty(opened.Complaints);
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(420)]
    public async Task A_page_is_never_wider_than_its_window(int width)
    {
        await using var opened = await _browser.Open(Path);
        await opened.Page.SetViewportSizeAsync(width, 800);

        // Charts follow their window one frame later.
        await opened.Page.WaitForFunctionAsync("document.documentElement.scrollWidth <= innerWidth");
        await opened.Keep($"run-{width}");
    }

    [Fact]
    public async Task The_button_changes_the_theme_and_draws_the_charts_anew()
    {
        await using var opened = await _browser.Open(Path);
        var chart = opened.Page.Locator(".plot").First;
        var light = await OpenedPage.Picture(chart);

        await opened.Page.Locator("#theme").ClickAsync();

        Assert.Equal(
            "dark",
            await opened.Page.EvaluateAsync<string>("document.documentElement.dataset.theme")
        );
        Assert.NotEqual(light, await OpenedPage.Picture(chart));
    }

    private static ILocator Chart(OpenedPage opened, string title) =>
        opened.Page.Locator("figure").Filter(new() { HasText = title });
}
