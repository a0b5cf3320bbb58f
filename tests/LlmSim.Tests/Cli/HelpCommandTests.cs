using LlmSim.Cli;
using LlmSim.Cli.Commands;
using LlmSim.Cli.Help;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary><c>llmsim help WORD</c> knows every word of command lines, cluster files and results.</summary>
public sealed class HelpCommandTests
{
    private static readonly LlmSimCommand s_root = new(new CliConsole(TextWriter.Null, TextWriter.Null));

    [Theory]
    [InlineData("run", "Usage: llmsim run [SCENARIO] [options]")]
    [InlineData("prefill-local", "option of llmsim run, llmsim plan")]
    [InlineData("model_id", "--model, --model_id MODEL")]
    [InlineData("kv_blocks", "cluster file: engine of an instance\n  blocks of the KV cache")]
    [InlineData("mixed_chunk", "SGLang alone reads it")]
    [InlineData("eager_layer_seconds", "cluster file: overheads of an engine")]
    [InlineData(
        "ttft_p99",
        "column of the summary CSV (--csv_output)\n  99th percentile of: time to first token, s"
    )]
    [InlineData("goodput", "figure for --require and --slo")]
    [InlineData("kv_transfer_finish", "column of the requests")]
    [InlineData("queued_ids", "column of the samples of queues")]
    [InlineData("lowest_load", "policy for ")]
    [InlineData("mooncake", "format of traces")]
    [InlineData("nvidia_h100_sxm", "accelerator")]
    [InlineData("meta-llama/Llama-3.1-8B", "model")]
    [InlineData("exit_codes", "130: interrupted")]
    public void A_word_is_explained(string word, string expected)
    {
        var run = CliRun.Of("help", word);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(expected, run.Out, StringComparison.Ordinal);
        Assert.All(run.Out.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void Without_a_word_it_is_the_help_of_the_command_and_paths_lead_to_commands()
    {
        Assert.Equal(CliRun.Of("--help"), CliRun.Of("help"));
        Assert.Equal(CliRun.Of("kernels", "import", "--help"), CliRun.Of("help", "kernels", "import"));
    }

    [Theory]
    [InlineData("prefil_local", "Did you mean 'prefill_local'?")]
    [InlineData("", "found ''")]
    [InlineData("zzzzzzzzzz", "found 'zzzzzzzzzz'; allowed: ")]
    public void An_unknown_word_is_an_error_with_what_may_be_meant(string word, string expected)
    {
        var run = CliRun.Of("help", word);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_column_of_a_run_has_a_line_of_its_own_or_is_an_option()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.File("a.csv");
        CliRun.Of("run", "--request_count", "30", "--grid_intensity", "400", "--csv_output", csv);
        var written = File.ReadLines(csv).First().Split(',');
        var options = HelpTopics
            .Commands(s_root)
            .SelectMany(command => command.Options)
            .Select(option => option.Name[2..])
            .ToHashSet();

        Assert.Equal(
            written.Order(StringComparer.Ordinal),
            ColumnSummaries.Summary.Order(StringComparer.Ordinal)
        );
        Assert.All(
            [
                .. written,
                .. ServiceCsv.FigureColumns,
                .. RequestColumns.For(1, 1, "").Select(column => column.Name),
                .. SampleColumns.QueueStates.Select(column => column.Name),
                .. SampleColumns.MemoryUsage.Select(column => column.Name),
            ],
            column => Assert.True(ColumnSummaries.Of(column) is not null || options.Contains(column), column)
        );
    }

    [Fact]
    public void Every_field_policy_and_option_is_a_word()
    {
        var words = HelpTopics.All(s_root).Select(topic => topic.Name).ToHashSet(StringComparer.Ordinal);
        string[] needed =
        [
            .. ClusterFields.All.Select(field => field.Name),
            .. EngineFields.All.Select(field => field.Name),
            .. ShippedPolicies.Catalog.All.Select(policy => policy.Name),
            .. HelpTopics
                .Commands(s_root)
                .SelectMany(command => command.Options)
                .Select(option => option.Name.TrimStart('-')),
        ];

        Assert.All(needed, word => Assert.Contains(word, words));
    }

    [Fact]
    public void Version_is_that_of_the_option() => Assert.Equal(CliRun.Of("--version"), CliRun.Of("version"));
}
