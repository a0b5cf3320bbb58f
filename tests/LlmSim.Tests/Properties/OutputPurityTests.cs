using System.Text.Json;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>Whatever else a run writes, and however many run beside it, its records are the same.</summary>
public sealed class OutputPurityTests
{
    private static readonly int s_runs = RandomRuns.Count(12);

    [Fact]
    public void Records_do_not_depend_on_what_else_is_asked_for()
    {
        var reached = new SortedDictionary<string, int>(StringComparer.Ordinal);
        using var folder = new TemporaryFolder();
        Parallel.For(
            0,
            s_runs,
            new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken },
            seed =>
            {
                var kinds = Compare(new RandomRun(seed, folder), name => folder.File($"{seed}/{name}"));
                Directory.Delete(folder.File($"{seed}"), recursive: true);
                lock (reached)
                {
                    foreach (var kind in kinds)
                    {
                        reached[kind] = reached.GetValueOrDefault(kind) + 1;
                    }
                }
            }
        );

        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Join('\n', reached.Select(kind => $"{kind.Value} of {s_runs}: {kind.Key}"))
        );
        string[] wanted =
        [
            "data-parallel groups",
            "preemptions",
            "prefixes fetched",
            "prefix hits",
            "reserved transfers",
        ];
        Assert.All(
            wanted,
            kind => Assert.InRange(reached.GetValueOrDefault(kind), Math.Max(1, s_runs / 24), s_runs)
        );
    }

    /// <summary>In this run a request is preempted at the end of another's recomputation; its gap goes back to its own last token.</summary>
    [Fact]
    public void The_gap_of_a_request_that_is_preempted_after_a_recomputation_is_whole()
    {
        using var folder = new TemporaryFolder();
        var run = new RandomRun(197, folder);

        var records = Run(run, folder.File("r.csv"), ["--prefill_local", run.PrefillLocal, "--verify"]);

        Assert.NotEmpty(File.ReadAllLines(records));
    }

    private static IEnumerable<string> Compare(RandomRun run, Func<string, string> file)
    {
        string Single(string name, params string[] more) =>
            Run(run, file(name), ["--prefill_local", run.PrefillLocal, .. more]);
        string[] Records(string name, params string[] more) => File.ReadAllLines(Single($"{name}.csv", more));

        var plain = Records("plain", "--json", file("plain.json"));
        Assert.True(plain.Length > 1);
        Assert.Equal(
            plain,
            Records(
                "sampled",
                "--sample_queue_states",
                "--sample_memory_usage",
                "--sample_interval",
                "0.013",
                "--sample_rate",
                "0.2",
                "--queue_states_output",
                file("q.csv"),
                "--memory_usage_output",
                file("m.parquet")
            )
        );
        Assert.Equal(plain, Records("drawn", "--plots", file("plots"), "--plots_format", "svg"));
        Assert.Equal(plain, Records("verified", "--verify", "--csv_output", file("verified-summary.csv")));
        Assert.NotEmpty(Directory.EnumerateFiles(file("plots")));

        var (csv, parquet) = (ResultTable.Open(file("plain.csv")), ResultTable.Open(Single("other.parquet")));
        Assert.Equal(csv.Columns, parquet.Columns);
        var numbers = csv
            .Columns.Where(column =>
                column
                    is not (
                        "ttft_met"
                        or "tpot_met"
                        or "rejection_reason"
                        or "outcome"
                        or "class"
                        or "tenant"
                    )
            )
            .ToArray();
        Assert.Equal(csv.Numbers(numbers), parquet.Numbers(numbers));

        // One of the points of a sweep is the run above.
        var byJobs = new[] { "1", "3" }
            .Select(jobs =>
            {
                var path = file($"jobs{jobs}/r.csv");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Run(
                    run,
                    path,
                    [
                        "--prefill_local",
                        .. RandomRun.PrefillLocals,
                        "--n_jobs",
                        jobs,
                        "--checkpoint_path",
                        file($"{jobs}.sqlite"),
                    ]
                );
                return Directory
                    .EnumerateFiles(Path.GetDirectoryName(path)!)
                    .Order(StringComparer.Ordinal)
                    .Select(File.ReadAllLines)
                    .ToArray();
            })
            .ToArray();
        Assert.Equal(byJobs[0], byJobs[1]);
        Assert.Contains(plain, byJobs[0]);
        return Kinds(run, file("plain.json"));
    }

    private static IEnumerable<string> Kinds(RandomRun run, string json)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(json));
        var summary = document.RootElement.GetProperty("summary");
        var cache = summary.GetProperty("paged_cache");
        var fetches =
            run.FetchesPrefixes
            && summary.GetProperty("policy_counters").GetProperty("prefill_global.fetches").GetInt64() > 0;
        var hits = cache.ValueKind == JsonValueKind.Object ? cache.GetProperty("hit_tokens").GetInt64() : 0;
        (string Kind, bool Reached)[] kinds =
        [
            ("data-parallel groups", run.HasGroup),
            ("reserved transfers", run.Reserves),
            ("preemptions", summary.GetProperty("evictions").GetInt64() > 0),
            ("prefixes fetched", fetches),
            ("prefix hits", hits > 0),
            ("rejections", summary.GetProperty("rejected").GetInt64() > 0),
        ];
        return kinds.Where(kind => kind.Reached).Select(kind => kind.Kind);
    }

    private static string Run(RandomRun run, string requests, params string[] more)
    {
        var result = CliRun.Of(["run", .. run.Options, "--quiet", "--requests_output", requests, .. more]);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', run.Options)}\n{result.Error}");
        return requests;
    }
}
