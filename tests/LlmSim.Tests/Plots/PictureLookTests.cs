using System.Text;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using SkiaSharp;
using Xunit;

namespace LlmSim.Tests.Plots;

/// <summary>Pictures have the size, the words and the format that were asked for.</summary>
public sealed class PictureLookTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("one-column", 1050)]
    [InlineData("two-column", 2150)]
    [InlineData("screen", 1800)]
    public void A_style_has_its_width_at_300_pixels_an_inch(string style, int pixels)
    {
        var png = Picture().Render(new PictureLook(PictureFormat.Png).WithStyle(style));

        using var bitmap = SKBitmap.Decode(png);
        Assert.InRange(bitmap.Width, pixels - 1, pixels + 1);
    }

    [Fact]
    public void A_pdf_is_one_page_of_the_column_and_the_same_each_time()
    {
        var look = new PictureLook(PictureFormat.Pdf).WithStyle("one-column");
        var (first, second) = (Picture().Render(look), Picture().Render(look));

        Assert.Equal(first, second);
        var text = Encoding.Latin1.GetString(first);
        Assert.StartsWith("%PDF-", text, StringComparison.Ordinal);
        Assert.Contains("/MediaBox [0 0 252 172]", text);
        Assert.Contains("DejaVu", text);
        Assert.Contains("/Count 1", text);
    }

    [Fact]
    public void Words_take_the_place_of_the_pictures_own()
    {
        var look = new PictureLook(PictureFormat.Svg)
        {
            Title = "",
            XLabel = "wait",
            YLabel = "share",
        };
        var svg = Encoding.UTF8.GetString(Picture().Render(look.WithSize("640x400")));

        Assert.Contains("width=\"640\" height=\"400\"", svg);
        Assert.DoesNotContain(">Own<", svg);
        Assert.Contains("wait", svg);
        Assert.Contains("share", svg);
    }

    [Theory]
    [InlineData("--size", "9x9", "allowed: WIDTHxHEIGHT")]
    [InlineData("--size", "big", "allowed: WIDTHxHEIGHT")]
    [InlineData("--style", "poster", "screen, one-column, two-column")]
    [InlineData("--format", "eps", "png, svg, pdf")]
    [InlineData("--intervals", "stars", "bars, bands")]
    [InlineData("--labels", "a,b", "there are 2 for 1 files")]
    [InlineData("--ttft_slo", "-1", "--ttft_slo: found '-1'")]
    public void Wrong_values_are_errors_of_one_line(string option, string value, string message)
    {
        var requests = Requests();
        var run = CliRun.Of("plot", requests, "--output", _folder.File("p"), option, value);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(
            Directory.Exists(_folder.File("p")) && Directory.EnumerateFiles(_folder.File("p")).Any()
        );
    }

    [Fact]
    public void Labels_and_slos_are_in_the_legend()
    {
        var requests = Requests();
        var run = CliRun.Of([
            .. (string[])["plot", requests, "--output", _folder.File("p"), "--format", "svg"],
            .. (string[])["--labels", "first come", "--ttft_slo", "0.5"],
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("SLO: 0.5 s", File.ReadAllText(_folder.File("p/ttft_cdf.svg")));
        Assert.DoesNotContain("SLO", File.ReadAllText(_folder.File("p/tpot_cdf.svg")));
    }

    [Fact]
    public void A_sweep_is_drawn_with_its_latencies_against_the_rate()
    {
        var sweep = CliRun.Of([
            .. (string[])
                ["run", "--quiet", "--request_count", "60", "--lambda_arrival", "2", "6", "--seed", "1", "2"],
            .. (string[])["--ttft_slo", "0.5", "--csv_output", _folder.File("sweep.csv")],
        ]);
        Assert.Equal(0, sweep.ExitCode);
        var bars = CliRun.Of(
            "plot",
            _folder.File("sweep.csv"),
            "--output",
            _folder.File("bars"),
            "--format",
            "svg"
        );
        var bands = CliRun.Of([
            .. (string[])
                ["plot", _folder.File("sweep.csv"), "--output", _folder.File("bands"), "--format", "svg"],
            .. (string[])["--intervals", "bands"],
        ]);

        Assert.Equal((0, 0), (bars.ExitCode, bands.ExitCode));
        foreach (var name in new[] { "ttft_p99", "tpot_p99", "e2e_p99" })
        {
            Assert.True(File.Exists(_folder.File($"bars/{name}_against_rate.svg")));
        }

        Assert.Contains("bars: 95 %", File.ReadAllText(_folder.File("bars/ttft_p99_against_rate.svg")));
        Assert.Contains("bands: 95 %", File.ReadAllText(_folder.File("bands/ttft_p99_against_rate.svg")));
    }

    [Fact]
    public void No_colour_comes_again_with_the_same_marker_or_dash()
    {
        var looks = Enumerable
            .Range(0, 28)
            .Select(i =>
                (
                    Color: PictureStyle.ColorOf(i),
                    Shape: PictureStyle.MarkerOf(i).Shape,
                    Dash: PictureStyle.PatternOf(i).Name
                )
            )
            .ToArray();

        foreach (var same in looks.GroupBy(look => look.Color))
        {
            Assert.Equal(same.Count(), same.Select(look => look.Shape).Distinct().Count());
            Assert.Equal(same.Count(), same.Select(look => look.Dash).Distinct().Count());
        }
    }

    private string Requests()
    {
        var run = CliRun.Of(
            "run",
            "--quiet",
            "--request_count",
            "30",
            "--requests_output",
            _folder.File("r.csv")
        );
        Assert.Equal(0, run.ExitCode);
        return _folder.File("r.csv");
    }

    private static Picture Picture() =>
        new("cdf", CdfPicture.Draw("Own", "TTFT (s)", [("measured", [1, 2, 3]), ("predicted", [2, 3])])!);
}
