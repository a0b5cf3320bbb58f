using System.Text.Json;
using LlmSim.Cli;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Planning;

public sealed class PlanCommandTests
{
    private const string Slos = "ttft_p90<400ms, tpot_p90<20ms";

    [Fact]
    public void The_answer_is_that_of_trying_every_size_whatever_the_number_of_workers()
    {
        using var folder = new TemporaryFolder();

        var searched = Plan(folder.File("a"), "--n_jobs", "1", "--rows", "4");
        var inParallel = Plan(folder.File("b"), "--n_jobs", "4", "--rows", "4");
        var exhaustive = Plan(folder.File("c"), "--exhaustive", "--rows", "4");

        Assert.Equal((0, ""), (searched.ExitCode, searched.Error));
        Assert.Equal(Answer(folder.File("a")), Answer(folder.File("b")));
        Assert.Equal(
            searched.Out.Replace(folder.File("a"), "", StringComparison.Ordinal),
            inParallel.Out.Replace(folder.File("b"), "", StringComparison.Ordinal)
        );
        Assert.Equal(0, exhaustive.ExitCode);
        Assert.Equal(Names(folder.File("a")), Names(folder.File("c")));
    }

    [Fact]
    public void What_a_killed_plan_had_simulated_is_used_again_and_the_answer_is_the_same()
    {
        using var folder = new TemporaryFolder();
        var first = Plan(folder.File("a"));
        var answer = Answer(folder.File("a"));

        var again = Plan(folder.File("a"));

        Assert.Equal((0, 0), (first.ExitCode, again.ExitCode));
        Assert.Contains("(0 runs from the journal)", first.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("(0 runs from the journal)", again.Out, StringComparison.Ordinal);
        Assert.Equal(answer, Answer(folder.File("a")));
    }

    [Fact]
    public void Each_candidate_has_a_scenario_that_gives_its_figures()
    {
        using var folder = new TemporaryFolder();
        _ = Plan(folder.File("a"), "--rows", "1");
        var candidate = Directory.GetDirectories(folder.File("a"))[0];

        var run = CliRun.Of(
            "sweep",
            Path.Combine(candidate, "scenario.yaml"),
            "--json",
            folder.File("runs.json")
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var runs = JsonDocument.Parse(File.ReadAllText(folder.File("runs.json")));
        var mean = runs
            .RootElement.EnumerateArray()
            .Average(one =>
                one.GetProperty("summary").GetProperty("ttft_seconds").GetProperty("p90").GetDouble()
            );
        using var plan = JsonDocument.Parse(Answer(folder.File("a")));
        var figure = plan.RootElement.GetProperty("rows")[0].GetProperty("figures")[0];
        Assert.Equal(figure.GetProperty("mean").GetDouble(), mean, 1e-12);
        Assert.StartsWith(
            "#!/bin/sh\n",
            File.ReadAllText(Path.Combine(candidate, "deploy.sh")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Where_nothing_holds_it_says_what_binds_and_ends_with_3()
    {
        using var folder = new TemporaryFolder();

        var run = Plan(folder.File("a"), "--slo", "ttft_p90<1ms");

        Assert.Equal((ExitCode.NotMet, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("Nothing meets ttft_p90<1ms", run.Out, StringComparison.Ordinal);
        Assert.Contains("ttft_p90 is ", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "--slo 'tpot_p99<50'",
        "--slo 'tpot_p99<50': at 12: found nothing; allowed: a unit of tpot_p99: s, ms or us"
    )]
    [InlineData("--hardware H1000", "hardware 'H1000' is unknown.")]
    [InlineData("--hardware MI3", "hardware 'MI3' is unknown.")]
    [InlineData(
        "--tp_sizes 5",
        "tp_sizes: no instance of 5 accelerators fits into a node with 32 attention heads that divide evenly"
    )]
    [InlineData("--cluster x.json", "--cluster: the cluster is what is looked for; leave it out")]
    [InlineData(
        "--input_mean 5",
        "--input_mean: the workload that is named says it already; leave one of them out"
    )]
    [InlineData("--objective cheapest", "--objective: found 'cheapest'; allowed: ")]
    [InlineData("--budget -3", "--budget: found '-3'; allowed: ")]
    public void Wrong_input_is_said_in_one_line(string arguments, string expected)
    {
        using var folder = new TemporaryFolder();

        var run = Plan(
            folder.File("a"),
            [.. arguments.Replace("'", "", StringComparison.Ordinal).Split(' ')]
        );

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"llmsim: {expected}", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }

    [Fact]
    public void A_workload_without_a_rate_is_refused()
    {
        using var folder = new TemporaryFolder();

        var run = CliRun.Of(
            "plan",
            "--slo",
            "ttft_p99<1s",
            "--output",
            folder.File("a"),
            "--workload",
            "chat"
        );

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            "llmsim: lambda_arrival: a plan needs a rate of requests",
            run.Error,
            StringComparison.Ordinal
        );
    }

    private static CliRun Plan(string output, params string[] more)
    {
        List<string> arguments =
        [
            .. "plan --model meta-llama/Llama-3.1-8B --workload chat --lambda_arrival 30 --hardware H100 H200 --tp_sizes 1 2 --gpus 5 --request_count 300".Split(
                ' '
            ),
            "--output",
            output,
        ];
        if (!more.Contains("--slo"))
        {
            arguments.AddRange(["--slo", Slos]);
        }

        // What a test gives takes the place of what is there.
        foreach (var option in more.Where(option => option.StartsWith("--", StringComparison.Ordinal)))
        {
            if (arguments.IndexOf(option) is >= 0 and var position)
            {
                var end = arguments.FindIndex(
                    position + 1,
                    one => one.StartsWith("--", StringComparison.Ordinal)
                );
                arguments.RemoveRange(position, (end < 0 ? arguments.Count : end) - position);
            }
        }

        return CliRun.Of([.. arguments, .. more]);
    }

    private static string Answer(string folder) => File.ReadAllText(Path.Combine(folder, "plan.json"));

    private static string[] Names(string folder)
    {
        using var plan = JsonDocument.Parse(Answer(folder));
        return
        [
            .. plan
                .RootElement.GetProperty("rows")
                .EnumerateArray()
                .Select(row => row.GetProperty("name").GetString()!),
        ];
    }
}
