using LlmSim.Experiments.Sweeps;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

public sealed class ShardTests : IDisposable
{
    private const string Sweep = """
        base: {request_count: 30, prefill_local: edf}
        grid: {decode_local: [fcfs, shortest]}
        zip: [{lambda_arrival: [1, 4], tpot_slo: [0.1, 0.2]}]
        seeds: [1, 2, 3]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(20)]
    public void Shards_that_are_merged_give_the_bytes_of_the_whole(int count)
    {
        var whole = CliRun.Of(Command("whole"));
        for (var shard = 1; shard <= count; shard++)
        {
            Assert.Equal(0, Shard("parts", shard, count).ExitCode);
        }

        var merged = CliRun.Of(Merge("parts", count));

        Assert.Equal((0, ""), (merged.ExitCode, merged.Error));
        Assert.Equal(whole.Out, merged.Out);
        string[] Names(string name) =>
            [
                .. Directory
                    .GetFiles(_folder.File(name))
                    .Select(file => Path.GetFileName(file)!)
                    .Where(file => !file.EndsWith(".sqlite", StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal),
            ];
        var names = Names("whole");
        Assert.Equal(12 + 12 + 3, names.Length);
        Assert.Equal(names, Names("parts"));
        Assert.All(
            names,
            name =>
                Assert.Equal(
                    File.ReadAllBytes(_folder.File("whole/" + name)),
                    File.ReadAllBytes(_folder.File("parts/" + name))
                )
        );
        // The merged journal is that of the whole: nothing is left to run.
        var resumed = CliRun.Of([.. Command("parts"), "--resume"]);
        Assert.Equal(whole.Out, resumed.Out);
    }

    [Fact]
    public void Every_simulation_is_in_one_shard_and_no_shard_has_two_more_than_another()
    {
        var plan = SweepPlan.Create(
            [SweepAxis.Of("seed", Enumerable.Range(1, 20).Select(seed => $"{seed}"))],
            settings => new() { RequestCount = 1, Seed = long.Parse(settings[0].Value, null) }
        );
        var sweep = PreparedSweep.Load(plan.Points, new SweepInputs());

        foreach (var count in new[] { 1, 2, 7, 20, 30 })
        {
            var shards = Enumerable
                .Range(1, count)
                .Select(number => sweep.PointsOf(new Shard(number, count), filesShowDeadlines: false))
                .ToArray();

            Assert.Equal(Enumerable.Range(0, 20), shards.SelectMany(shard => shard).Order());
            Assert.InRange(shards.Max(shard => shard.Count) - shards.Min(shard => shard.Count), 0, 1);
        }
    }

    [Fact]
    public void A_command_line_with_several_values_has_shards_too()
    {
        string[] command =
        [
            .. "run --request_count 20 --seed 1 2 3 --csv_output".Split(' '),
            _folder.File("a.csv"),
        ];
        Assert.Equal(0, CliRun.Of([.. command, "--shard=1/2", "--n_jobs", "1"]).ExitCode);
        Assert.Equal(0, CliRun.Of([.. command, "--resume", "--shard", "2/2"]).ExitCode);

        var merged = CliRun.Of("merge", _folder.File("a.shards/1-of-2"), _folder.File("a.shards/2-of-2"));

        Assert.Equal((0, ""), (merged.ExitCode, merged.Error));
        Assert.Equal(4, File.ReadAllLines(_folder.File("a.csv")).Length);
    }

    [Fact]
    public void A_requirement_that_is_not_met_is_told_by_the_merge()
    {
        string[] command =
        [
            .. "run --request_count 20 --seed 1 2 --require ttft_p99<1us --csv_output".Split(' '),
            _folder.File("a.csv"),
        ];
        Assert.Equal(0, CliRun.Of([.. command, "--shard", "1/1"]).ExitCode);

        Assert.Equal(3, CliRun.Of("merge", _folder.File("a.shards/1-of-1")).ExitCode);
    }

    [Fact]
    public void A_missing_shard_is_named() => Refused("1 of 3 shards are missing: 2;", [1, 3]);

    [Fact]
    public void A_shard_that_is_given_twice_is_named() =>
        Refused("both are shard 1/3; give each once.", [1, 2, 1]);

    [Fact]
    public void A_folder_without_a_shard_is_named()
    {
        Directory.CreateDirectory(_folder.File("empty"));

        Refused(CliRun.Of("merge", _folder.File("empty")), "empty: is no folder of a shard");
    }

    [Theory]
    [InlineData("{\"number\": 1}")]
    [InlineData("[]")]
    [InlineData("not json")]
    public void A_damaged_manifest_is_named(string text)
    {
        _folder.Write("bad/shard.json", text);

        Refused(CliRun.Of("merge", _folder.File("bad")), "shard.json: is not what a shard writes");
    }

    [Fact]
    public void Shards_of_two_divisions_overlap()
    {
        Shard("parts", 1, 2);
        Shard("parts", 2, 3);

        Refused(
            CliRun.Of("merge", Folder("parts", 1, 2), Folder("parts", 2, 3)),
            "their points overlap; name the shards of one division."
        );
    }

    [Fact]
    public void Shards_of_two_sweeps_are_told_apart()
    {
        Shard("parts", 1, 2);
        Shard("others", 2, 2);

        Refused(
            CliRun.Of("merge", Folder("parts", 1, 2), Folder("others", 2, 2)),
            "are of two sweeps: sweep "
        );
    }

    [Fact]
    public void Shards_that_read_other_inputs_are_told_apart()
    {
        Shard("parts", 1, 2);
        _folder.Write("sweep.yaml", Sweep.Replace("seeds: [1", "seeds: [9", StringComparison.Ordinal));
        Shard("parts", 2, 2, Sweep.Replace("seeds: [1", "seeds: [9", StringComparison.Ordinal));

        Refused(
            CliRun.Of(Merge("parts", 2)),
            "are of one command that read other inputs; run the shards again that read the former ones."
        );
    }

    [Fact]
    public void Shards_of_another_version_are_told_with_both()
    {
        Shard("parts", 1, 2);
        Shard("parts", 2, 2);
        var manifest = Path.Combine(Folder("parts", 2, 2), "shard.json");
        var text = File.ReadAllText(manifest);
        var version = InputFingerprint.Simulator.Content;
        File.WriteAllText(manifest, text.Replace(version, "0.0.9, build 1", StringComparison.Ordinal));
        var merge = Merge("parts", 2);

        Refused(CliRun.Of(merge), $"is of llmsim {version}, {Folder("parts", 2, 2)} of 0.0.9, build 1;");

        manifest = Path.Combine(Folder("parts", 1, 2), "shard.json");
        File.WriteAllText(manifest, text.Replace(version, "0.0.9, build 1", StringComparison.Ordinal));
        File.WriteAllText(
            manifest,
            File.ReadAllText(manifest).Replace("\"number\": 2", "\"number\": 1", StringComparison.Ordinal)
        );
        Refused(CliRun.Of(merge), $"is of llmsim 0.0.9, build 1; this is {version}.");
    }

    [Fact]
    public void A_sweep_that_has_changed_since_is_told()
    {
        Shard("parts", 1, 1);
        _folder.Write("sweep.yaml", Sweep.Replace("seeds: [1", "seeds: [9", StringComparison.Ordinal));

        Refused(CliRun.Of(Merge("parts", 1)), "has changed since its shards ran");
    }

    [Fact]
    public void A_file_that_has_changed_is_told_and_running_its_shard_again_mends_it()
    {
        Shard("parts", 1, 1);
        var file = Directory.GetFiles(Folder("parts", 1, 1), "requests-*.csv")[0];
        File.AppendAllText(file, "1\n");

        Refused(
            CliRun.Of(Merge("parts", 1)),
            $"has 11 of its 12 points ({file}: has changed since it was written); run it with --shard 1/1 --resume."
        );

        Assert.Equal(0, Shard("parts", 1, 1).ExitCode);
        Assert.Equal(0, CliRun.Of(Merge("parts", 1)).ExitCode);
    }

    [Fact]
    public void A_shard_without_its_journal_is_not_finished()
    {
        Shard("parts", 1, 1);
        File.Delete(Path.Combine(Folder("parts", 1, 1), "journal.sqlite"));

        Refused(CliRun.Of(Merge("parts", 1)), "has 0 of its 12 points");
    }

    [Theory]
    [InlineData("0/3")]
    [InlineData("4/3")]
    [InlineData("1")]
    [InlineData("1/")]
    [InlineData("-1/3")]
    [InlineData("1/2/3")]
    [InlineData("1/100001")]
    public void A_part_that_is_none_is_refused(string shard) =>
        Refused(
            CliRun.Of("run", "--shard", shard),
            $"--shard: found '{shard}'; allowed: K/N with K from 1 to N and N up to 100000, such as 2/8"
        );

    [Fact]
    public void A_shard_needs_a_result_file() =>
        Refused(
            CliRun.Of("run", "--request_count", "5", "--shard", "1/2"),
            "--shard: give the result file of the sweep (--csv_output); the folders of its shards are beside it."
        );

    private void Refused(string message, int[] numbers)
    {
        foreach (var number in numbers.Distinct())
        {
            Shard("parts", number, 3);
        }

        Refused(CliRun.Of(["merge", .. numbers.Select(number => Folder("parts", number, 3))]), message);
    }

    private void Refused(CliRun run, string message)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Empty(run.Out);
        Assert.False(File.Exists(_folder.File("parts/results.csv")));
    }

    private CliRun Shard(string name, int number, int count, string sweep = Sweep) =>
        CliRun.Of([.. Command(name, sweep), "--resume", "--shard", $"{number}/{count}"]);

    private string Folder(string name, int number, int count) =>
        _folder.File($"{name}/results.shards/{number}-of-{count}");

    private string[] Merge(string name, int count) =>
        ["merge", .. Enumerable.Range(1, count).Select(number => Folder(name, number, count))];

    private string[] Command(string name, string sweep = Sweep)
    {
        var file = _folder.Write("sweep.yaml", sweep);
        Directory.CreateDirectory(_folder.File(name));
        return
        [
            "sweep",
            file,
            "--csv_output",
            _folder.File(name + "/results.csv"),
            "--json",
            _folder.File(name + "/results.json"),
            "--requests_output",
            _folder.File(name + "/requests.csv"),
            "--replications_output",
            _folder.File(name + "/means.csv"),
            "--sample_queue_states",
            "--queue_states_output",
            _folder.File(name + "/queues.csv"),
        ];
    }
}
