using System.Globalization;
using System.Text.Json;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Planning;

public sealed class PlanGoodputTests
{
    private const string Question =
        "plan --model meta-llama/Llama-3.1-8B --workload chat --hardware H100 --tp_sizes 1 --modes mixed --gpus 2 --request_count 400 --slo ttft_p99<300ms,tpot_p99<20ms --output";

    [Fact]
    public void No_other_rate_has_more_requests_within_their_deadlines()
    {
        using var folder = new TemporaryFolder();
        var best = Row(folder.File("a"), "--objective", "goodput");
        var scenario = Path.Combine(Directory.GetDirectories(folder.File("a"))[0], "scenario.yaml");
        var rate = best.GetProperty("requests_per_second").GetDouble();
        var text = File.ReadAllText(scenario);

        var goodputs = new List<double>();
        foreach (var factor in (double[])[0.5, 0.8, 0.9, 1, 1.1, 1.25])
        {
            goodputs.Add(Goodput(folder, text, rate, rate * factor));
        }

        var found = best.GetProperty("goodput_requests_per_second").GetDouble();
        Assert.Equal(found, goodputs[3], 1e-9);
        // Runs of 400 requests: one in ten more or fewer is their noise.
        Assert.All(goodputs, other => Assert.InRange(other, 0, 1.1 * found));
        // Half the rate is no overload, and is less.
        Assert.InRange(goodputs[0], 0.4 * rate, 0.51 * rate);
    }

    [Fact]
    public void It_is_at_least_what_the_highest_rate_within_the_slos_serves()
    {
        using var folder = new TemporaryFolder();

        var goodput = Row(folder.File("a"), "--objective", "goodput");
        var rate = Row(folder.File("b"), "--objective", "rate");

        Assert.True(
            goodput.GetProperty("goodput_requests_per_second").GetDouble()
                > 0.97 * rate.GetProperty("requests_per_second").GetDouble()
        );
    }

    [Fact]
    public void At_a_rate_that_is_given_it_is_what_is_served_of_it()
    {
        using var folder = new TemporaryFolder();

        var some = Row(folder.File("a"), "--objective", "goodput", "--lambda_arrival", "5");
        var limited = CliRun.Of([
            .. Question.Split(' '),
            folder.File("b"),
            .. "--objective goodput --lambda_arrival 400 --n_jobs 1".Split(' '),
        ]);

        Assert.Equal(5, some.GetProperty("goodput_requests_per_second").GetDouble(), 0.1);
        Assert.Equal(JsonValueKind.Null, some.GetProperty("requests_per_second").ValueKind);
        Assert.Equal(3, limited.ExitCode);
        Assert.StartsWith("Nothing meets", limited.Out, StringComparison.Ordinal);
    }

    /// <summary>Requests within the deadlines at another rate; 0 where most runs are overloaded, so that it is a figure of their length.</summary>
    private static double Goodput(TemporaryFolder folder, string scenario, double rate, double other)
    {
        var before = string.Create(CultureInfo.InvariantCulture, $"lambda_arrival: '{rate}'");
        Assert.Contains(before, scenario, StringComparison.Ordinal);
        var file = folder.Write(
            "other.yaml",
            scenario.Replace(
                before,
                string.Create(CultureInfo.InvariantCulture, $"lambda_arrival: '{other}'"),
                StringComparison.Ordinal
            )
        );
        var run = CliRun.Of("sweep", file, "--json", folder.File("runs.json"));
        Assert.True(run.ExitCode == 0, run.Error);
        using var runs = JsonDocument.Parse(File.ReadAllText(folder.File("runs.json")));
        JsonElement[] summaries =
        [
            .. runs.RootElement.EnumerateArray().Select(one => one.GetProperty("summary")),
        ];
        return summaries.Count(one => one.GetProperty("queue_grows").GetBoolean()) * 2 > summaries.Length
            ? 0
            : other * summaries.Average(one => one.GetProperty("both_attainment_percent").GetDouble() / 100);
    }

    private static JsonElement Row(string output, params string[] more)
    {
        var run = CliRun.Of([.. Question.Split(' '), output, .. more]);
        Assert.True(run.ExitCode == 0, run.Error + run.Out);
        using var plan = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "plan.json")));
        return plan.RootElement.GetProperty("rows")[0].Clone();
    }
}
