using System.Text;
using System.Text.Json;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Experiments;

/// <summary>speculative_config in cluster files, and what does not go together with the model.</summary>
public sealed class SpeculationFileTests
{
    private const string Llama = "unsloth/Llama-3.3-70B-Instruct";

    [Fact]
    public void Fields_are_read()
    {
        var speculation = Read(
            """
            { "method": "draft_model", "num_speculative_tokens": 4, "acceptance": [0.8, 0.6], "acceptance_by_class": { "code": 0.9 },
              "model": "Qwen/Qwen3-8B", "draft_seconds": 0.001 }
            """
        );

        Assert.Equal(DraftMethod.DraftModel, speculation.Method);
        Assert.Equal(4, speculation.DraftTokens);
        Assert.Equal([0.8, 0.6], speculation.Acceptance);
        Assert.Equal([0.9], speculation.AcceptanceByClass["code"]);
        Assert.Equal("Qwen/Qwen3-8B", speculation.DraftModel!.Id);
        Assert.Equal(0.001, speculation.DraftSeconds);
        // 1 + 0.8 + 0.8 · 0.6 + 0.8 · 0.6² + 0.8 · 0.6³
        Assert.Equal(2.7408, speculation.MeanTokensPerIteration, 12);
    }

    [Theory]
    [InlineData(
        """{ "method": "mtp", "num_speculative_tokens": 3 }""",
        "c.json:1: acceptance: is not given in speculative_config; allowed: a number from 0 to 1 or a list of up to 16 such as [0.8, 0.6, 0.5]"
    )]
    [InlineData(
        """{ "method": "mtp", "num_speculative_tokens": 3, "acceptance": 1.2 }""",
        "c.json:1: acceptance: found 1.2; allowed: a number from 0 to 1"
    )]
    [InlineData(
        """{ "method": "mtp", "num_speculative_tokens": 3, "acceptance": [] }""",
        "c.json:1: acceptance: found a list of 0; allowed: a number from 0 to 1 or a list of up to 16 such as [0.8, 0.6, 0.5]"
    )]
    [InlineData(
        """{ "method": "mpt", "num_speculative_tokens": 3, "acceptance": 0.7 }""",
        "c.json:1: method: found 'mpt'; allowed: mtp, eagle, draft_model, ngram. Did you mean 'mtp'?"
    )]
    [InlineData(
        """{ "method": "mtp", "num_speculative_tokens": 17, "acceptance": 0.7 }""",
        "c.json:1: num_speculative_tokens: found 17; allowed: a whole number from 1 to 16"
    )]
    [InlineData(
        """{ "method": "draft_model", "num_speculative_tokens": 3, "acceptance": 0.7 }""",
        "c.json:1: model: is not given in speculative_config; allowed with method draft_model: the name of a model, in quotes"
    )]
    [InlineData(
        """{ "method": "ngram", "num_speculative_tokens": 3, "acceptance": 0.7, "model": "Qwen/Qwen3-8B" }""",
        "c.json:1: model: found with method ngram; allowed: with draft_model alone"
    )]
    [InlineData(
        """{ "method": "ngram", "num_speculative_tokens": 3, "acceptance": 0.7, "acceptance_by_class": { "code": "x" } }""",
        "c.json:1: acceptance_by_class: code: found 'x'; allowed: a number from 0 to 1 or a list of up to 16 such as [0.8, 0.6, 0.5]"
    )]
    public void What_is_wrong_is_said(string json, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(json));

        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void A_draft_model_has_the_vocabulary_of_the_model()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Drafter.Of(Served(Llama), Instance(DraftMethod.DraftModel, "Qwen/Qwen3-8B"))
        );

        Assert.Contains(
            "has a vocabulary of 151936 tokens; allowed: 128256",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Mtp_is_a_layer_of_the_model_with_a_projection_of_two_inputs()
    {
        var drafter = Drafter
            .Of(Served("deepseek-ai/DeepSeek-V3"), Instance(DraftMethod.Mtp, model: null))!
            .Model;

        Assert.Equal(1, drafter.Layers);
        Assert.Equal(1, drafter.ExpertLayers);
        // The report has 14 B of weights for the MTP module, of which embedding and output head (1.85 B) are the model's.
        Assert.InRange(drafter.Parameters, 11.4e9, 12.2e9);
    }

    [Fact]
    public void Results_name_the_method_and_have_what_became_of_drafts()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "c.json",
            """
            [{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4,
               "engine": { "speculative_config": { "method": "eagle", "num_speculative_tokens": 2, "acceptance": 0.5 } } }]
            """
        );

        var run = CliRun.Of("run", "--cluster", cluster, "--request_count", "50", "--verify", "--json", "-");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\"method\": \"eagle\"", run.Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(run.Out);
        var drafts = json.RootElement.GetProperty("summary").GetProperty("speculation");
        Assert.Equal(
            2 * drafts.GetProperty("steps").GetInt64(),
            drafts.GetProperty("draft_tokens").GetInt64()
        );
        // 1 + 0.5 + 0.5², less what the last iteration of a request has too much.
        Assert.InRange(drafts.GetProperty("tokens_per_step").GetDouble(), 1.6, 1.85);
    }

    private static InstanceSpec Instance(DraftMethod method, string? model) =>
        new()
        {
            Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H200"),
            TpSize = 8,
            Engine = new EngineSpec
            {
                Speculation = new()
                {
                    Method = method,
                    DraftTokens = 3,
                    Acceptance = [0.7],
                    DraftModel = model is null ? null : ModelCatalog.BuiltIn.Get(model),
                },
            },
        };

    private static ServedModel Served(string id) => new(ModelCatalog.BuiltIn.Get(id));

    private static SpeculationSpec Read(string speculation) =>
        ClusterFile
            .Read(
                Encoding.UTF8.GetBytes(
                    $$"""[{ "hardware": "NVIDIA_H200", "tp_size": 8, "engine": { "speculative_config": {{speculation.ReplaceLineEndings(" ")}} } }]"""
                ),
                "c.json",
                new(HardwareCatalog.BuiltIn.Get, name => name, ModelCatalog.BuiltIn.Get)
            )[0]
            .Instance.Engine!.Speculation!;
}
