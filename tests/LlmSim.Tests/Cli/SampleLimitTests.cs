using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>No run fills a disk with samples without a word.</summary>
public sealed class SampleLimitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SampleLimitTests() =>
        _folder.Write(
            "trace.jsonl",
            """
            {"timestamp": 0, "input_length": 521, "output_length": 3}
            {"timestamp": 10000, "input_length": 521, "output_length": 3}
            """
        );

    public void Dispose() => _folder.Dispose();

    /// <summary>11 instants before the last request is served, with 8 instances.</summary>
    [Theory]
    [InlineData("--arrivals trace --sample_limit 88", null)]
    [InlineData(
        "--arrivals trace --sample_limit 87",
        "there are more rows by 10 s of simulated time, and a file of samples may have 87."
    )]
    [InlineData(
        "--arrivals trace --sample_limit 8 --resume --checkpoint_path j.sqlite",
        "requests arrive for 10 s or more, which are 88 rows at --sample_interval 1 for 8 instances"
    )]
    [InlineData(
        "--arrivals constant --lambda_arrival 0.1 --sample_limit 8 --seed 1 --checkpoint_path j.sqlite",
        "requests arrive for 10 s or more"
    )]
    [InlineData("--arrivals poisson --lambda_arrival 0.01 --sample_limit 8", "there are more rows by")]
    public void More_rows_than_allowed_stop_the_run(string options, string? message)
    {
        var run = Run($"--trace_path trace.jsonl --sample_interval 1 {options}");

        Assert.Equal(message is null ? 0 : 1, run.ExitCode);
        Assert.Contains(message ?? "", run.Error, StringComparison.Ordinal);
        Assert.Equal(message is null, run.Error.Length == 0);
        Assert.Equal(message is null, _folder.Names.Contains("q.csv"));
    }

    /// <summary>Ten million rows by default: at 8 instances 1,250,000 instants, and 2,000 requests at 2 a second take 1,000 s.</summary>
    [Theory]
    [InlineData(
        "--arrivals constant --lambda_arrival 2 --sample_interval 0.0001",
        "requests arrive for 1E+03 s or more"
    )]
    [InlineData("--lambda_arrival 2 --sample_interval 0.0001", "requests arrive for 500 s or more")]
    public void It_is_said_before_the_run_where_it_is_known(string options, string message)
    {
        var run = Run(options);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains("a file of samples may have 10,000,000", run.Error, StringComparison.Ordinal);
    }

    private CliRun Run(string options) =>
        CliRun.Of([
            .. "run --quiet --sample_queue_states --queue_states_output".Split(' '),
            _folder.File("q.csv"),
            .. options
                .Split(' ')
                .Select(word => Path.GetExtension(word) is ".jsonl" or ".sqlite" ? _folder.File(word) : word),
        ]);
}
