using System.Xml.Linq;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using ScottPlot;
using SkiaSharp;
using Xunit;

namespace LlmSim.Tests.Plots;

/// <summary>Pictures carry their text, their points and what was left out, in both formats.</summary>
public sealed class PictureTests : IDisposable
{
    private static readonly string[] s_ofARun =
    [
        "batch_size_decode",
        "batch_size_prefill",
        "e2e_cdf",
        "instances",
        "kv_use_decode",
        "kv_use_prefill",
        "queue_length_decode",
        "queue_length_prefill",
        "tpot_against_output",
        "tpot_cdf",
        "ttft_against_input",
        "ttft_cdf",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_is_drawn_and_drawn_the_same_from_its_files()
    {
        var run = CliRun.Of([
            .. (string[])["run", "--quiet", "--request_count", "40", "--plots", Path("run")],
            .. (string[])["--plots_format", "svg", "--requests_output", Path("run.csv")],
            .. (string[])["--sample_queue_states", "--sample_memory_usage", "--sample_interval", "0.5"],
            .. (string[])["--queue_states_output", Path("queues.parquet")],
            .. (string[])["--memory_usage_output", Path("memory.csv")],
        ]);
        Assert.Equal((0, "", ""), (run.ExitCode, run.Out, run.Error));
        Assert.Equal(s_ofARun, Names("run", ".svg"));

        var plot = CliRun.Of([
            .. (string[])["plot", Path("run.csv"), Path("queues.parquet"), Path("memory.csv")],
            .. (string[])["--output", Path("again"), "--format", "svg"],
        ]);
        Assert.Equal((0, ""), (plot.ExitCode, plot.Error));
        Assert.Equal(s_ofARun.Length, plot.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        foreach (var name in s_ofARun)
        {
            Assert.Equal(
                File.ReadAllText(Path($"run/{name}.svg")),
                File.ReadAllText(Path($"again/{name}.svg"))
            );
        }
    }

    [Fact]
    public void Without_samples_asked_for_the_run_is_sampled_for_its_pictures_alone()
    {
        var run = CliRun.Of("run", "--quiet", "--request_count", "5", "--plots", Path("run"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(s_ofARun, Names("run", ".png"));
        Assert.Equal(["run"], _folder.Names);
    }

    [Fact]
    public void Text_of_a_picture_has_quantities_units_and_names()
    {
        var texts = Texts(
            CdfPicture.Draw("Title", "TTFT (s)", [("measured", [1, 2, 3]), ("predicted", [2, 3])])
        );

        Assert.Contains("Title", texts);
        Assert.Contains("TTFT (s)", texts);
        Assert.Contains("share of requests (%)", texts);
        Assert.Contains("measured", texts);
        Assert.Contains("predicted", texts);
    }

    [Fact]
    public void A_png_has_the_colours_of_its_series_and_ink_where_its_title_is()
    {
        using var bitmap = SKBitmap.Decode(
            new Picture("cdf", Cdf(("a", [1, 2, 3]), ("b", [2, 3, 5]))).Render(PictureFormat.Png)
        );

        var pixels = bitmap.Pixels;
        Assert.Equal(PictureStyle.WidthPixels * PictureStyle.PngScale, bitmap.Width);
        Assert.Contains(SKColor.Parse("#0072B2"), pixels);
        Assert.Contains(SKColor.Parse("#D55E00"), pixels);
        var titleRows = pixels.AsSpan(0, bitmap.Width * 60).ToArray();
        Assert.InRange(titleRows.Count(pixel => pixel.Red < 100), 200, 20_000);
    }

    [Fact]
    public void Thousands_of_points_are_thinned_and_the_picture_says_so()
    {
        var values = Enumerable.Range(1, 12_031).Select(value => (double)value).ToArray();

        Assert.Contains("every 3rd of up to 12,031 steps a series is drawn", Texts(Cdf(("a", values))));
        var thinned = Thinning.Thin(values);
        Assert.InRange(thinned.Count, 4000, Thinning.MaxPoints);
        Assert.Equal((1, 12_031), (thinned[0], thinned[^1]));
        Assert.Equal(Thinning.MaxPoints, Thinning.Thin(values[..Thinning.MaxPoints]).Count);
        Assert.InRange(Thinning.Thin(values[..(Thinning.MaxPoints + 1)]).Count, 1, Thinning.MaxPoints);
    }

    [Fact]
    public void Rejected_requests_are_left_out_and_counted()
    {
        var run = new PlotRun(
            "run",
            [
                new RequestPoint(Samples.Served(0)),
                new RequestPoint(Samples.Rejected(1)),
                new RequestPoint(Samples.SingleToken(2)),
            ]
        );

        Assert.Contains("1 rejected request is left out", Texts(ScatterPicture.TtftAgainstInput([run])));
        Assert.NotNull(GanttPicture.Draw(run.Requests));
        var rejected = run with { Requests = [new RequestPoint(Samples.Rejected(1))] };
        Assert.Null(ScatterPicture.TtftAgainstInput([rejected]));
        Assert.Null(CdfPicture.Ttft([rejected]));
        Assert.Null(GanttPicture.Draw(rejected.Requests));
    }

    [Fact]
    public void Policies_that_vary_name_the_lines_against_the_arrival_rate()
    {
        var texts = Texts(
            RatePicture.Goodput([Summary("fcfs", 1, 0.9), Summary("fcfs", 2, 1.5), Summary("shortest", 1, 1)])
        );

        Assert.Contains("prefill_local fcfs", texts);
        Assert.Contains("prefill_local shortest", texts);
        Assert.Contains("arrival rate (requests/s)", texts);
        Assert.DoesNotContain(texts, text => text.Contains("decode_local", StringComparison.Ordinal));
    }

    [Fact]
    public void Seeds_of_one_rate_are_drawn_as_their_mean()
    {
        var texts = Texts(RatePicture.Goodput([Summary("fcfs", 1, 0.5), Summary("fcfs", 1, 1.5)]));

        Assert.Contains("each point is the mean over its runs", texts);
    }

    [Theory]
    [InlineData(16, "inst 15")]
    [InlineData(17, "smallest to largest of 17 instances")]
    public void Many_instances_are_drawn_as_a_band(int instances, string text)
    {
        var lines = Enumerable
            .Range(0, instances)
            .Select(i => InstanceLine.Create(SampledQuantity.Queue, "inst", i, [0, 1, 2], [0, i, 1]));

        Assert.Contains(text, Texts(SamplesPicture.Draw(SampledQuantity.Queue, "inst", lines)));
    }

    [Fact]
    public void Predicted_and_measured_counts_can_share_one_timeline()
    {
        var texts = Texts(
            TimelinePicture.Draw(
                "Requests running",
                "requests running",
                [new NamedSeries("measured", [0, 1], [3, 4]), new NamedSeries("predicted", [0, 1], [3, 5])]
            )
        );

        Assert.Contains("measured", texts);
        Assert.Contains("predicted", texts);
        Assert.Contains("simulated time (s)", texts);
    }

    [Fact]
    public void Values_over_decades_have_a_logarithmic_axis()
    {
        Assert.Contains("0.001", Texts(Cdf(("a", [0.001, 0.5, 10]))));
        Assert.Equal(-3, AxisScale.For([0.001, 10]).Map(0.001), 1e-9);
        Assert.Equal(0.5, AxisScale.For([0.5, 1]).Map(0.5));
        Assert.Equal(0, AxisScale.For([0, 1000]).Map(0));
    }

    [Fact]
    public void Busy_time_is_counted_exactly_and_kept_by_bins()
    {
        var line = StepLine.Count([(0, 2), (1, 4), (6, 8)]);
        Assert.Equal([0, 1, 2, 4, 6, 8], line.EdgesSeconds);
        Assert.Equal([1, 2, 1, 0, 1], line.Values);

        var bins = line.Binned(3, 0, 9);
        Assert.Equal([4 / 3.0, 1 / 3.0, 2 / 3.0], bins.Values, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    private static Plot Cdf(params (string, IReadOnlyList<double>)[] samples) =>
        CdfPicture.Draw("Title", "TTFT (s)", samples)!;

    private static SummaryPoint Summary(string prefillLocal, double rate, double goodput) =>
        new(
            new Dictionary<string, string> { ["prefill_local"] = prefillLocal, ["decode_local"] = "fcfs" },
            rate,
            goodput,
            100,
            100,
            100
        );

    private static string[] Texts(Plot? plot)
    {
        Assert.NotNull(plot);
        using var svg = new MemoryStream(new Picture("picture", plot).Render(PictureFormat.Svg));
        return
        [
            .. XDocument
                .Load(svg)
                .Descendants()
                .Where(e => e.Name.LocalName == "text")
                .Select(e => e.Value.Trim()),
        ];
    }

    private string Path(string name) => _folder.File(name);

    private IEnumerable<string> Names(string folder, string extension) =>
        Directory
            .EnumerateFiles(Path(folder))
            .Order(StringComparer.Ordinal)
            .Select(file =>
            {
                Assert.Equal(extension, System.IO.Path.GetExtension(file));
                return System.IO.Path.GetFileNameWithoutExtension(file);
            });
}
