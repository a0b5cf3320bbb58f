using LlmSim.Tests.Cli;
using LlmSim.Tests.Validation;
using Microsoft.Playwright;
using Xunit;

namespace LlmSim.BrowserTests;

/// <summary>A page of a recorded run beside its simulation.</summary>
[Collection(BrowserCollection.Name)]
public sealed class ValidateReportTests : IDisposable
{
    private readonly Browser _browser;
    private readonly RunFolder _folder = new();

    public ValidateReportTests(Browser browser)
    {
        _browser = browser;
        _folder.Write("timeseries.csv", "t,running,waiting\n1,1,0\n2,3,1\n3,0,0\n");
        var run = CliRun.Of("validate", _folder.Path, "--report", Path);
        Assert.Equal(0, run.ExitCode);
    }

    private string Path => System.IO.Path.Combine(_folder.Path, "validation.html");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task What_was_measured_is_drawn_beside_what_is_predicted(ColorScheme theme)
    {
        await using var opened = await _browser.Open(Path, theme);
        var charts = await opened.Page.Locator(".plot").AllAsync();

        Assert.True(charts.Count >= 5);
        foreach (var chart in charts)
        {
            Assert.True(await OpenedPage.Colors(chart) > 5);
        }

        await opened.Keep($"validate-{theme}");
        Assert.Empty(opened.Complaints);
        Assert.Equal(
            [$"file://{Path}"],
            opened.Requests.Where(url => !url.StartsWith("data:", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Pointing_at_a_curve_says_whose_it_is_and_its_values()
    {
        await using var opened = await _browser.Open(Path);
        var chart = opened.Page.Locator("figure").Filter(new() { HasText = "TTFT" }).First;
        await chart.Locator(".plot").HoverAsync();

        var tooltip = chart.Locator("table").First;
        await tooltip.WaitForAsync();
        var text = await tooltip.InnerTextAsync();
        Assert.Matches("(measured|predicted).*%", text);
    }

    [Fact]
    public async Task Zooming_changes_the_picture_and_shows_all_again()
    {
        await using var opened = await _browser.Open(Path);
        var chart = opened.Page.Locator("figure").Filter(new() { HasText = "Requests in the batch" });
        var whole = await OpenedPage.Picture(chart);

        await chart.GetByRole(AriaRole.Button, new() { Name = "Zoom in" }).ClickAsync();
        await Drawn(opened);
        Assert.NotEqual(whole, await OpenedPage.Picture(chart));
        await chart.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Drawn(opened);

        Assert.Equal(whole, await OpenedPage.Picture(chart));
        Assert.Empty(opened.Complaints);
    }

    private static async Task Drawn(OpenedPage opened) =>
        await opened.Page.EvaluateAsync(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
        );
}
