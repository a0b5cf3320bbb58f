using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

/// <summary>Sweeps in processes of their own, which are killed and which meet. bench/sweep-kill.sh is the long version.</summary>
public sealed class SweepProcessTests
{
    private const int Points = 16;

    [Fact]
    public void Killed_sweeps_end_with_the_bytes_of_an_undisturbed_one_and_run_no_committed_point_again()
    {
        using var whole = new TemporaryFolder();
        using var killed = new TemporaryFolder();
        Assert.Equal(new CliRun(0, "", ""), CliRun.Of(Arguments(whole)));

        var written = new Dictionary<string, DateTime>();
        foreach (var target in new[] { 0, 3, 8 })
        {
            using (var process = Start(Arguments(killed)))
            {
                WaitUntil(process, () => PointFiles(killed).Count() > target);
                process.Kill();
                process.WaitForExit();
            }

            // The last files may have got their names without their commits.
            foreach (var name in PointFiles(killed).OrderBy(name => Time(killed, name)).SkipLast(2))
            {
                written.TryAdd(name, Time(killed, name));
            }
        }

        Assert.Equal(new CliRun(0, "", ""), CliRun.Of(Arguments(killed)));

        Assert.NotEmpty(written);
        Assert.All(written, file => Assert.Equal(file.Value, Time(killed, file.Key)));
        Assert.Equal(whole.Names, killed.Names);
        Assert.All(
            whole.Names.Where(name => name.EndsWith(".csv", StringComparison.Ordinal)),
            name => Assert.Equal(File.ReadAllBytes(whole.File(name)), File.ReadAllBytes(killed.File(name)))
        );
    }

    [Fact]
    public void A_second_sweep_on_a_journal_is_refused_with_the_process_id_of_the_first()
    {
        using var folder = new TemporaryFolder();
        using var first = Start(Arguments(folder, requests: 50_000));
        try
        {
            WaitUntil(first, () => OwnerOf(folder.File("a.journal.sqlite")) == first.Id);

            var second = CliRun.Of([
                .. "run --resume --seed 1 2 --request_count 1 --checkpoint_path".Split(' '),
                folder.File("a.journal.sqlite"),
            ]);

            var expected =
                $"the sweep of process {first.Id.ToString(CultureInfo.InvariantCulture)} writes to this journal";
            Assert.Equal(1, second.ExitCode);
            Assert.Contains(expected, second.Error, StringComparison.Ordinal);
        }
        finally
        {
            first.Kill();
            first.WaitForExit();
        }
    }

    private static string[] Arguments(TemporaryFolder folder, int requests = 400) =>
        [
            "run",
            "--request_count",
            requests.ToString(CultureInfo.InvariantCulture),
            "--quiet",
            "--resume",
            "--csv_output",
            folder.File("a.csv"),
            "--requests_output",
            folder.File("r.csv"),
            "--sample_queue_states",
            "--queue_states_output",
            folder.File("q.csv"),
            "--seed",
            .. Enumerable.Range(1, Points).Select(seed => seed.ToString(CultureInfo.InvariantCulture)),
        ];

    private static Process Start(string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [Path.Combine(AppContext.BaseDirectory, "LlmSim.Cli.dll"), .. arguments]
            )
        )!;

    private static void WaitUntil(Process process, Func<bool> condition)
    {
        while (!condition() && !process.HasExited)
        {
            Thread.Sleep(5);
        }
    }

    /// <summary>The process that has the journal, from the header of the file; 0 for none.</summary>
    private static int OwnerOf(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var header = new byte[64];
        stream.ReadExactly(header);
        return BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(60));
    }

    private static IEnumerable<string> PointFiles(TemporaryFolder folder) =>
        folder.Names.Where(name => name.StartsWith("r-", StringComparison.Ordinal));

    private static DateTime Time(TemporaryFolder folder, string name) =>
        File.GetLastWriteTimeUtc(folder.File(name));
}
