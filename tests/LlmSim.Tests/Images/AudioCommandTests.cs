using System.Text.Json;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Recordings on the command line, in traces and mixes, and in results.</summary>
public sealed class AudioCommandTests() : MediaCommandScene("Qwen/Qwen2-Audio-7B-Instruct", requests: "10")
{
    private const string Mixed = $"[{{ \"role\": \"mixed\", {Gpu} }}]";
    private const string Engine = $"[{{ \"role\": \"mixed\", {Gpu}, \"engine\": {{}} }}]";
    private const string Apart = $"[{{ \"role\": \"mixed\", {Gpu} }}, {{ \"role\": \"encode\", {Gpu} }}]";

    /// <summary>Ten seconds are 250 tokens and two marks.</summary>
    [Theory]
    [InlineData(Mixed)]
    [InlineData(Engine)]
    [InlineData(Apart)]
    public void A_run_says_what_became_of_recordings(string cluster)
    {
        var requests = Folder.File("requests.csv");
        var summary = Folder.File("summary.csv");
        string[] media = ["--audio_per_request", "2", "--audio_seconds", "10"];
        var run = Run(
            cluster,
            [.. media, "--verify", "--requests_output", requests, "--csv_output", summary, "--json", "-"]
        );

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        var encoder = json.RootElement.GetProperty("summary").GetProperty("encoder");
        Assert.Equal(20, encoder.GetProperty("audio").GetInt32());
        Assert.Equal(20 * 252, encoder.GetProperty("audio_tokens").GetInt32());
        Assert.Equal(20, encoder.GetProperty("encoded").GetInt32());
        Assert.False(encoder.TryGetProperty("videos", out _));
        var rows = ResultTable.Open(requests);
        Assert.All(rows.Texts("audio")[0], audio => Assert.Equal("2", audio));
        Assert.All(rows.Texts("audio_tokens")[0], tokens => Assert.Equal("504", tokens));
        Assert.All(rows.Numbers("input_length")[0], tokens => Assert.Equal(1024 + 504, tokens));
        Assert.Equal("20", ResultTable.Open(summary).Texts("audio")[0][0]);
        Assert.Contains(
            "Media       20 recordings with 5,040 tokens; 20 encoded",
            Run(cluster, media).Out,
            StringComparison.Ordinal
        );
    }

    /// <summary>The text alone is simulated of runs without sound, and it says so.</summary>
    [Fact]
    public void Without_sound_nothing_is_said_of_it()
    {
        var requests = Folder.File("requests.csv");
        var run = Run(Engine, "--requests_output", requests, "--json", "-");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("encoder", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("audio", File.ReadLines(requests).First(), StringComparison.Ordinal);
        Assert.Contains(
            "audio_config: of this model the text alone",
            Run(Engine).Out,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "audio_config: of this model the text alone",
            Run(Engine, "--audio_per_request", "1").Out,
            StringComparison.Ordinal
        );
    }

    /// <summary>Equal ids are equal recordings.</summary>
    [Fact]
    public void A_trace_says_which_recordings_its_requests_have()
    {
        var trace = Folder.Write(
            "trace.csv",
            """
            at,in,out,calls
            0,100,5,10s@7
            20,100,5,10s@7 1s
            40,100,5,
            """
        );
        var requests = Folder.File("requests.csv");
        string[] source = ["--trace_path", trace, "--arrivals", "trace"];
        var run = Run(
            Engine,
            [
                .. source,
                "--columns",
                "arrival=at,input=in,output=out,audio=calls",
                "--requests_output",
                requests,
                "--json",
                "-",
            ]
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        var encoder = json.RootElement.GetProperty("summary").GetProperty("encoder");
        Assert.Equal(
            (2, 1),
            (encoder.GetProperty("encoded").GetInt32(), encoder.GetProperty("found").GetInt32())
        );
        var rows = ResultTable.Open(requests);
        Assert.Equal(
            [(0, 252), (1, 252 + 27), (2, 0)],
            rows.Numbers("id")[0].Zip(rows.Numbers("audio_tokens")[0]).Order()
        );
    }

    [Fact]
    public void Converted_workloads_and_classes_of_a_mix_have_recordings()
    {
        var written = Folder.File("workload.jsonl");
        string[] source = ["--request_count", "10", "--request_source", "uniform", "--input_len", "64"];
        string[] media = ["--audio_per_request", "1-2", "--audio_seconds", "1|2.5"];

        Assert.Equal(
            0,
            CliRun.Of(["workload", "generate", "--output", written, .. source, .. media]).ExitCode
        );
        var direct = Run(Mixed, [.. source, .. media, "--json", "-"]);
        var read = Run(
            Mixed,
            "--trace_path",
            written,
            "--arrivals",
            "trace",
            "--columns",
            "audio=audio",
            "--json",
            "-"
        );

        Assert.Equal((0, 0), (direct.ExitCode, read.ExitCode));
        Assert.Equal(EncoderOf(direct), EncoderOf(read));

        var mix = Folder.Write(
            "mix.yaml",
            """
            classes:
              - { name: text, share: 1, request_source: uniform, input_len: 100, output_len: 5 }
              - { name: calls, share: 1, request_source: uniform, input_len: 100, output_len: 5, audio_per_request: "1", audio_seconds: "1" }
            """
        );
        var requests = Folder.File("requests.csv");
        Assert.Equal(0, Run(Mixed, "--mix", mix, "--requests_output", requests).ExitCode);
        var table = ResultTable.Open(requests);
        Assert.All(
            table.Numbers("input_length")[0].Zip(table.Numbers("audio")[0]),
            row => Assert.Equal(100 + (27 * row.Second), row.First)
        );
        Assert.Contains(1, table.Numbers("audio")[0]);
    }

    [Theory]
    [InlineData(
        "--audio_per_request two",
        "audio_per_request: found 'two'; allowed: a whole number from 1 to 100000, or the fewest and the most as in 0-4"
    )]
    [InlineData(
        "--audio_seconds -1",
        "audio_seconds: found '-1'; allowed: a number above 0, up to 1000000 s, or several as in 5|10"
    )]
    [InlineData(
        "--audio_per_request 1 --model Qwen/Qwen3-8B",
        "audio: Qwen/Qwen3-8B has no encoder of sound; allowed: a model whose config.json has audio_config, such as Qwen/Qwen2-Audio-7B-Instruct or mistralai/Voxtral-Mini-3B-2507"
    )]
    [InlineData(
        "--images_per_request 1",
        "images: Qwen/Qwen2-Audio-7B-Instruct has no encoder of pictures; allowed: a model whose config.json has vision_config, such as Qwen/Qwen2.5-VL-7B-Instruct, google/gemma-3-27b-it or meta-llama/Llama-4-Scout-17B-16E-Instruct"
    )]
    [InlineData(
        "--audio_seconds 20000 --model mistralai/Voxtral-Mini-3B-2507",
        "audio_seconds: found 20000s, 250125 tokens; allowed with this model: up to 130875 of a recording"
    )]
    [InlineData(
        "--audio_per_request 1 --request_source chat",
        "audio_per_request: requests of conversations have no audio; allowed: sources whose requests stand alone"
    )]
    public void Recordings_that_cannot_be_are_named(string options, string message) =>
        Assert.EndsWith(message, Refusal(Mixed, options.Split(' ')), StringComparison.Ordinal);

    [Theory]
    [InlineData("10")]
    [InlineData("0s")]
    [InlineData("640x480/10s")]
    public void Wrong_recordings_of_a_trace_are_named(string cell)
    {
        var trace = Folder.Write("trace.csv", $"at,in,out,calls\n0,100,5,{cell}\n");

        Assert.EndsWith(
            $"calls: found {cell}; allowed: recordings as SECONDSs, separated by spaces, each with an @ID if others are equal to it",
            Refusal(Mixed, "--trace_path", trace, "--columns", "arrival=at,input=in,output=out,audio=calls"),
            StringComparison.Ordinal
        );
    }
}
