using System.Text.Json;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Pictures on the command line, in traces, mixes and cluster files, and in results.</summary>
public sealed class ImageCommandTests() : MediaCommandScene("Qwen/Qwen2.5-VL-7B-Instruct", requests: "20")
{
    private const string Mixed = $"{{ \"role\": \"mixed\", {Gpu} }}";
    private const string Encode = $"{{ \"role\": \"encode\", {Gpu} }}";
    private const string Sizes =
        "allowed: WIDTHxHEIGHT in pixels, each from 1 to 1000000, as in 1024x768, or several as in 1024x768|512x512";

    /// <summary>Tokens of 1,024 x 1,024 are 1,369 and two marks, in the prompts behind their text.</summary>
    [Theory]
    [InlineData($"[{Mixed}]")]
    [InlineData($"[{Mixed}, {Encode}]")]
    public void A_run_says_what_became_of_pictures(string cluster)
    {
        var requests = Folder.File("requests.csv");
        var summary = Folder.File("summary.csv");
        var run = Run(
            cluster,
            "--images_per_request",
            "2",
            "--verify",
            "--requests_output",
            requests,
            "--csv_output",
            summary,
            "--json",
            "-"
        );

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        var encoder = json.RootElement.GetProperty("summary").GetProperty("encoder");
        Assert.Equal(40, encoder.GetProperty("images").GetInt32());
        Assert.Equal(40 * 1371, encoder.GetProperty("image_tokens").GetInt32());
        Assert.Equal(40, encoder.GetProperty("encoded").GetInt32());
        Assert.Equal(0, encoder.GetProperty("found").GetInt32());
        var rows = ResultTable.Open(requests);
        Assert.All(rows.Texts("images")[0], images => Assert.Equal("2", images));
        Assert.All(rows.Texts("image_tokens")[0], tokens => Assert.Equal("2742", tokens));
        Assert.All(rows.Numbers("input_length")[0], tokens => Assert.Equal(1024 + 2742, tokens));
        var hasOwn = cluster.Contains("encode", StringComparison.Ordinal);
        Assert.All(rows.Texts("encode_start")[0], text => Assert.Equal(hasOwn, text.Length > 0));
        var row = ResultTable.Open(summary);
        Assert.Equal("40", row.Texts("images_encoded")[0][0]);
        Assert.Equal(hasOwn, row.Texts("encode_mean")[0][0].Length > 0);
        var shown = Run(cluster, "--images_per_request", "2").Out;
        Assert.Contains(
            "Pictures    40 with 54,840 tokens; 40 encoded, 0 found",
            shown,
            StringComparison.Ordinal
        );
        Assert.Equal(hasOwn, shown.Contains("1 x NVIDIA_H100_SXM tp 1 encode", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_pictures_nothing_is_said_of_them()
    {
        var requests = Folder.File("requests.csv");
        var run = Run($"[{Mixed}]", "--requests_output", requests, "--json", "-");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("encode", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("images", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("image", File.ReadLines(requests).First(), StringComparison.Ordinal);
    }

    /// <summary>A number of them gets its sizes from image_size; equal ids are equal pictures, encoded once.</summary>
    [Fact]
    public void A_trace_says_which_pictures_its_requests_have()
    {
        var trace = Folder.Write(
            "trace.csv",
            """
            at,in,out,pictures
            0,100,5,448x448@7
            1,100,5,448x448@7 224x224
            2,100,5,
            3,100,5,0
            4,100,5,2
            """
        );
        var requests = Folder.File("requests.csv");
        var run = Run(
            $"[{Mixed}]",
            "--trace_path",
            trace,
            "--columns",
            "arrival=at,input=in,output=out,images=pictures",
            "--arrivals",
            "trace",
            "--image_size",
            "280x280",
            "--requests_output",
            requests,
            "--json",
            "-"
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        var encoder = json.RootElement.GetProperty("summary").GetProperty("encoder");
        Assert.Equal(
            (4, 1),
            (encoder.GetProperty("encoded").GetInt32(), encoder.GetProperty("found").GetInt32())
        );
        var rows = ResultTable.Open(requests);
        Assert.Equal(
            [(0, 258), (1, 258 + 66), (2, 0), (3, 0), (4, 2 * 102)],
            rows.Numbers("id")[0].Zip(rows.Numbers("image_tokens")[0]).Order()
        );
    }

    /// <summary>What a run with pictures reads is what it is written as.</summary>
    [Fact]
    public void Converted_workloads_keep_their_pictures()
    {
        var written = Folder.File("workload.jsonl");
        string[] source = ["--request_count", "20", "--request_source", "uniform", "--input_len", "64"];
        string[] images = ["--images_per_request", "0-3", "--image_size", "640x480|224x224"];

        var generated = CliRun.Of(["workload", "generate", "--output", written, .. source, .. images]);
        var direct = Run($"[{Mixed}]", [.. source, .. images, "--json", "-"]);
        var read = Run(
            $"[{Mixed}]",
            "--trace_path",
            written,
            "--arrivals",
            "trace",
            "--columns",
            "images=images",
            "--json",
            "-"
        );

        Assert.Equal((0, "20 requests written\n"), (generated.ExitCode, generated.Error));
        Assert.Contains("\"images\": \"", File.ReadAllText(written), StringComparison.Ordinal);
        Assert.Equal((0, 0), (direct.ExitCode, read.ExitCode));
        Assert.Equal(EncoderOf(direct), EncoderOf(read));
    }

    [Fact]
    public void Pictures_shift_no_length_and_no_arrival()
    {
        var (with, without) = (Folder.File("with.csv"), Folder.File("without.csv"));
        string[] source = ["--request_source", "lognormal"];
        Assert.Equal(
            0,
            Run($"[{Mixed}]", [.. source, "--image_share", "0.5", "--requests_output", with]).ExitCode
        );
        Assert.Equal(0, Run($"[{Mixed}]", [.. source, "--requests_output", without]).ExitCode);

        var (one, other) = (ResultTable.Open(with), ResultTable.Open(without));
        Assert.Equal(ById(other, "arrival"), ById(one, "arrival"));
        Assert.Equal(ById(other, "output_length"), ById(one, "output_length"));
        Assert.Equal(
            ById(other, "input_length"),
            ById(one, "input_length").Zip(ById(one, "image_tokens"), (all, images) => all - images)
        );
        Assert.InRange(ById(one, "images").Sum(), 1, 19);
    }

    [Fact]
    public void A_class_of_a_mix_has_its_own_pictures()
    {
        var mix = Folder.Write(
            "mix.yaml",
            """
            classes:
              - { name: text, share: 1, request_source: uniform, input_len: 100, output_len: 5 }
              - { name: pictures, share: 1, request_source: uniform, input_len: 100, output_len: 5, images_per_request: "1-2", image_size: 224x224 }
            """
        );
        var requests = Folder.File("requests.csv");

        var run = Run($"[{Mixed}]", "--mix", mix, "--requests_output", requests);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var table = ResultTable.Open(requests);
        Assert.All(
            table.Numbers("input_length")[0].Zip(table.Numbers("images")[0]),
            row => Assert.Equal(100 + (66 * row.Second), row.First)
        );
        Assert.Contains(0, table.Numbers("images")[0]);
        Assert.Contains(2, table.Numbers("images")[0]);
        Assert.Equal(
            "images_per_request: the classes of a mix have pictures of their own; allowed with mix: these options in a class",
            Refusal($"[{Mixed}]", "--mix", mix, "--images_per_request", "1")
        );
    }

    [Theory]
    [InlineData("images_per_request", "0")]
    [InlineData("images_per_request", "4-1")]
    [InlineData("images_per_request", "0-0")]
    [InlineData("images_per_request", "two")]
    [InlineData("images_per_request", "1-2-3")]
    [InlineData("images_per_request", "100001")]
    public void Wrong_numbers_of_pictures_are_named(string option, string value) =>
        Assert.Equal(
            $"{option}: found '{value}'; allowed: a whole number from 1 to 100000, or the fewest and the most as in 0-4",
            Refusal($"[{Mixed}]", $"--{option}", value)
        );

    [Theory]
    [InlineData("10", "10")]
    [InlineData("0x5", "0x5")]
    [InlineData("10x10x3", "10x10x3")]
    [InlineData("10x1000001", "10x1000001")]
    [InlineData("640x480|", "")]
    [InlineData("1024x768@3", "1024x768@3")]
    public void Wrong_sizes_are_named(string value, string found) =>
        Assert.Equal($"image_size: found '{found}'; {Sizes}", Refusal($"[{Mixed}]", "--image_size", value));

    [Theory]
    [InlineData("--image_share 1.5", "--image_share: found '1.5'; allowed: a number, from 0 to 1")]
    [InlineData(
        "--image_size 1x4000",
        "image_size: found 1x4000; allowed with this model: sides of which one is at most 200 times the other"
    )]
    [InlineData(
        "--images_per_request 1 --model Qwen/Qwen3-8B",
        "images: Qwen/Qwen3-8B has no encoder of pictures; allowed: a model whose config.json has vision_config, such as Qwen/Qwen2.5-VL-7B-Instruct, google/gemma-3-27b-it or meta-llama/Llama-4-Scout-17B-16E-Instruct"
    )]
    [InlineData(
        "--images_per_request 1 --request_source chat",
        "images_per_request: requests of conversations have no pictures; allowed: sources whose requests stand alone"
    )]
    public void Pictures_that_cannot_be_are_named(string options, string message) =>
        Assert.EndsWith(message, Refusal($"[{Mixed}]", options.Split(' ')), StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "640y480",
        "",
        "pictures: found 640y480; allowed: pictures as WIDTHxHEIGHT, separated by spaces, each with an @ID if others are equal to it, or a number of them"
    )]
    [InlineData(
        "1.5",
        "",
        "pictures: found 1.5; allowed: pictures as WIDTHxHEIGHT, separated by spaces, each with an @ID if others are equal to it, or a number of them"
    )]
    [InlineData(
        "3",
        "",
        "image_size: missing, and request 0 of the workload has 3 pictures without sizes; allowed: as in 1024x768"
    )]
    [InlineData(
        "3",
        "--images_per_request 1",
        "images_per_request: the trace says which requests have pictures; allowed with columns images: image_size alone"
    )]
    [InlineData(
        "3",
        "--image_share 0.5",
        "image_share: the trace says which requests have pictures; allowed with columns images: image_size alone"
    )]
    public void Wrong_pictures_of_a_trace_are_named(string cell, string options, string message)
    {
        var trace = Folder.Write("trace.csv", $"at,in,out,pictures\n0,100,5,{cell}\n");
        string[] run = ["--trace_path", trace, "--columns", "arrival=at,input=in,output=out,images=pictures"];

        Assert.EndsWith(
            message,
            Refusal($"[{Mixed}]", [.. run, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        $"[{Mixed}, {{ \"role\": \"encode\", {Gpu}, \"encode_batch\": 0 }}]",
        "encode_batch: found 0; allowed: a whole number from 1 to 100000"
    )]
    [InlineData(
        $"[{Mixed}, {{ \"role\": \"encode\", {Gpu}, \"engine\": {{}} }}]",
        "engine: found on an encode instance; allowed there: none, since nothing is batched or kept there but pictures"
    )]
    [InlineData(
        $"[{Mixed}, {{ \"role\": \"encode\", {Gpu}, \"pp_size\": 2 }}]",
        "pp_size: found 2 on an encode instance; allowed there: 1"
    )]
    [InlineData(
        $"[{Encode}]",
        "role: found encode alone; allowed: encode beside mixed, or beside prefill and decode"
    )]
    [InlineData(
        $"[{{ \"role\": \"encoder\", {Gpu} }}]",
        "role: found 'encoder'; allowed: prefill, decode, mixed, encode. Did you mean 'encode'?"
    )]
    public void Wrong_encode_instances_are_named_with_their_line(string cluster, string message) =>
        Assert.Equal(
            $"{Folder.File("cluster.json")}:1: {message}",
            Refusal(cluster, "--images_per_request", "1")
        );

    [Fact]
    public void An_encoder_in_a_pipeline_is_refused_and_a_batch_that_nothing_reads_is_warned_of()
    {
        Assert.Equal(
            "pp_size: found 2 beside requests with pictures; allowed with them: 1, or encode instances, since encoders in a pipeline are not simulated",
            Refusal($"[{{ \"role\": \"mixed\", {Gpu}, \"pp_size\": 2 }}]", "--images_per_request", "1")
        );
        Assert.Contains(
            "encode_batch has no effect here: it is read with role encode",
            Run($"[{{ \"role\": \"mixed\", {Gpu}, \"encode_batch\": 2 }}]").Error,
            StringComparison.Ordinal
        );
    }
}
