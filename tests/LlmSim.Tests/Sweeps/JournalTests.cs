using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Microsoft.Data.Sqlite;
using Xunit;

namespace LlmSim.Tests.Sweeps;

/// <summary>Journals: resumed, refused, and never overwritten.</summary>
public sealed class JournalTests : IDisposable
{
    private const string Trace = """{"timestamp": 0, "input_length": 100, "output_length": 5}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_resume_an_existing_journal_is_an_error_that_says_what_to_do()
    {
        Assert.Equal(0, Sweep("1 2").ExitCode);
        var before = File.ReadAllBytes(_folder.File("a.csv"));

        var again = Sweep("1 2");

        Assert.Equal(1, again.ExitCode);
        Assert.Contains("--resume runs what it lacks", again.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder.File("a.csv")));
    }

    [Fact]
    public void A_resumed_sweep_runs_only_what_is_missing()
    {
        Sweep("1 3");
        var first = PointFiles();

        var resumed = Sweep("1 2 3", "--resume");

        Assert.Equal(new CliRun(0, "", ""), resumed);
        var all = PointFiles();
        Assert.Equal(3, all.Count);
        // Those that were there were not written again.
        Assert.Equal(first, all.Where(file => first.ContainsKey(file.Key)));
        var whole = File.ReadAllText(_folder.File("a.csv"));
        File.Delete(_folder.File("a.journal.sqlite"));
        Sweep("1 2 3");
        Assert.Equal(File.ReadAllText(_folder.File("a.csv")), whole);
    }

    [Fact]
    public void A_point_whose_per_request_file_was_lost_is_run_again()
    {
        Sweep("1 2");
        var whole = PointFiles().Keys.ToDictionary(path => path, File.ReadAllText);
        var (lost, cut) = (whole.Keys.First(), whole.Keys.Last());
        File.Delete(lost);
        File.WriteAllText(cut, "id");

        Assert.Equal(0, Sweep("1 2", "--resume").ExitCode);

        Assert.All(whole, file => Assert.Equal(file.Value, File.ReadAllText(file.Key)));
    }

    [Fact]
    public void A_file_of_a_point_that_was_changed_is_named_and_its_point_run_again()
    {
        Sweep("1 2");
        var whole = PointFiles().Keys.ToDictionary(path => path, File.ReadAllText);
        var changed = whole.Keys.First();
        // As long as it was.
        File.WriteAllText(changed, whole[changed].Replace('1', '2'));

        var resumed = Sweep("1 2", "--resume");

        Assert.Equal(0, resumed.ExitCode);
        Assert.Contains(
            $"{changed}: has changed since it was written",
            resumed.Error,
            StringComparison.Ordinal
        );
        Assert.All(whole, file => Assert.Equal(file.Value, File.ReadAllText(file.Key)));
        Assert.Equal(new CliRun(0, "", ""), Sweep("1 2", "--resume"));
    }

    [Theory]
    [InlineData(
        "UPDATE points SET summary = replace(summary, '1', '2') WHERE rowid = 2",
        "row 2 of points (seed="
    )]
    [InlineData("UPDATE points SET summary = CAST(summary AS BLOB)", " of points (seed=1) ")]
    [InlineData("UPDATE points SET configuration = configuration || ' '", " of points (seed=1) ")]
    [InlineData("UPDATE points SET hash = hash || '0'", "row 1 of points does")]
    [InlineData("UPDATE points SET checksum = ''", " of points (seed=1) ")]
    [InlineData(
        "UPDATE points SET summary = (SELECT summary FROM points WHERE rowid = 1)",
        "row 2 of points (seed="
    )]
    [InlineData("UPDATE inputs SET content = content || ' '", "row 1 of inputs does")]
    [InlineData("UPDATE files SET bytes = bytes + 1", " of files (seed=1) ")]
    [InlineData("UPDATE files SET name = 'x'", " of files (seed=1) ")]
    public void A_row_that_does_not_match_its_checksum_is_named_and_never_used(string sql, string named)
    {
        Sweep("1 2");
        var whole = File.ReadAllText(_folder.File("a.csv"));
        Execute(_folder.File("a.journal.sqlite"), sql);

        var resumed = Sweep("1 2", "--resume");

        Assert.Equal((0, ""), (resumed.ExitCode, resumed.Out));
        Assert.Contains(named, resumed.Error, StringComparison.Ordinal);
        Assert.Contains(
            "does not match its checksum and is not used",
            resumed.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(whole, File.ReadAllText(_folder.File("a.csv")));
        // What was damaged has been written anew.
        Assert.Equal(new CliRun(0, "", ""), Sweep("1 2", "--resume"));
    }

    [Theory]
    [InlineData("ALTER TABLE points DROP COLUMN checksum")]
    [InlineData("CREATE TRIGGER more AFTER DELETE ON points BEGIN DELETE FROM inputs; END")]
    public void A_journal_with_other_tables_is_refused_and_can_be_begun_anew(string sql)
    {
        Sweep("1 2");
        var path = _folder.File("a.journal.sqlite");
        Execute(path, sql);

        var resumed = Sweep("1 2", "--resume");

        Assert.Equal(1, resumed.ExitCode);
        Assert.Contains(
            "its tables are not those of this version's journals",
            resumed.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(new CliRun(0, "", ""), Sweep("1 2", "--overwrite"));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("silent")]
    [InlineData("exit2")]
    public void A_journal_of_a_version_without_checksums_is_never_used(string name)
    {
        var path = _folder.File("a.journal.sqlite");
        File.Copy(SharedFiles.Require($"cases/19-journal-bitflip/{name}.sqlite"), path);
        File.SetAttributes(path, FileAttributes.Normal);

        var resumed = Sweep("1 2", "--resume");

        Assert.Equal((1, ""), (resumed.ExitCode, resumed.Out));
        Assert.Contains(
            "is of another version of llmsim, or damaged",
            resumed.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("trace")]
    [InlineData("cluster")]
    public void A_changed_input_is_named(string input)
    {
        var trace = _folder.Write("trace.jsonl", Trace);
        var cluster = _folder.Write("cluster.json", """[{ "hardware": "NVIDIA_H100_SXM", "tp_size": 4 }]""");
        string[] options = ["--trace_path", trace, "--arrivals", "poisson", "--decode_config", cluster];
        Assert.Equal(0, Sweep("1 2", options).ExitCode);
        var journal = File.ReadAllBytes(_folder.File("a.journal.sqlite"));

        var (path, name) =
            input == "trace" ? (trace, $"the trace {trace}") : (cluster, $"the decode cluster {cluster}");
        File.WriteAllText(
            path,
            File.ReadAllText(path).Replace("length\": 100", "length\": 101").Replace("4 }", "8 }")
        );
        var resumed = Sweep("1 2", [.. options, "--resume"]);

        Assert.Equal(1, resumed.ExitCode);
        Assert.Contains(
            name + " has changed since the sweep began: it was",
            resumed.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(Points(journal), Points(File.ReadAllBytes(_folder.File("a.journal.sqlite"))));
    }

    [Fact]
    public void A_cluster_that_reads_a_trace_in_another_way_is_no_changed_input()
    {
        var trace = _folder.Write(
            "trace.jsonl",
            """{"timestamp": 0, "input_length": 100, "output_length": 5, "hash_ids": [1]}"""
        );
        var apart = _folder.Write(
            "apart.json",
            """
            [{ "role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 4 },
             { "role": "decode", "hardware": "NVIDIA_H100_SXM", "tp_size": 4 }]
            """
        );
        var mixed = _folder.Write(
            "mixed.json",
            """[{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4 }]"""
        );
        string[] options = ["--trace_path", trace, "--arrivals", "poisson", "--cluster"];
        Assert.Equal(0, Sweep("1", [.. options, apart]).ExitCode);

        Assert.Equal(new CliRun(0, "", ""), Sweep("1", [.. options, apart, mixed, "--resume"]));
        Assert.Equal(2, PointFiles().Count);
    }

    [Fact]
    public void The_journal_of_another_sweep_is_refused_with_the_difference()
    {
        Sweep("1 2");

        var other = Sweep("1 2", "--resume", "--prefill_local", "shortest");

        Assert.Equal(1, other.ExitCode);
        Assert.Contains(
            "is the journal of another sweep: prefill_local was \"fcfs\", it is \"shortest\"",
            other.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("", "is no journal of a sweep: it is empty")]
    [InlineData("some notes of mine", "is no journal of a sweep: it is no SQLite file")]
    [InlineData("SQLite format 3\0", "cut off")]
    public void A_foreign_file_is_refused_and_left_as_it_is(string content, string expected)
    {
        var path = _folder.Write("a.journal.sqlite", content);

        var resumed = Sweep("1 2", "--resume");

        Assert.Equal(1, resumed.ExitCode);
        Assert.Contains(expected, resumed.Error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
        Assert.Equal(["a.journal.sqlite"], _folder.Names);
    }

    [Fact]
    public void Another_programs_database_is_refused_and_left_as_it_is()
    {
        var path = _folder.File("a.journal.sqlite");
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE points (hash TEXT)";
            command.ExecuteNonQuery();
        }

        var before = File.ReadAllBytes(path);
        var resumed = Sweep("1 2", "--resume");

        Assert.Contains("another program's SQLite file", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.97)]
    [InlineData(0.98)]
    [InlineData(0.99)]
    public void A_torn_journal_is_refused_and_left_as_it_is(double part)
    {
        Sweep(string.Join(' ', Enumerable.Range(1, 8)));
        var path = _folder.File("a.journal.sqlite");
        var torn = File.ReadAllBytes(path);
        torn = torn[..(int)(part * torn.Length)];
        File.WriteAllBytes(path, torn);

        var resumed = Sweep("1 2", "--resume");

        Assert.Equal(1, resumed.ExitCode);
        Assert.Contains("damaged", resumed.Error, StringComparison.Ordinal);
        // The process that looked at it may have put its id into the header, and nothing else.
        Assert.Equal(torn.Length, new FileInfo(path).Length);
        Assert.Equal(torn[4096..], File.ReadAllBytes(path)[4096..]);
    }

    [Fact]
    public void A_sweep_that_is_interrupted_while_it_reads_leaves_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        var run = CliRun.Of(cancellation.Token, Arguments("1 2", []));

        Assert.Equal(130, run.ExitCode);
        Assert.Contains("interrupted while the inputs were read", run.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
        Assert.Equal(0, Sweep("1 2", "--resume").ExitCode);
    }

    [Fact]
    public void An_interrupted_sweep_says_what_is_safe()
    {
        using var cancellation = new CancellationTokenSource();
        var plan = SweepPlan.Create(
            [SweepAxis.Of("seed", ["1", "2"])],
            settings => new RunConfiguration { RequestCount = 20, Seed = settings[0].Value[0] - '0' }
        );
        var options = new SweepOptions(
            Workers: 1,
            new OutputPaths(),
            _folder.File("a.journal.sqlite"),
            IsResumed: true
        );

        var interrupted = Assert.Throws<SweepInterruptedException>(() =>
            SweepRunner.Run(
                plan,
                options,
                progress => (progress.Done == 1 ? cancellation : null)?.Cancel(),
                cancellation: cancellation.Token
            )
        );

        Assert.Contains("1 of 2 points are safe in", interrupted.Message, StringComparison.Ordinal);
        Assert.Equal(2, SweepRunner.Run(plan, options).Count);
    }

    [Fact]
    public void A_finished_journal_is_overwritten_when_that_is_asked_for()
    {
        var trace = _folder.Write("trace.jsonl", Trace);
        Assert.Equal(0, Sweep("1 2", "--trace_path", trace, "--arrivals", "poisson").ExitCode);
        var first = File.ReadAllText(_folder.File("a.csv"));

        // Of another input: to resume would mix both.
        File.WriteAllText(trace, Trace.Replace("100", "10000", StringComparison.Ordinal));
        string[] options = ["--trace_path", trace, "--arrivals", "poisson"];
        Assert.Contains("--overwrite begins anew", Sweep("1 2", options).Error, StringComparison.Ordinal);
        Assert.Equal(new CliRun(0, "", ""), Sweep("1 2", [.. options, "--overwrite"]));

        Assert.NotEqual(first, File.ReadAllText(_folder.File("a.csv")));
        Assert.Equal(new CliRun(0, "", ""), Sweep("1 2", [.. options, "--resume"]));
    }

    [Fact]
    public void What_is_overwritten_must_be_a_journal_and_not_be_resumed()
    {
        _folder.Write("a.journal.sqlite", "mine");

        Assert.Contains(
            "is no journal of a sweep",
            Sweep("1 2", "--overwrite").Error,
            StringComparison.Ordinal
        );
        Assert.Equal("mine", File.ReadAllText(_folder.File("a.journal.sqlite")));
        Assert.Contains(
            "give one of them",
            Sweep("1 2", "--overwrite", "--resume").Error,
            StringComparison.Ordinal
        );
    }

    private CliRun Sweep(string seeds, params string[] more) => CliRun.Of(Arguments(seeds, more));

    private string[] Arguments(string seeds, string[] more) =>
        [
            .. $"run --request_count 20 --quiet --csv_output {_folder.File("a.csv")} --requests_output {_folder.File("r.csv")}".Split(
                ' '
            ),
            "--seed",
            .. seeds.Split(' '),
            .. more,
        ];

    /// <summary>The per-request files with their times.</summary>
    private SortedDictionary<string, DateTime> PointFiles() =>
        new(
            _folder
                .Names.Where(name => name.StartsWith("r-", StringComparison.Ordinal))
                .ToDictionary(_folder.File, name => File.GetLastWriteTimeUtc(_folder.File(name)))
        );

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private string Points(byte[] journal)
    {
        File.WriteAllBytes(_folder.File("copy.sqlite"), journal);
        using var connection = new SqliteConnection(
            $"Data Source={_folder.File("copy.sqlite")};Pooling=False;Mode=ReadOnly"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(hash || summary, ' ') FROM points";
        return (string)command.ExecuteScalar()!;
    }
}
