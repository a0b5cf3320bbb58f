using System.Text.Json;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Videos on the command line, in traces and mixes, and in results.</summary>
public sealed class VideoCommandTests() : MediaCommandScene("Qwen/Qwen2.5-VL-7B-Instruct", requests: "10")
{
    private const string Mixed = $"[{{ \"role\": \"mixed\", {Gpu} }}]";
    private const string Engine = $"[{{ \"role\": \"mixed\", {Gpu}, \"engine\": {{}} }}]";
    private const string Apart = $"[{{ \"role\": \"mixed\", {Gpu} }}, {{ \"role\": \"encode\", {Gpu} }}]";

    /// <summary>Ten seconds of 1280x720 are 10 pairs of 720 tokens and two marks, a picture of 224x224 is 66 tokens.</summary>
    [Theory]
    [InlineData(Mixed)]
    [InlineData(Engine)]
    [InlineData(Apart)]
    public void A_run_says_what_became_of_videos(string cluster)
    {
        var requests = Folder.File("requests.csv");
        var summary = Folder.File("summary.csv");
        string[] media =
        [
            "--videos_per_request",
            "1",
            "--images_per_request",
            "2",
            "--image_size",
            "224x224",
        ];
        var run = Run(
            cluster,
            [.. media, "--verify", "--requests_output", requests, "--csv_output", summary, "--json", "-"]
        );

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        var encoder = json.RootElement.GetProperty("summary").GetProperty("encoder");
        Assert.Equal(10, encoder.GetProperty("videos").GetInt32());
        Assert.Equal(10 * 7202, encoder.GetProperty("video_tokens").GetInt32());
        Assert.Equal(20, encoder.GetProperty("images").GetInt32());
        Assert.Equal(20 * 66, encoder.GetProperty("image_tokens").GetInt32());
        Assert.Equal(30, encoder.GetProperty("encoded").GetInt32());
        var rows = ResultTable.Open(requests);
        Assert.All(rows.Texts("images")[0], images => Assert.Equal("2", images));
        Assert.All(rows.Texts("videos")[0], videos => Assert.Equal("1", videos));
        Assert.All(rows.Texts("video_tokens")[0], tokens => Assert.Equal("7202", tokens));
        Assert.All(rows.Numbers("input_length")[0], tokens => Assert.Equal(1024 + 132 + 7202, tokens));
        Assert.Equal("10", ResultTable.Open(summary).Texts("videos")[0][0]);
        Assert.Contains(
            "Media       20 pictures with 1,320 tokens, 10 videos with 72,020 tokens;",
            Run(cluster, media).Out,
            StringComparison.Ordinal
        );
    }

    /// <summary>Pictures alone have the columns that they had, and the same times whether or not a rule for videos is known.</summary>
    [Fact]
    public void Without_videos_nothing_is_said_of_them()
    {
        var requests = Folder.File("requests.csv");
        var run = Run(Engine, "--images_per_request", "1", "--requests_output", requests, "--json", "-");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("video", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("video", File.ReadLines(requests).First(), StringComparison.Ordinal);
    }

    /// <summary>Equal ids are equal videos; those of other lengths are others.</summary>
    [Fact]
    public void A_trace_says_which_videos_its_requests_have()
    {
        var trace = Folder.Write(
            "trace.csv",
            """
            at,in,out,films,pictures
            0,100,5,1280x720/10s@7,
            20,100,5,1280x720/10s@7,224x224
            40,100,5,1280x720/5s/1fps@7,
            60,100,5,,2
            80,100,5,640x360/1s;640x360/1s,
            """
        );
        var requests = Folder.File("requests.csv");
        var run = Run(
            Engine,
            "--trace_path",
            trace,
            "--columns",
            "arrival=at,input=in,output=out,images=pictures,videos=films",
            "--arrivals",
            "trace",
            "--image_size",
            "224x224",
            "--requests_output",
            requests,
            "--json",
            "-"
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        var encoder = json.RootElement.GetProperty("summary").GetProperty("encoder");
        Assert.Equal(
            (7, 1),
            (encoder.GetProperty("encoded").GetInt32(), encoder.GetProperty("found").GetInt32())
        );
        var rows = ResultTable.Open(requests);
        // Five frames sampled are rounded to four.
        Assert.Equal(
            [(0, 7202, 0), (1, 7202, 66), (2, 1442, 0), (3, 0, 132), (4, 2 * 600, 0)],
            rows.Numbers("id")[0]
                .Zip(rows.Numbers("video_tokens")[0], rows.Numbers("image_tokens")[0])
                .Order()
        );
    }

    [Fact]
    public void Converted_workloads_keep_their_videos()
    {
        var written = Folder.File("workload.jsonl");
        string[] source = ["--request_count", "10", "--request_source", "uniform", "--input_len", "64"];
        string[] media =
        [
            "--images_per_request",
            "1-2",
            "--videos_per_request",
            "1-3",
            "--video_size",
            "640x360|320x240",
            "--video_seconds",
            "1|2.5",
            "--video_fps",
            "4",
        ];

        var generated = CliRun.Of(["workload", "generate", "--output", written, .. source, .. media]);
        var direct = Run(Mixed, [.. source, .. media, "--json", "-"]);
        var read = Run(
            Mixed,
            "--trace_path",
            written,
            "--arrivals",
            "trace",
            "--columns",
            "images=images,videos=videos",
            "--json",
            "-"
        );

        Assert.Equal((0, "10 requests written\n"), (generated.ExitCode, generated.Error));
        Assert.Contains("/2.5s/4fps", File.ReadAllText(written), StringComparison.Ordinal);
        Assert.Equal((0, 0), (direct.ExitCode, read.ExitCode));
        Assert.Equal(EncoderOf(direct), EncoderOf(read));
    }

    /// <summary>Videos are drawn from a stream of their own.</summary>
    [Fact]
    public void Videos_shift_no_length_no_arrival_and_no_picture()
    {
        var (with, without) = (Folder.File("with.csv"), Folder.File("without.csv"));
        string[] source = ["--request_source", "lognormal", "--images_per_request", "0-3"];
        Assert.Equal(
            0,
            Run(Mixed, [.. source, "--videos_per_request", "0-1", "--requests_output", with]).ExitCode
        );
        Assert.Equal(0, Run(Mixed, [.. source, "--requests_output", without]).ExitCode);

        var (one, other) = (ResultTable.Open(with), ResultTable.Open(without));
        foreach (var column in new[] { "arrival", "output_length", "images", "image_tokens" })
        {
            Assert.Equal(ById(other, column), ById(one, column));
        }

        Assert.Equal(
            ById(other, "input_length"),
            ById(one, "input_length").Zip(ById(one, "video_tokens"), (all, videos) => all - videos)
        );
        Assert.InRange(ById(one, "videos").Sum(), 1, 9);
    }

    [Fact]
    public void A_class_of_a_mix_has_its_own_videos()
    {
        var mix = Folder.Write(
            "mix.yaml",
            """
            classes:
              - { name: text, share: 1, request_source: uniform, input_len: 100, output_len: 5 }
              - { name: films, share: 1, request_source: uniform, input_len: 100, output_len: 5, videos_per_request: "1-2", video_size: 640x360, video_seconds: "1", video_fps: 2 }
            """
        );
        var requests = Folder.File("requests.csv");

        var run = Run(Mixed, "--mix", mix, "--requests_output", requests, "--request_count", "20");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var table = ResultTable.Open(requests);
        Assert.All(
            table.Numbers("input_length")[0].Zip(table.Numbers("videos")[0]),
            row => Assert.Equal(100 + (600 * row.Second), row.First)
        );
        Assert.Contains(0, table.Numbers("videos")[0]);
        Assert.Contains(2, table.Numbers("videos")[0]);
        Assert.Equal(
            "videos_per_request: the classes of a mix have videos of their own; allowed with mix: these options in a class",
            Refusal(Mixed, "--mix", mix, "--videos_per_request", "1")
        );
    }

    [Theory]
    [InlineData(
        "--videos_per_request 0",
        "videos_per_request: found '0'; allowed: a whole number from 1 to 100000, or the fewest and the most as in 0-4"
    )]
    [InlineData(
        "--video_size 10",
        "video_size: found '10'; allowed: WIDTHxHEIGHT in pixels, each from 1 to 1000000, as in 1024x768, or several as in 1024x768|512x512"
    )]
    [InlineData(
        "--video_seconds 5|0",
        "video_seconds: found '0'; allowed: a number above 0, up to 1000000 s, or several as in 5|10"
    )]
    [InlineData("--video_fps 0", "--video_fps: found '0'; allowed: a number, above 0, up to 1000 frames/s")]
    [InlineData(
        "--video_size 1x400",
        "video_size: found 1x400; allowed with this model: sides of which one is at most 200 times the other"
    )]
    [InlineData(
        "--videos_per_request 1 --model google/gemma-3-27b-it",
        "videos: how google/gemma-3-27b-it makes tokens of a video is not known; allowed: Qwen2-VL, Qwen2.5-VL, Qwen3-VL, Qwen3.5 and InternVL, such as Qwen/Qwen2.5-VL-7B-Instruct"
    )]
    [InlineData(
        "--videos_per_request 1 --request_source chat",
        "videos_per_request: requests of conversations have no videos; allowed: sources whose requests stand alone"
    )]
    public void Videos_that_cannot_be_are_named(string options, string message) =>
        Assert.EndsWith(message, Refusal(Mixed, options.Split(' ')), StringComparison.Ordinal);

    [Theory]
    [InlineData("640x480", "")]
    [InlineData("640x480/10", "")]
    [InlineData("640x480/0s", "")]
    [InlineData("640x480/10s/0fps", "")]
    [InlineData("640x480/10s/2fps/1", "")]
    [InlineData("2", "")]
    [InlineData(
        "640x480/10s",
        "--video_seconds 5",
        "videos_per_request: the trace says which requests have videos; allowed with columns videos: no option of videos"
    )]
    public void Wrong_videos_of_a_trace_are_named(string cell, string options, string? message = null)
    {
        var trace = Folder.Write("trace.csv", $"at,in,out,films\n0,100,5,{cell}\n");
        string[] run = ["--trace_path", trace, "--columns", "arrival=at,input=in,output=out,videos=films"];

        Assert.EndsWith(
            message
                ?? $"films: found {cell}; allowed: videos as WIDTHxHEIGHT/SECONDSs or WIDTHxHEIGHT/SECONDSs/RATEfps, separated by spaces, each with an @ID if others are equal to it",
            Refusal(Mixed, [.. run, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]),
            StringComparison.Ordinal
        );
    }
}
