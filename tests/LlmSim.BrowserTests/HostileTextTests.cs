using LlmSim.Experiments.Reports;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.BrowserTests;

/// <summary>Names come from files and options: whatever they hold is text on a page, never markup or code.</summary>
[Collection(BrowserCollection.Name)]
public sealed class HostileTextTests(Browser browser)
{
    private const string Name = "</script><img src=x onerror=\"document.title='taken'\"><b>n</b>";

    [Fact]
    public async Task A_name_with_markup_is_shown_as_it_is()
    {
        using var folder = new TemporaryFolder();
        await using (var file = File.Create(folder.File("report.html")))
        {
            ReportPage.Write(file, Report());
        }

        await using var opened = await browser.Open(folder.File("report.html"));
        var plot = opened.Page.Locator(".plot").First;
        await plot.HoverAsync();
        await opened.Page.Locator("figure table").First.WaitForAsync();

        Assert.Equal(0, await opened.Page.Locator("img").CountAsync());
        Assert.Equal(0, await opened.Page.Locator("b").CountAsync());
        Assert.Equal(Name, await opened.Page.Locator("h1").InnerTextAsync());
        Assert.Contains(Name, await opened.Page.Locator("figure table").First.InnerTextAsync());
        Assert.StartsWith("</script>", await opened.Page.TitleAsync(), StringComparison.Ordinal);
        Assert.Empty(opened.Complaints);
    }

    private static Report Report() =>
        new(
            Name,
            Name,
            Name,
            [
                new VerdictBlock(Name)
                {
                    Headlines = [new Headline(Name, Name, Name, Name)],
                    Warnings = [Name],
                },
                new SectionBlock(Name, Name),
                new XyChart(
                    Name,
                    new ChartAxis(Name, Name),
                    new ChartAxis(Name, Name),
                    [
                        new ChartSeries(Name, SeriesStyle.Line, [0, 1, 2], [1, 1, 1]),
                        new ChartSeries(Name + "2", SeriesStyle.Line, [0, 1, 2], [2, 2, 2]),
                    ]
                )
                {
                    Lines = [new ReferenceLine(Name, 1)],
                    Note = Name,
                },
                new BarChart(Name, new ChartAxis(Name, Name), [new ChartBar(Name, 0, 1, Name)]),
                new TableBlock(
                    Name,
                    [new TableColumn(Name, Name)],
                    [
                        [Name],
                        [Name],
                    ]
                )
                {
                    Note = Name,
                },
                new FactsBlock(Name, [(Name, Name)]),
                new CommandBlock(Name, Name),
            ]
        );
}
