using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Validation.Serving;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Validation.Serving;

/// <summary>Measured configurations under Poisson arrivals in stages beside their simulation.</summary>
public sealed class ExperimentValidationTests : IDisposable
{
    /// <summary>So few arrivals that nobody waits, and prompts of which all but the last block are shared.</summary>
    private const string Lonely = """
        [{"id": "a", "model": "meta-llama/Llama-3.1-8B", "hardware": "NVIDIA_H100_SXM", "tp_size": 1, "precision": "bf16",
          "max_num_batched_tokens": 2048, "max_num_seqs": 128, "memory_utilization": 0.9, "workload": "w", "prompt_tokens": 500,
          "shared_prefix_tokens": 300, "prefix_groups": 1, "output_tokens": 2, "arrivals": "poisson",
          "stages": [
            {"rate_per_second": 0.01, "seconds": 20000, "measured_ms": {"ttft_p50": 1, "ttft_mean": 1, "itl_mean": 1, "e2e_p90": 1}},
            {"rate_per_second": 0.02, "seconds": 10000, "measured_ms": {"ttft_p50": 1}}]}]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_request_that_nobody_is_beside_computes_what_its_prefix_leaves()
    {
        var figures = Figures(Lonely);

        var model = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B");
        var instance = new InstanceSpec
        {
            Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"),
            TpSize = 1,
        };
        var roofline = new RooflineModel(model, new Precision(), instance, Semantics.Standard);
        // Whole blocks of 16 of the 300 shared tokens: 288.
        var ttft = roofline.Seconds(IterationBatch.OfPrompt(500, 288));
        var decode = roofline.DecodeSeconds(new DecodeBatch(1, 501, 501));
        Assert.Equal(ttft, figures[("a/1", "ttft_p50")], 1e-8);
        Assert.Equal(ttft, figures[("a/2", "ttft_p50")], 1e-8);
        // The very first prompt finds nothing.
        Assert.True(figures[("a/1", "ttft_mean")] > ttft);
        Assert.Equal(decode, figures[("a/1", "itl_mean")], 1e-8);
        Assert.Equal(ttft + decode, figures[("a/1", "e2e_p90")], 1e-8);
    }

    [Fact]
    public void The_sample_experiments_are_compared_stage_by_stage()
    {
        var path = Path.Combine(Repository.Root, "samples/measured/experiments.json");

        var run = CliRun.Of("validate", "--experiments", path, "--csv_output", _folder.File("a.csv"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Compared    2 of 2 configurations", run.Out, StringComparison.Ordinal);
        Assert.Matches("dense +2 ", run.Out);
        Assert.Matches("moe +2 ", run.Out);
        Assert.Equal(1 + (4 * 7), File.ReadAllLines(_folder.File("a.csv")).Length);
    }

    [Theory]
    [InlineData("tp_size: 0 where a whole number from 1 to 1024", "\"tp_size\": 1", "\"tp_size\": 0")]
    [InlineData("arrivals: 'burst' where poisson", "poisson", "burst")]
    [InlineData("stages[1]:rate_per_second: -0.02 where a number above 0", "0.02", "-0.02")]
    [InlineData("shared_prefix_tokens: 600 where a whole number from 0 to 500 tokens", ": 300", ": 600")]
    [InlineData("stages[0]:measured_ms:itl_p50: unknown field.", "e2e_p90", "itl_p50")]
    [InlineData("memory_utilization: 90 where a number above 0, up to 1", "0.9,", "90,")]
    public void What_is_wrong_is_said_with_the_experiment(string message, string from, string to)
    {
        var path = _folder.Write("e.json", Lonely.Replace(from, to, StringComparison.Ordinal));

        var run = CliRun.Of("validate", "--experiments", path);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"llmsim: {path}[0]:{message}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", ": has no experiments")]
    [InlineData("[\n{\"id\": \"a\"}]", "[0]:tp_size: missing")]
    [InlineData("[null]", "[0]: null where an object")]
    [InlineData("{}", ": a list of objects")]
    [InlineData("{", ":1: ")]
    public void What_is_no_list_of_experiments_is_refused(string text, string message)
    {
        var path = _folder.Write("e.json", text);

        var run = CliRun.Of("validate", "--experiments", path);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"llmsim: {path}{message}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_published_experiments_are_read()
    {
        var path = SharedFiles.Require("measured/vllm_experiments/experiments.json");

        Assert.Equal(18, ExperimentReader.Read(path, ModelCatalog.BuiltIn).Count);
    }

    private Dictionary<(string Id, string Metric), double> Figures(string text) =>
        ExperimentReader
            .Read(_folder.Write("e.json", text), ModelCatalog.BuiltIn)
            .Single()
            .Simulate(new CaseContext("roofline", Catalogs.BuiltIn), TestContext.Current.CancellationToken)
            .ToDictionary(figure => (figure.Id, figure.Metric), figure => figure.Seconds.Predicted);
}
