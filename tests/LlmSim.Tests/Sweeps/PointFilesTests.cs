using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

/// <summary>Samples of sweeps: files of each point, as whole and as safe as its per-request results.</summary>
public sealed class PointFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_samples_of_a_point_are_those_of_the_single_run()
    {
        const string Samples =
            "--sample_queue_states --sample_memory_usage --sample_rate 0.5 --sample_interval 3";
        Assert.Equal(0, Run($"--seed 1 2 --ttft_slo 2 3 {Samples} --csv_output a.csv").ExitCode);

        var rows = ResultTable
            .Open(_folder.File("a.csv"))
            .Texts("seed", "ttft_slo", "queue_states_output", "memory_usage_output");
        Assert.Equal(4, rows[2].Distinct().Count());
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(0, Run($"--seed {rows[0][i]} --ttft_slo {rows[1][i]} {Samples}").ExitCode);
            Assert.Equal(Text("queue_states.csv"), Text(rows[2][i]));
            Assert.Equal(Text("memory_usage.csv"), Text(rows[3][i]));
        }
    }

    [Fact]
    public void Points_that_share_a_simulation_have_files_of_their_own()
    {
        Assert.Equal(
            0,
            Run("--tpot_slo 0.1 0.2 --sample_memory_usage --sample_interval 1 --csv_output a.csv").ExitCode
        );

        var files = ResultTable.Open(_folder.File("a.csv")).Texts("memory_usage_output")[0];
        Assert.Equal(2, files.Distinct().Count());
        Assert.Equal(Text(files[0]), Text(files[1]));
        Assert.NotEqual("", Text(files[0]));
    }

    [Fact]
    public void A_point_whose_samples_were_lost_or_are_others_is_run_again()
    {
        const string Sweep = "--seed 1 2 --sample_queue_states --csv_output a.csv --resume --sample_interval";
        Assert.Equal(new CliRun(0, "", ""), Run($"{Sweep} 2"));
        var names = Samples();
        var texts = names.ToDictionary(name => name, Text);
        File.Delete(_folder.File(names[0]));

        Assert.Equal(new CliRun(0, "", ""), Run($"{Sweep} 2"));
        Assert.All(texts, file => Assert.Equal(file.Value, Text(file.Key)));

        // What is sampled is in the name: the former files stay.
        Assert.Equal(new CliRun(0, "", ""), Run($"{Sweep} 1"));
        Assert.Equal(4, Samples().Length);
        Assert.All(texts, file => Assert.Equal(file.Value, Text(file.Key)));
        var listed = ResultTable.Open(_folder.File("a.csv")).Texts("queue_states_output")[0];
        Assert.Empty(listed.Intersect(names));
    }

    [Theory]
    [InlineData("--sample_queue_states --queue_states_output q.txt", "the extension '.txt' says no format")]
    [InlineData("--sample_queue_states --queue_states_output no/q.csv", "there is no folder")]
    [InlineData(
        "--sample_queue_states --sample_memory_usage --queue_states_output q.csv --memory_usage_output q.csv",
        "writes to the same file"
    )]
    public void Paths_that_cannot_be_written_are_found_before_the_first_point(string options, string message)
    {
        var run = Run($"--seed 1 2 --checkpoint_path j.sqlite --csv_output a.csv {options}");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    private string[] Samples() =>
        [.. _folder.Names.Where(name => name.StartsWith("queue_states-", StringComparison.Ordinal))];

    private string Text(string name) => File.ReadAllText(_folder.File(name));

    private CliRun Run(string options) =>
        CliProcess.Run(_folder, [.. $"run --request_count 30 --quiet {options}".Split(' ')]);
}
