using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Microsoft.Playwright;
using Xunit;

namespace LlmSim.BrowserTests;

/// <summary>A page of a sweep: curves with intervals, and points and rows that select each other.</summary>
[Collection(BrowserCollection.Name)]
public sealed class SweepReportTests : IDisposable
{
    private readonly Browser _browser;
    private readonly TemporaryFolder _folder = new();

    public SweepReportTests(Browser browser)
    {
        _browser = browser;
        var run = CliRun.Of([
            .. (string[])["run", "--quiet", "--request_count", "150", "--lambda_arrival", "2", "4", "6", "8"],
            .. (string[])["--prefill_local", "fcfs", "shortest", "--seed", "1", "2", "3", "--report", Path],
        ]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    private string Path => _folder.File("sweep.html");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Every_figure_is_drawn_against_the_rate(ColorScheme theme)
    {
        await using var opened = await _browser.Open(Path, theme);
        foreach (var chart in await opened.Page.Locator(".plot").AllAsync())
        {
            Assert.True(await OpenedPage.Colors(chart) > 5);
        }

        await opened.Keep($"sweep-{theme}");
        Assert.Empty(opened.Complaints);
    }

    [Fact]
    public async Task A_row_shows_its_points_and_a_point_shows_its_row()
    {
        await using var opened = await _browser.Open(Path);
        var chart = opened.Page.Locator("figure").Filter(new() { HasText = "Output of an accelerator" });
        var before = await OpenedPage.Picture(chart);
        var row = opened.Page.Locator("#points tbody tr").Nth(3);
        await row.ClickAsync();

        Assert.Contains("selected", await row.GetAttributeAsync("class"));
        Assert.NotEqual(before, await OpenedPage.Picture(chart));

        // The points lie somewhere on the diagonal of the chart: the pointer goes over it until it is over one.
        await chart.ScrollIntoViewIfNeededAsync();
        var box = (await chart.Locator("canvas").First.BoundingBoxAsync())!;
        var pixel = await chart
            .Locator("canvas")
            .First.EvaluateAsync<float[]>(
                """
                canvas => {
                  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                  for (let i = 0; i < data.length; i += 4) {
                    if (data[i + 2] > data[i] + 120 && data[i + 3] > 200) {
                      return [(i / 4) % canvas.width / canvas.width, Math.floor(i / 4 / canvas.width) / canvas.height];
                    }
                  }
                  return [0, 0];
                }
                """
            );
        await opened
            .Page.Locator("#points tbody tr")
            .Nth(0)
            .EvaluateAsync(
                "() => document.querySelectorAll('.selected').forEach(row => row.classList.remove('selected'))"
            );
        await opened.Page.Mouse.ClickAsync(
            box.X + (pixel[0] * box.Width) + 1,
            box.Y + (pixel[1] * box.Height) + 3
        );
        await opened.Page.Locator("#points tr.selected").WaitForAsync();
        Assert.Empty(opened.Complaints);
    }
}
