using System.Text.Json;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Planning;

/// <summary>Candidates that differ in more than accelerators and their number.</summary>
public sealed class PlanCandidateTests
{
    private const string Dense =
        "--model meta-llama/Llama-3.1-8B --slo ttft_p90<400ms,tpot_p90<20ms --hardware H100 --lambda_arrival 30";

    private const string WithExperts =
        "--model Qwen/Qwen3-30B-A3B --slo ttft_p90<500ms,tpot_p90<20ms --hardware H200 --lambda_arrival 30";

    public static TheoryData<string, string, string> Choices =>
        new()
        {
            { Dense, "--tp_sizes 1 --precision bf16 fp8", "-fp8" },
            {
                Dense,
                "--tp_sizes 1 2 --modes disaggregated --decode_hardware H100 H200 --decode_tp_sizes 1 2",
                "+h200-tp"
            },
            {
                Dense,
                "--tp_sizes 1 --modes mixed --prefill_global lowest_load round_robin --prefill_local fcfs shortest",
                "-shortest"
            },
            { WithExperts, "--tp_sizes 1 --attention_dp 1 2", "-dp2-ep" },
        };

    [Theory]
    [MemberData(nameof(Choices))]
    public void The_answer_is_that_of_trying_everything_whatever_the_number_of_workers(
        string question,
        string choice,
        string kind
    )
    {
        using var folder = new TemporaryFolder();

        var searched = Plan(folder.File("a"), question, choice, "--n_jobs 1");
        var parallel = Plan(folder.File("b"), question, choice, "--n_jobs 4");
        var answer = Answer(folder.File("b"));
        var resumed = Plan(folder.File("b"), question, choice);
        var whole = Plan(folder.File("c"), question, choice, "--whole_runs");
        var exhaustive = Plan(folder.File("d"), question, choice, "--exhaustive");

        Assert.All(
            [searched, parallel, resumed, whole, exhaustive],
            run => Assert.True(run.ExitCode == 0, run.Error)
        );
        Assert.Equal(Answer(folder.File("a")), answer);
        Assert.Equal(answer, Answer(folder.File("b")));
        Assert.Matches(@"in all ([\d,]+) runs .*\(\1 runs from the journal\)", resumed.Out);
        Assert.Equal(Rows(folder.File("a"), "name"), Rows(folder.File("c"), "name"));
        Assert.Equal(Rows(folder.File("d"), "cost_per_hour"), Rows(folder.File("a"), "cost_per_hour"));
        Assert.Contains(
            Rows(folder.File("a"), "name"),
            name => name.Contains(kind, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_scenario_of_a_candidate_has_its_format_and_policies()
    {
        using var folder = new TemporaryFolder();
        var run = Plan(
            folder.File("a"),
            Dense,
            "--tp_sizes 1 --modes mixed --precision bf16 fp8 --prefill_local fcfs shortest --rows 1"
        );
        Assert.True(run.ExitCode == 0, run.Error);
        var candidate = Directory.GetDirectories(folder.File("a"))[0];

        var sweep = CliRun.Of(
            "sweep",
            Path.Combine(candidate, "scenario.yaml"),
            "--json",
            folder.File("runs.json")
        );

        Assert.Equal((0, ""), (sweep.ExitCode, sweep.Error));
        using var runs = JsonDocument.Parse(File.ReadAllText(folder.File("runs.json")));
        var mean = runs
            .RootElement.EnumerateArray()
            .Average(one =>
                one.GetProperty("summary").GetProperty("ttft_seconds").GetProperty("p90").GetDouble()
            );
        using var plan = JsonDocument.Parse(Answer(folder.File("a")));
        var row = plan.RootElement.GetProperty("rows")[0];
        Assert.Equal(row.GetProperty("figures")[0].GetProperty("mean").GetDouble(), mean, 1e-12);
        Assert.Equal("fp8", row.GetProperty("precision").GetString());
    }

    [Fact]
    public void A_run_that_was_ended_for_one_slo_is_not_taken_for_another()
    {
        using var folder = new TemporaryFolder();
        const string Kinds = "--tp_sizes 1 --modes mixed";
        _ = Plan(folder.File("a"), Dense.Replace("400ms", "90ms", StringComparison.Ordinal), Kinds);

        _ = Plan(folder.File("a"), Dense, Kinds);
        _ = Plan(folder.File("b"), Dense, Kinds);

        Assert.Equal(Answer(folder.File("b")), Answer(folder.File("a")));
    }

    [Fact]
    public void A_tornado_has_the_lengths_and_prefixes_of_a_trace()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write(
            "trace.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 200)
                    .Select(i =>
                        FormattableString.Invariant(
                            $"{{\"timestamp\": {40 * i}, \"input_length\": 1500, \"output_length\": 100, \"hash_ids\": [{i % 20}, {1000 + i}, {2000 + i}]}}\n"
                        )
                    )
            )
        );

        var run = CliRun.Of(
            "plan",
            "--model",
            "meta-llama/Llama-3.1-8B",
            "--trace_path",
            trace,
            "--slo",
            "ttft_p90<400ms",
            "--hardware",
            "H100",
            "--tp_sizes",
            "1",
            "--modes",
            "mixed",
            "--sensitivity",
            "--output",
            folder.File("a")
        );

        Assert.True(run.ExitCode == 0, run.Error);
        foreach (
            var assumption in (string[])
                [
                    "rate of requests",
                    "length of prompts",
                    "length of outputs",
                    "share of prompts that was asked before",
                    "times of iterations",
                ]
        )
        {
            Assert.Contains($"\n{assumption}", run.Out, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("not varied", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "--attention_dp 2",
        "attention_dp: found 2 for meta-llama/Llama-3.1-8B, which has no experts to share; allowed is 1"
    )]
    [InlineData("--attention_dp 0", "--attention_dp: found '0'; allowed: ")]
    [InlineData("--decode_hardware H1000", "hardware 'H1000' is unknown.")]
    [InlineData("--decode_tp_sizes x", "--decode_tp_sizes: found 'x'; allowed: ")]
    [InlineData(
        "--modes mixed --decode_hardware H200",
        "--decode_hardware and --decode_tp_sizes: are of disaggregated candidates; allowed with them: --modes disaggregated"
    )]
    [InlineData("--precision fp8 fp9", "--precision: found 'fp9'; allowed: ")]
    [InlineData("--precision fp8 nvfp4 --w_bit 8", "precision nvfp4: its weights have ")]
    [InlineData("--prefill_local fcfs shortst", "prefill_local: ")]
    [InlineData("--objective goodput --inside_error", "--inside_error: is not read with --objective goodput")]
    [InlineData(
        "--objective goodput --slo e2e_p99<9s",
        "--objective goodput: found no limit of TTFT or TPOT in --slo 'e2e_p99<9s'; allowed: "
    )]
    public void Wrong_input_is_said_in_one_line(string arguments, string expected)
    {
        using var folder = new TemporaryFolder();

        var run = Plan(folder.File("a"), Dense, arguments);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"llmsim: {expected}", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }

    private static CliRun Plan(string output, string question, string choice, string more = "")
    {
        var given = $"{choice} {more}".Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] asked = [.. $"{question} --workload chat --gpus 4 --rows 4 --request_count 250".Split(' ')];
        // What a test gives takes the place of what is there.
        var kept = asked.Chunk(2).Where(option => !given.Contains(option[0])).SelectMany(option => option);
        return CliRun.Of(["plan", .. kept, .. given, "--output", output]);
    }

    private static string Answer(string folder) => File.ReadAllText(Path.Combine(folder, "plan.json"));

    private static string[] Rows(string folder, string member)
    {
        using var plan = JsonDocument.Parse(Answer(folder));
        return
        [
            .. plan
                .RootElement.GetProperty("rows")
                .EnumerateArray()
                .Select(row => row.GetProperty(member).ToString()),
        ];
    }
}
