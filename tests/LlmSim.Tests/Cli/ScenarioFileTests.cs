using System.Globalization;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Architecture;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Runs as files: the samples give what their headers say, and wrong files are told where they are wrong.</summary>
[Collection(WorkingFolderTests.Name)]
public sealed class ScenarioFileTests
{
    private const string Expected = "# expected: ";

    public static TheoryData<string> Samples =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "samples/scenarios"), "*.yaml")
                .Where(path =>
                    File.ReadLines(path).Any(line => line.StartsWith(Expected, StringComparison.Ordinal))
                )
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal),
        ];

    [Fact]
    public void There_are_samples() => Assert.True(Samples.Count >= 5);

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_gives_what_its_header_says(string sample)
    {
        using var folder = new WorkingFolder();
        var path = Path.Combine(Repository.Root, "samples/scenarios", sample);
        var run = CliRun.Of("run", path, "--quiet", "--verify", "--csv_output", "result.csv");
        Assert.Equal(0, run.ExitCode);
        var expected = File.ReadLines(path)
            .Where(line => line.StartsWith(Expected, StringComparison.Ordinal))
            .SelectMany(line => line[Expected.Length..].Split(", "))
            .Select(pair => pair.Split(' '))
            .ToArray();
        Assert.True(expected.Length >= 4);
        Assert.All(
            expected,
            pair =>
            {
                var found = ResultTable.Open("result.csv").Numbers(pair[0])[0][0];
                var digits = pair[1].Contains('.', StringComparison.Ordinal)
                    ? pair[1].Split('.')[1].Length
                    : 0;
                Assert.Equal(pair[1], found.ToString($"F{digits}", CultureInfo.InvariantCulture));
            }
        );
    }

    [Theory]
    [InlineData("workload: {request_cuont: 5}", "scenario.yaml:1: unknown option or section 'request_cuont'")]
    [InlineData("clients:\n  patience: long", "scenario.yaml:2: patience: found 'long'")]
    [InlineData("seed: 1\nworkload: {seed: 2}", "scenario.yaml:2: seed is given already in ")]
    [InlineData(
        "fleet:\n  faults:\n    - {at: 5, what: explode}",
        "what: found 'explode'; allowed: fail, slow, link"
    )]
    [InlineData("fleet: {faults: [{at: 5, what: slow}]}", "factor: is missing")]
    [InlineData("fleet: {faults: [{at: 5, what: fail, stage: mixed}]}", "faults: there is no mixed instance")]
    [InlineData("fleet: {faults: [{at: 5, what: fail}]}", "none is ready, and none ever will be")]
    [InlineData("clients: {think_time: 3}", "allowed with concurrency")]
    [InlineData(
        "fleet: {autoscale: fixed, autoscale_limits: 'min=3,max=2'}",
        "allowed: min <= initial <= max"
    )]
    [InlineData("- 1", "scenario.yaml:1: is not one mapping")]
    public void A_wrong_file_is_told_where_it_is_wrong(string content, string expected)
    {
        using var folder = new WorkingFolder();
        File.WriteAllText("scenario.yaml", content);

        var run = CliRun.Of("run", "scenario.yaml", "--request_count", "50", "--quiet");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_that_a_command_line_means_means_the_same()
    {
        using var folder = new WorkingFolder();
        string[] options =
        [
            "--request_count",
            "300",
            "--ttft_patience",
            "exponential:mean=3",
            "--retries",
            "count=2,backoff=0.5",
            "--lambda_arrival",
            "6",
        ];

        var printed = CliRun.Of(["run", .. options, "--print_scenario"]);
        File.WriteAllText("scenario.yaml", printed.Out);

        Assert.Equal(CliRun.Of(["run", .. options]).Out, CliRun.Of("run", "scenario.yaml").Out);
    }

    [Fact]
    public void What_is_given_beside_a_file_goes_before_it()
    {
        using var folder = new WorkingFolder();
        File.WriteAllText("scenario.yaml", "workload: {request_count: 300, seed: 3}");

        Assert.Equal(
            CliRun.Of("run", "--request_count", "300", "--seed", "4").Out,
            CliRun.Of("run", "scenario.yaml", "--seed", "4").Out
        );
    }
}
