using System.Text.Json;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Experiments;

/// <summary>Stages of a pipeline in cluster files, and in what a run says of them.</summary>
public sealed class PipelineFileTests : IDisposable
{
    private const string Llama = "unsloth/Llama-3.3-70B-Instruct";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_has_the_stages_and_their_accelerators()
    {
        var run = Run(
            "\"tp_size\": 2, \"pp_size\": 4, \"pp_layers\": [21, 20, 20, 19]",
            "--verify",
            "--json",
            "-"
        );

        Assert.Equal(0, run.ExitCode);
        using var result = JsonDocument.Parse(run.Out);
        var instance = result.RootElement.GetProperty("summary").GetProperty("instances")[0];
        Assert.Equal(4, instance.GetProperty("pp_size").GetInt32());
        Assert.InRange(instance.GetProperty("pipeline_bubble").GetDouble(), 0.01, 0.99);
        var shown = Run("\"tp_size\": 2, \"pp_size\": 4").Out;
        Assert.Contains("8 x NVIDIA_H100_SXM, pp 4 (bubble ", shown, StringComparison.Ordinal);
        Assert.Contains("tp 2 pp 4 mixed", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void One_stage_is_the_instance_without_a_pipeline()
    {
        var one = Run("\"tp_size\": 4, \"pp_size\": 1, \"pp_layers\": [80]", "--json", "-");
        var none = Run("\"tp_size\": 4", "--json", "-");

        Assert.Equal(0, one.ExitCode);
        using var ofOne = JsonDocument.Parse(one.Out);
        using var ofNone = JsonDocument.Parse(none.Out);
        Assert.Equal(
            ofNone.RootElement.GetProperty("summary").GetRawText(),
            ofOne.RootElement.GetProperty("summary").GetRawText()
        );
    }

    [Theory]
    [InlineData("\"tp_size\": 2, \"pp_size\": 0", "pp_size: found 0; allowed: a whole number from 1 to 1024")]
    [InlineData(
        "\"tp_size\": 2, \"pp_size\": 81",
        "pp_size: 81 stages for the 80 layers of unsloth/Llama-3.3-70B-Instruct; allowed: up to 80"
    )]
    [InlineData(
        "\"tp_size\": 2, \"pp_size\": 2, \"pp_layers\": [80]",
        "pp_layers: found 1 numbers; allowed: one for each of the 2 stages of pp_size"
    )]
    [InlineData(
        "\"tp_size\": 2, \"pp_size\": 2, \"pp_layers\": []",
        "pp_layers: found an empty list; allowed: a list of whole numbers from 1 to 1024 such as [20, 20, 20, 19]"
    )]
    [InlineData(
        "\"tp_size\": 2, \"pp_size\": 2, \"pp_layers\": 40",
        "pp_layers: found 40; allowed: a list of whole numbers from 1 to 1024 such as [20, 20, 20, 19]"
    )]
    [InlineData(
        "\"tp_size\": 2, \"pp_size\": 2, \"pp_layers\": [40, 41]",
        "pp_layers: found 40 + 41 for 2 stages; allowed: a number of layers from 1 for each stage, 80 together"
    )]
    [InlineData(
        "\"tp_size\": 1, \"pp_size\": 2, \"pp_layers\": [45, 35]",
        "tp_size: unsloth/Llama-3.3-70B-Instruct"
    )]
    public void Stages_that_cannot_be_are_refused_in_one_line(string fields, string message)
    {
        var run = Run(fields);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    private CliRun Run(string fields, params string[] options) =>
        CliRun.Of([
            "run",
            "--cluster",
            _folder.Write(
                "c.json",
                $$"""[{"role": "mixed", "hardware": "NVIDIA_H100_SXM", {{fields}}, "engine": {} }]"""
            ),
            "--model",
            Llama,
            "--request_count",
            "60",
            .. options,
        ]);
}
