using System.IO.Compression;
using System.Text;
using System.Text.Json;
using LlmSim.Cli;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

public sealed class CommandTests
{
    [Fact]
    public void The_lists_name_all_that_there_is()
    {
        AssertLists(CliRun.Of("policies"), ShippedPolicies.Catalog.All.Select(policy => policy.Name));
        AssertLists(CliRun.Of("models"), ModelCatalog.BuiltIn.All.Select(model => model.Id));
        AssertLists(CliRun.Of("hardware"), HardwareCatalog.BuiltIn.All.Select(hardware => hardware.Name));
        AssertLists(CliRun.Of("semantics"), SemanticsOptions.All.Select(option => option.Name));
    }

    [Fact]
    public void Hardware_with_a_name_tells_where_its_figures_come_from()
    {
        var run = CliRun.Of("hardware", "NVIDIA_H100_SXM");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("source", run.Out, StringComparison.Ordinal);
        Assert.Contains("data sheet", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_profile_is_the_same_in_its_three_formats()
    {
        string[] profile = ["profile", "--stage", "decode", "--batch", "8", "--seqlen", "1000"];

        var text = CliRun.Of(profile);
        var csv = CliRun.Of([.. profile, "--format", "csv"]).Out.TrimEnd().Split('\n');
        using var json = JsonDocument.Parse(CliRun.Of([.. profile, "--format", "json"]).Out);

        var operations = json.RootElement.GetProperty("operations").EnumerateArray().ToArray();
        Assert.Equal(operations.Length, csv.Length - 1);
        Assert.All(
            operations.Zip(csv.Skip(1)),
            pair =>
                Assert.StartsWith(
                    pair.First.GetProperty("operation").GetString() + ",",
                    pair.Second,
                    StringComparison.Ordinal
                )
        );
        AssertLists(text, operations.Select(operation => operation.GetProperty("operation").GetString()!));
        Assert.Equal(
            json.RootElement.GetProperty("seconds").GetDouble(),
            operations.Sum(o => o.GetProperty("runs").GetInt32() * o.GetProperty("seconds").GetDouble()),
            1e-12
        );
    }

    [Theory]
    [InlineData("g.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n")]
    [InlineData("g.jsonl", "{\"timestamp\"")]
    [InlineData("g.csv.gz", "\u001f")]
    public void A_generated_workload_has_the_format_of_its_name(string name, string beginning)
    {
        using var folder = new TemporaryFolder();
        var trace = folder.File(name);

        CliRun.Of("workload", "generate", "--output", trace, "--request_count", "3");

        Assert.StartsWith(beginning, File.ReadAllText(trace), StringComparison.Ordinal);
        Assert.Contains("3 requests in", CliRun.Of("workload", "stats", trace).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_generated_workload_is_read_back_by_stats_and_run_compressed_or_not()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.File("trace.jsonl");
        var generated = CliRun.Of("workload", "generate", "--output", trace, "--request_count", "100");
        using (var gzip = new GZipStream(File.Create(trace + ".gz"), CompressionLevel.Fastest))
        {
            gzip.Write(File.ReadAllBytes(trace));
        }

        var stats = CliRun.Of("workload", "stats", trace, "--format", "json");
        string[] replay = ["run", "--arrivals", "trace", "--json", "-", "--trace_path"];

        Assert.Equal((0, ""), (generated.ExitCode, generated.Out));
        using var json = JsonDocument.Parse(stats.Out);
        Assert.Equal(100, json.RootElement.GetProperty("requests").GetInt64());
        var plain = CliRun.Of([.. replay, trace]);
        var compressed = CliRun.Of([.. replay, trace + ".gz"]);
        Assert.Equal(0, plain.ExitCode);
        Assert.Equal(
            plain.Out.Replace(trace, "", StringComparison.Ordinal),
            compressed.Out.Replace(trace + ".gz", "", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run --help")]
    [InlineData("profile --help")]
    [InlineData("calibrate --help")]
    [InlineData("workload --help")]
    [InlineData("workload generate --help")]
    [InlineData("hardware -h")]
    public void Help_is_80_columns_wide_and_on_standard_output(string commandLine)
    {
        var run = CliRun.Of(commandLine.Split(' '));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Usage: llmsim", run.Out, StringComparison.Ordinal);
        Assert.All(run.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void The_examples_of_the_help_are_understood()
    {
        var commands = new[] { "run", "profile", "calibrate", "policies", "models", "hardware", "semantics" };
        var examples = commands
            .SelectMany(command => CliRun.Of(command, "--help").Out.Split('\n'))
            .Where(line => line.StartsWith("  llmsim ", StringComparison.Ordinal))
            .Select(line => line.Trim().Split(' ')[1..])
            .ToArray();

        Assert.NotEmpty(examples);
        // With --help, an example is parsed and checked for unknown options, not run.
        Assert.All(examples, example => Assert.Equal(0, CliRun.Of([.. example, "--help"]).ExitCode));
    }

    [Fact]
    public void The_version_is_that_of_the_results() =>
        Assert.Equal(new CliRun(0, ProductVersion.Text + "\n", ""), CliRun.Of("--version"));

    [Fact]
    public void A_defect_of_ours_asks_for_a_report_with_command_seed_and_stack_trace()
    {
        using var error = new StringWriter();
        using var output = new BrokenWriter();

        var exitCode = CliApplication.Run(
            ["run", "--request-count", "5", "--seed", "77"],
            new CliConsole(output, error)
        );

        Assert.Equal(2, exitCode);
        Assert.Contains(
            "command  llmsim run --request-count 5 --seed 77",
            error.ToString(),
            StringComparison.Ordinal
        );
        Assert.Contains("seed     77", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(nameof(BrokenWriter), error.ToString(), StringComparison.Ordinal);
    }

    private static void AssertLists(CliRun run, IEnumerable<string> names)
    {
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(names, name => Assert.Contains(name, run.Out, StringComparison.Ordinal));
    }

    private sealed class BrokenWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new InvalidOperationException("broken on purpose");
    }
}
