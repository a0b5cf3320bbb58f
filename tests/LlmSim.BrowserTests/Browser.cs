using Microsoft.Playwright;
using Xunit;

namespace LlmSim.BrowserTests;

/// <summary>The tests that share one browser, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserCollection : ICollectionFixture<Browser>
{
    public const string Name = "browser";
}

/// <summary>The machine's own Chromium, one for all tests. Where there is none, the tests are skipped.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>A busy machine is no reason to fail.</summary>
    private const float TimeoutMilliseconds = 300_000;

    private static readonly string[] s_paths =
    [
        .. Environment.GetEnvironmentVariable("LLMSIM_CHROMIUM") is { Length: > 0 } own ? new[] { own } : [],
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Array.Find(s_paths, File.Exists) is not { } path)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = path,
                Timeout = TimeoutMilliseconds,
                Args =
                [
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ],
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens a page that is a file, and waits until its charts are drawn.</summary>
    /// <param name="path">The file.</param>
    /// <param name="theme">What the reader prefers.</param>
    internal async Task<OpenedPage> Open(string path, ColorScheme theme = ColorScheme.Light)
    {
        Assert.SkipWhen(_browser is null, $"there is no Chromium: looked for {string.Join(", ", s_paths)}");
        var page = await _browser!.NewPageAsync(
            new BrowserNewPageOptions
            {
                ColorScheme = theme,
                ViewportSize = new ViewportSize { Width = 1280, Height = 900 },
            }
        );
        page.SetDefaultTimeout(TimeoutMilliseconds);
        var opened = new OpenedPage(page);
        await page.GotoAsync($"file://{path}");
        await page.Locator("html[data-ready=true]").WaitForAsync();
        return opened;
    }
}

/// <summary>A page with what went wrong on it and what it asked for.</summary>
internal sealed class OpenedPage : IAsyncDisposable
{
    public OpenedPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => Complaints.Add(error);
        page.Request += (_, request) => Requests.Add(request.Url);
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of its console, and exceptions.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Everything that it was loaded from.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>The picture that a chart shows, so that two can be compared.</summary>
    public static Task<string> Picture(ILocator chart) =>
        chart.Locator("canvas").First.EvaluateAsync<string>("canvas => canvas.toDataURL()");

    /// <summary>How many colours a chart has.</summary>
    public static Task<int> Colors(ILocator chart) =>
        chart
            .Locator("canvas")
            .First.EvaluateAsync<int>(
                """
                canvas => {
                  const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
                  return new Set(pixels).size;
                }
                """
            );

    /// <summary>Screenshots are kept where the environment says, to be looked at.</summary>
    public async Task Keep(string name)
    {
        if (Environment.GetEnvironmentVariable("LLMSIM_SCREENSHOTS") is { Length: > 0 } folder)
        {
            var path = Path.Combine(folder, $"{name.ToLowerInvariant()}.png");
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = true });
        }
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
