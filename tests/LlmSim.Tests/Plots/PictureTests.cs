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
    public void A_run_is_drawn_and_so_are_its_files()
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
        Assert.Equal(s_ofARun, Names("again", ".svg"));
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
        Assert.Equal(1800, bitmap.Width);
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
    public void Seeds_of_one_rate_are_drawn_as_their_mean_with_its_interval()
    {
        var texts = Texts(RatePicture.Goodput([Summary("fcfs", 1, 0.5), Summary("fcfs", 1, 1.5)]));

        Assert.Contains("each point is the mean over its seeds", texts);
        Assert.Contains("bars: 95 % interval of the mean of 2 seeds", texts);
        Assert.Contains(
            "prefill_local fcfs",
            Texts(RatePicture.Goodput([Summary("fcfs", 1, 1), Summary("edf", 1, 1), Summary("edf", 1, 1)]))
        );
    }

    [Fact]
    public void One_seed_has_no_interval() =>
        Assert.DoesNotContain(
            Texts(RatePicture.Goodput([Summary("fcfs", 1, 0.5), Summary("fcfs", 2, 1.5)])),
            text =>
                text.Contains("interval", StringComparison.Ordinal)
                || text.Contains("mean", StringComparison.Ordinal)
        );

    [Fact]
    public void A_number_that_follows_the_rate_does_not_part_a_line_and_is_said()
    {
        var texts = Texts(
            RatePicture.Goodput([
                With("request_count", "100", Summary("fcfs", 1, 1)),
                With("request_count", "200", Summary("fcfs", 2, 1)),
                With("request_count", "200", Summary("edf", 2, 1)),
            ])
        );

        Assert.Contains("with the rate vary request_count", texts);
        Assert.Contains("prefill_local fcfs", texts);
    }

    [Theory]
    [InlineData("w_bit", "16", "8")]
    [InlineData("cluster", "a.json", "b.json")]
    [InlineData("performance", "roofline", "calibrated")]
    public void Every_setting_parts_lines(string option, string one, string other)
    {
        var texts = Texts(
            RatePicture.Goodput([
                With(option, one, Summary("fcfs", 1, 1)),
                With(option, other, Summary("fcfs", 1, 2)),
            ])
        );

        Assert.Contains($"{option} {one}", texts);
        Assert.Contains($"{option} {other}", texts);
    }

    [Fact]
    public void A_run_in_two_files_counts_once_unless_its_figures_differ()
    {
        const string Header =
            "lambda_arrival,seed,w_bit,goodput_requests_per_second,slo_attainment_pct,tpot_slo_attainment_pct,both_slo_attainment_pct\n";
        _folder.Write("a.csv", Header + "1,7,16,0.5,90,90,90\n2,7,16,0.6,90,90,90\n");
        _folder.Write("b.csv", Header + "1,7,16,0.5,90,90,90\n1,8,16,0.7,90,90,90\n");

        var points = PlotData.Read([Path("a.csv"), Path("b.csv")]).Summaries;
        Assert.Equal([0.5, 0.6, 0.7], points.Select(point => point.GoodputRequestsPerSecond));

        _folder.Write("c.csv", Header + "1,7,16,0.4,90,90,90\n");
        var e = Assert.Throws<UserErrorException>(() => PlotData.Read([Path("a.csv"), Path("c.csv")]));
        Assert.Contains("lambda_arrival 1, seed 7: is there twice", e.Message, StringComparison.Ordinal);
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

    private static SummaryPoint With(string option, string value, SummaryPoint point) =>
        point with
        {
            Configuration = new Dictionary<string, string>(point.Configuration) { [option] = value },
        };

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
