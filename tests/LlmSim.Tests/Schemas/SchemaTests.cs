using System.Text.Json;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Documentation;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Schemas;

/// <summary>The schemas in schemas/ are those of the program, and say of the repository's files and of others what it says.</summary>
public sealed class SchemaTests
{
    private const string Instance = "\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 4";

    public static TheoryData<string> Clusters =>
        [
            .. Directory
                .EnumerateFiles(
                    Path.Combine(Repository.Root, "configs"),
                    "*.json",
                    SearchOption.AllDirectories
                )
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [InlineData("cluster")]
    [InlineData("mix")]
    [InlineData("scenario")]
    [InlineData("sweep")]
    [InlineData("workload")]
    public void The_published_schema_is_that_of_the_program(string name) =>
        GeneratedFile.RequireCurrent($"schemas/{name}.schema.json", CliRun.Of("schema", name).Out);

    [Fact]
    public void The_schemas_are_listed_and_a_wrong_name_is_told()
    {
        var wrong = CliRun.Of("schema", "clutser");

        Assert.Equal(
            ["cluster", "mix", "scenario", "sweep", "workload"],
            CliRun.Of("schema").Out.TrimEnd().Split('\n').Skip(1).Select(line => line.Split(' ')[0])
        );
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains(
            "allowed: cluster, mix, scenario, sweep, workload. Did you mean 'cluster'?",
            wrong.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [MemberData(nameof(Clusters))]
    public void The_clusters_of_the_repository_are_valid(string path) =>
        Assert.Equal("", SchemaFile.Cluster.Errors(File.ReadAllText(path)));

    [Fact]
    public void Examples_of_the_pages_are_valid()
    {
        var clusters = DocumentationPage
            .All.SelectMany(page => page.Blocks("json"))
            .Where(block => block.StartsWith('[') && block.Contains("tp_size", StringComparison.Ordinal))
            .ToArray();
        // Kubernetes has files of its own.
        var files = DocumentationPage
            .All.SelectMany(page => page.Blocks("yaml"))
            .Where(block => !block.StartsWith("apiVersion:", StringComparison.Ordinal))
            .ToLookup(block => block.StartsWith("classes:", StringComparison.Ordinal));
        var (mixes, sweeps) = (files[true].ToArray(), files[false].ToArray());

        Assert.True(clusters.Length >= 2);
        Assert.All(clusters, cluster => Assert.Equal("", SchemaFile.Cluster.Errors(cluster)));
        Assert.NotEmpty(mixes);
        Assert.All(mixes, mix => Assert.Equal("", SchemaFile.Mix.ErrorsOfYaml(mix)));
        Assert.NotEmpty(sweeps);
        Assert.All(sweeps, sweep => Assert.Equal("", SchemaFile.Sweep.ErrorsOfYaml(sweep)));
    }

    [Fact]
    public void Traces_are_valid_those_of_the_repository_and_those_that_are_generated()
    {
        using var folder = new TemporaryFolder();
        var generated = folder.File("g.jsonl");
        CliRun.Of("workload", "generate", "--output", generated, "--request_count", "5");
        var sample = Path.Combine(Repository.Root, "traces/conversation_sample.jsonl");

        Assert.All(
            File.ReadLines(sample).Take(50).Concat(File.ReadLines(generated)),
            line => Assert.Equal("", SchemaFile.Workload.Errors(line))
        );
    }

    [Fact]
    public void The_files_of_a_plan_are_valid_and_run()
    {
        using var folder = new TemporaryFolder();
        var plan = CliRun.Of([
            "plan",
            "--model",
            "meta-llama/Llama-3.1-8B",
            "--workload",
            "chat",
            "--lambda_arrival",
            "1",
            "--slo",
            "ttft_p99<5s",
            "--hardware",
            "H100",
            "--tp_sizes",
            "1",
            "--gpus",
            "2",
            "--rows",
            "1",
            "--modes",
            "mixed",
            "--output",
            folder.File("plan"),
        ]);
        var candidate = Directory.GetDirectories(folder.File("plan")).Single();

        Assert.Equal(0, plan.ExitCode);
        Assert.Equal(
            "",
            SchemaFile.Cluster.Errors(File.ReadAllText(Path.Combine(candidate, "cluster.json")))
        );
        var scenario = File.ReadAllText(Path.Combine(candidate, "scenario.yaml"));
        Assert.Equal("", SchemaFile.Scenario.ErrorsOfYaml(scenario));
        Assert.Equal("", SchemaFile.Sweep.ErrorsOfYaml(scenario));
    }

    [Fact]
    public void A_file_may_name_its_schema()
    {
        using var folder = new TemporaryFolder();
        var text = $$"""{"$schema": "cluster.schema.json", "instances": [{"role": "mixed", {{Instance}}}]}""";
        var plain = folder.Write("plain.json", $$"""[{"role": "mixed", {{Instance}}}]""");
        var named = folder.Write("named.json", text);
        var sweep = folder.Write("sweep.yaml", "$schema: sweep.schema.json\nbase: {request_count: 5}\n");

        Assert.Equal(Run(plain), Run(named));
        Assert.Equal(0, CliRun.Of("sweep", sweep, "--print_plan").ExitCode);
        Assert.Equal("", SchemaFile.Cluster.Errors(text));
        Assert.Equal("", SchemaFile.Sweep.ErrorsOfYaml(File.ReadAllText(sweep)));

        string Run(string cluster)
        {
            var json = CliRun.Of("run", "--cluster", cluster, "--request_count", "20", "--json", "-").Out;
            using var document = JsonDocument.Parse(json);
            return document.RootElement.GetProperty("summary").GetRawText();
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("""{"$schema": 3, "instances": [{INSTANCE}]}""")]
    [InlineData("""{"instances": {INSTANCE}}""")]
    [InlineData("""{"instances": []}""")]
    [InlineData("""{"instances": [{INSTANCE}], "more": 1}""")]
    [InlineData("""[3]""")]
    [InlineData("""[{"tp_size": 1}]""")]
    [InlineData("""[{"hardware": "NVIDIA_H100_SXM"}]""")]
    [InlineData("""[{INSTANCE, "tp-size": 1}]""")]
    [InlineData("""[{INSTANCE, "engine": {"max_prefill_tokens": 3}}]""")]
    [InlineData("""[{INSTANCE, "engine": {"kind": "trtllm", "mixed_chunk": true}}]""")]
    [InlineData("""[{INSTANCE, "engine": {"kind": "sglang", "batch_wait_timeout_iters": 1}}]""")]
    [InlineData("""[{INSTANCE, "engine": {"max_num_seq": 3}}]""")]
    [InlineData("""[{INSTANCE, "engine": {"overheads": {"iteration_second": 0.1}}}]""")]
    [InlineData("""[{INSTANCE, "engine": {"cuda_graph_sizes": [8, 8]}}]""")]
    [InlineData("""[{INSTANCE, "engine": {"cuda_graph_sizes": "vlm"}}]""")]
    public void A_wrong_cluster_is_refused_by_both(string text)
    {
        using var folder = new TemporaryFolder();
        var json = text.Replace("INSTANCE", Instance, StringComparison.Ordinal);
        var run = CliRun.Of("run", "--cluster", folder.Write("c.json", json), "--print_plan");

        Assert.NotEqual("", SchemaFile.Cluster.Errors(json));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("c.json:1:", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bases: {}")]
    [InlineData("base: [1]")]
    [InlineData("base: {request_counts: 5}")]
    [InlineData("base: {request_count: [5]}")]
    [InlineData("base: {request_count: 0}")]
    [InlineData("base: {request_count: many}")]
    [InlineData("base: {time_unit: hours}")]
    [InlineData("base: {jitter: maybe}")]
    [InlineData("base: {w_bit: 7}")]
    [InlineData("grid: {ttft_slo: []}")]
    [InlineData("grid: {ttft_slo: {}}")]
    [InlineData("zip: [{}]")]
    [InlineData("zip: 3")]
    [InlineData("seeds: []")]
    [InlineData("seeds: [1.5]")]
    [InlineData("replications: 0")]
    [InlineData("replications: [3]")]
    [InlineData("{seeds: [1], replications: 3}")]
    [InlineData("$schema: [1]")]
    public void A_wrong_sweep_is_refused_by_both(string yaml)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of("sweep", folder.Write("s.yaml", yaml), "--print_plan");

        Assert.NotEqual("", SchemaFile.Sweep.ErrorsOfYaml(yaml));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("s.yaml:1:", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_varies_nothing() =>
        Assert.NotEqual("", SchemaFile.Scenario.ErrorsOfYaml("grid: {ttft_slo: [1, 2]}"));

    [Theory]
    [InlineData("""{"timestamp": 1, "input_length": 0, "output_length": 1}""")]
    [InlineData("""{"timestamp": 1, "input_length": 1.5, "output_length": 1}""")]
    [InlineData("""{"timestamp": 1, "input_length": 3}""")]
    [InlineData("""{"timestamp": [], "input_length": 3, "output_length": 1}""")]
    [InlineData("""{"timestamp": 1, "input_length": 3, "output_length": "many"}""")]
    [InlineData("""{"timestamp": 1, "input_length": 3, "output_length": 1, "hash_ids": ["a"]}""")]
    public void A_wrong_request_is_refused_by_both(string json)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of("workload", "stats", folder.Write("t.jsonl", json + "\n"));

        Assert.NotEqual("", SchemaFile.Workload.Errors(json));
        Assert.Equal(1, run.ExitCode);
    }

    [Theory]
    [InlineData("""{"timestamp": 1, "input_length": 12.0, "output_length": 1, "hash_ids": [7]}""")]
    [InlineData("""{"timestamp_ns": 1, "input_length": 12, "output_length": 1}""")]
    [InlineData("""{"arrival_time_ns": 1, "input_toks": 12, "output_toks": 1, "more": true}""")]
    [InlineData("""{"created": 1700000000, "usage": {"prompt_tokens": 12, "completion_tokens": 3}}""")]
    public void A_request_is_accepted_by_both(string json)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of("workload", "stats", folder.Write("t.jsonl", json + "\n"));

        Assert.Equal("", SchemaFile.Workload.Errors(json));
        Assert.Equal(0, run.ExitCode);
    }
}
