using LlmSim.Metrics;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Metrics;

/// <summary>Statistics without warm-up and cool-down, and over the time in which requests arrive.</summary>
public sealed class MeasuredRequestsTests
{
    [Fact]
    public void The_statistics_are_those_of_the_records_that_are_measured()
    {
        var leftOut = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new RandomCluster(seed);
            var window = new RequestWindow(seed % 7, random.Requests.Count - (seed % 5));
            var records = new List<RequestRecord>();
            var scenario = random.NewScenario() with { Measured = window };
            var summary = Simulator.Run(scenario, random.Requests, records.Add);

            var measured = records.Where(record => window.Contains(record.Id)).ToArray();
            Assert.Equal(measured, records.Where(record => record.IsMeasured));
            var finished = measured.Where(record => !record.IsRejected).ToArray();
            leftOut += records.Count - measured.Length;
            Assert.Equal(random.Requests.Count, summary.Requests);
            Assert.Equal(records.Count(record => !record.IsRejected), summary.Finished);
            Assert.Equal(measured.Length, summary.MeasuredRequests);
            if (finished.Length == 0)
            {
                continue;
            }

            var seconds = (finished.Max(r => r.Finish) - measured.Min(r => r.Arrival)).Seconds;
            Assert.Equal(seconds, summary.MeasuredSeconds, 1e-9);
            Assert.Equal(finished.Length / seconds, summary.RequestsPerSecond, 1e-9);
            Assert.Equal(finished.Average(r => r.TtftSeconds), summary.TtftSeconds.Mean, 1e-9);
            Assert.Equal(finished.Sum(r => r.TraceOutputTokens), summary.OutputTokens);
            var met = finished.Count(r => MeetsBoth(scenario, r));
            Assert.Equal(met / seconds, summary.GoodputRequestsPerSecond, 1e-9);
            Assert.Equal(100.0 * met / measured.Length, summary.BothAttainmentPercent, 1e-9);
            if (scenario.Semantics.OutputTokens == OutputTokens.FirstFromPrefill)
            {
                Assert.Equal(finished.Sum(r => r.TraceOutputTokens - 1), summary.ItlSeconds.Count);
            }

            AssertArrivalWindow(scenario, records, measured, summary.ArrivalWindow);
        }

        Assert.InRange(leftOut, 200, 400);
    }

    private static void AssertArrivalWindow(
        Scenario scenario,
        List<RequestRecord> all,
        RequestRecord[] measured,
        ArrivalWindow window
    )
    {
        var (first, last) = (measured.Min(r => r.Arrival), measured.Max(r => r.Arrival));
        var seconds = (last - first).Seconds;
        // What ends at the very instant of an arrival comes after it.
        var inside = all.Where(r => !r.IsRejected && r.Finish >= first && r.Finish < last).ToArray();
        Assert.Equal(seconds, window.Seconds, 1e-9);
        Assert.Equal(inside.Length / seconds, window.RequestsPerSecond, 1e-9);
        Assert.Equal(inside.Sum(r => r.TraceOutputTokens) / seconds, window.OutputTokensPerSecond, 1e-6);
        Assert.Equal(
            inside.Sum(r => r.TraceInputTokens + r.TraceOutputTokens) / seconds,
            window.TokensPerSecond,
            1e-6
        );
        Assert.Equal(
            inside.Count(r => MeetsBoth(scenario, r)) / seconds,
            window.GoodputRequestsPerSecond,
            1e-9
        );
    }

    private static bool MeetsBoth(Scenario scenario, in RequestRecord record) =>
        record.TtftSeconds < scenario.TtftSloSeconds
        && (double.IsNaN(record.TpotSeconds) || record.TpotSeconds < scenario.TpotSloSeconds);

    [Theory]
    [InlineData("10%", "0", 180)]
    [InlineData("0.1", "0", 180)]
    [InlineData("20", "0", 180)]
    [InlineData("0", "20", 180)]
    [InlineData("10%", "30", 150)]
    [InlineData("0", "0", 200)]
    public void Shares_and_numbers_of_requests_are_left_out(string warmup, string cooldown, int measured)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of(
            "run",
            "--request_count",
            "200",
            "--warmup",
            warmup,
            "--cooldown",
            cooldown,
            "--csv_output",
            folder.File("summary.csv"),
            "--requests_output",
            folder.File("requests.csv")
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            measured < 200,
            run.Out.Contains(
                $"Statistics  of {measured} requests: without warmup {warmup}, cooldown {cooldown}\n",
                StringComparison.Ordinal
            )
        );
        var lines = File.ReadAllLines(folder.File("summary.csv"));
        var column = Array.IndexOf(lines[0].Split(','), "measured_requests");
        Assert.Equal($"{measured}", lines[1].Split(',')[column]);
        Assert.Equal(201, File.ReadAllLines(folder.File("requests.csv")).Length);
    }

    [Theory]
    [InlineData("--warmup", "100%", "warmup: found '100%'")]
    [InlineData("--warmup", "1.5", "warmup: found '1.5'")]
    [InlineData("--warmup", "1.0", "warmup: found '1.0'")]
    [InlineData("--warmup", "-1", "warmup: found '-1'")]
    [InlineData("--cooldown", "many", "cooldown: found 'many'")]
    [InlineData("--warmup", "20", "allowed: fewer")]
    [InlineData("--cooldown", "20", "leave none of the 20 requests")]
    public void What_leaves_nothing_or_means_nothing_is_an_error(string option, string value, string said)
    {
        var run = CliRun.Of("run", "--request_count", "20", option, value);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void They_are_options_of_a_sweep_whose_points_give_what_runs_give()
    {
        using var folder = new TemporaryFolder();
        string[] common = ["run", "--request_count", "100"];
        var sweep = CliRun.Of([
            .. common,
            "--warmup",
            "0",
            "10%",
            "--ttft_slo",
            "1",
            "10",
            "--csv_output",
            folder.File("sweep.csv"),
            "--checkpoint_path",
            folder.File("sweep.db"),
        ]);
        Assert.Equal((0, ""), (sweep.ExitCode, sweep.Error));
        var points = File.ReadAllLines(folder.File("sweep.csv"));
        var line = 1;
        foreach (var slo in new[] { "1", "10" })
        {
            foreach (var warmup in new[] { "0", "10%" })
            {
                var csv = folder.File($"{line}.csv");
                CliRun.Of([.. common, "--warmup", warmup, "--ttft_slo", slo, "--csv_output", csv]);
                Assert.Equal(File.ReadAllLines(csv)[1], points[line++]);
            }
        }
    }
}
