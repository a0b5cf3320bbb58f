using System.Reflection;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

public sealed class SweepRunTests
{
    private const string Grid =
        "--request_count 100 --lambda_arrival 1 2 --prefill_local fcfs edf --ttft_slo 0.5 2 --seed 1 2 --quiet";

    [Fact]
    public void Results_do_not_depend_on_the_number_of_workers()
    {
        using var folder = new TemporaryFolder();
        foreach (var jobs in new[] { "1", "2", "5" })
        {
            Run(folder, $"{Grid} --n_jobs {jobs} --csv_output {jobs}.csv --requests_output {jobs}-r.csv");
        }

        Assert.Equal(17, File.ReadAllLines(folder.File("1.csv")).Length);
        foreach (var jobs in new[] { "2", "5" })
        {
            Assert.Equal(
                File.ReadAllText(folder.File("1.csv")).Replace("1-r-", "r-"),
                File.ReadAllText(folder.File($"{jobs}.csv")).Replace($"{jobs}-r-", "r-")
            );
        }
    }

    [Fact]
    public void Every_point_is_the_single_run_of_its_configuration()
    {
        using var folder = new TemporaryFolder();
        Run(folder, $"{Grid} --csv_output sweep.csv");
        var rows = File.ReadAllLines(folder.File("sweep.csv")).Skip(1).ToArray();
        var index = 0;
        foreach (var lambda in new[] { "1", "2" })
        foreach (var policy in new[] { "fcfs", "edf" })
        foreach (var slo in new[] { "0.5", "2" })
        foreach (var seed in new[] { "1", "2" })
        {
            Run(
                folder,
                $"--request_count 100 --lambda_arrival {lambda} --prefill_local {policy} --ttft_slo {slo} --seed {seed} "
                    + "--quiet --csv_output one.csv"
            );
            // Options are nested in the order of their help; policies come after the rate there, SLOs after policies.
            Assert.Equal(File.ReadAllLines(folder.File("one.csv"))[1], rows[index++]);
        }
    }

    [Fact]
    public void Policies_that_promise_to_ignore_deadlines_do()
    {
        foreach (var policy in ShippedPolicies.Catalog.All.Where(PromisesToIgnoreDeadlines))
        {
            Assert.True(
                Simulate(policy, ttftSlo: 0.2) == Simulate(policy, ttftSlo: 20),
                $"{policy.Name} promises to ignore deadlines and does not"
            );
        }
    }

    [Theory]
    [InlineData("conductor")]
    [InlineData("edf")]
    [InlineData("milp")]
    [InlineData("moore_hodgson")]
    public void A_policy_that_looks_at_deadlines_does_not_promise_to_ignore_them(string name) =>
        Assert.False(
            PromisesToIgnoreDeadlines(ShippedPolicies.Catalog.All.Single(policy => policy.Name == name))
        );

    [Fact]
    public void Points_that_differ_only_in_slos_share_a_simulation_unless_a_policy_sees_the_difference()
    {
        var plan = SweepPlan.Create(
            [
                SweepAxis.Of("prefill_local", ["fcfs", "edf"]),
                SweepAxis.Of("ttft_slo", ["1", "2"]),
                SweepAxis.Of("tpot_slo", ["3", "4"]),
            ],
            settings => new RunConfiguration
            {
                PrefillLocal = settings[0].Value,
                TtftSloSeconds = settings[1].Value[0] - '0',
                TpotSloSeconds = settings[2].Value[0] - '0',
            }
        );

        var groups = PreparedSweep
            .Load(plan.Points, new SweepInputs())
            .Simulations(_ => true)
            .Select(points => points.Count);

        Assert.Equal([4, 2, 2], groups);
    }

    [Fact]
    public void A_point_that_fails_is_named_and_leaves_no_result_file()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write("small.json", """[{ "hardware": "NVIDIA_H100_SXM", "tp_size": 2 }]""");

        var run = CliRun.Of([
            // One worker: with two, either of the points that fail may be the first.
            .. $"run --csv_output {folder.File("a.csv")} --seed 1 2 --w_bit 16 32 --n_jobs 1 --prefill_config {cluster}".Split(
                ' '
            ),
        ]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("seed=1", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("a.csv", folder.Names);
    }

    [Fact]
    public void The_plan_can_be_seen_without_running()
    {
        var run = CliRun.Of([.. "run --lambda_arrival 1 2 --seed 5 6 --print-plan".Split(' ')]);

        Assert.Equal(
            ["point lambda_arrival seed", "1 1 5", "2 1 6", "3 2 5", "4 2 6"],
            run.Out.TrimEnd()
                .Split('\n')
                .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        );
    }

    [Fact]
    public void A_summary_survives_the_journal_bit_by_bit()
    {
        var summary = Samples.Result().Summary;

        var text = SummaryJson.Text(summary);

        Assert.Equal(text, SummaryJson.Text(SummaryJson.ParseSummary(text)));
        Assert.True(double.IsNaN(SummaryJson.ParseSummary(text).DecodeQueueSeconds.Mean));
    }

    internal static void Run(TemporaryFolder folder, string arguments)
    {
        var run = CliRun.Of([
            "run",
            .. arguments
                .Split(' ')
                .Select(a => a.EndsWith(".csv", StringComparison.Ordinal) ? folder.File(a) : a),
        ]);
        Assert.Equal(new CliRun(0, "", ""), run);
    }

    private static bool PromisesToIgnoreDeadlines(PolicyDescription policy) =>
        policy.Type.GetCustomAttribute<PolicyAttribute>()!.IgnoresTtftDeadline;

    /// <summary>Latencies under a load at which queues form, with a policy in every decision that it serves.</summary>
    private static (Distribution Ttft, Distribution EndToEnd) Simulate(
        PolicyDescription policy,
        double ttftSlo
    )
    {
        string Choose(PolicyDecisions decision, string other) =>
            policy.Decisions.HasFlag(decision) ? policy.Name : other;
        var configuration = new RunConfiguration
        {
            RequestCount = 100,
            LambdaArrival = 20,
            TtftSloSeconds = ttftSlo,
            PrefillGlobal = Choose(PolicyDecisions.PrefillGlobal, "lowest_load"),
            PrefillLocal = Choose(PolicyDecisions.PrefillLocal, "fcfs"),
            DecodeGlobal = Choose(PolicyDecisions.DecodeGlobal, "lowest_load"),
            DecodeLocal = Choose(PolicyDecisions.DecodeLocal, "fcfs"),
        };
        var summary = Experiment.Run(configuration, new OutputPaths()).Summary;
        return (summary.TtftSeconds, summary.EndToEndSeconds);
    }
}
