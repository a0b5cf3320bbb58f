using System.Globalization;
using System.Security.Cryptography;
using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

/// <summary>
/// A journal with a flipped bit, cut off or with zeros in it gives the same results or a clear error: nothing else. LLMSIM_JOURNAL_FLIPS
/// says how many bits are flipped, each in a journal of its own; bench/journal-damage.sh does it a thousand times.
/// </summary>
public sealed class JournalDamageTests : IDisposable
{
    private const int Seed = 2025;
    private const int SectorBytes = 512;

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(Seed);
    private readonly SweepPlan _plan = SweepPlan.Create(
        [SweepAxis.Of("seed", ["1", "2", "3", "4"])],
        settings => new RunConfiguration { RequestCount = 20, Seed = settings[0].Value[0] - '0' }
    );

    private static int Flips =>
        int.Parse(
            Environment.GetEnvironmentVariable("LLMSIM_JOURNAL_FLIPS") ?? "60",
            CultureInfo.InvariantCulture
        );

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_flipped_bit_changes_no_result() => Damage("flipped bits", Flips, Flip);

    [Fact]
    public void A_journal_that_is_cut_off_changes_no_result() => Damage("truncations", Flips / 5, Cut);

    [Fact]
    public void Zeros_in_a_journal_change_no_result() => Damage("zeroed pages", Flips / 5, Zero);

    private void Damage(string kind, int trials, Func<byte[], byte[]> damage)
    {
        Sweep();
        var journal = File.ReadAllBytes(_folder.File("a.journal.sqlite"));
        var whole = Results();
        var (same, repaired, refused) = (0, 0, 0);
        for (var trial = 0; trial < trials; trial++)
        {
            File.WriteAllBytes(_folder.File("a.journal.sqlite"), damage(journal));
            try
            {
                var warnings = Sweep();
                Assert.Equal(whole, Results());
                same += warnings == 0 ? 1 : 0;
                repaired += warnings == 0 ? 0 : 1;
            }
            catch (UserErrorException e)
            {
                Assert.StartsWith(_folder.File("a.journal.sqlite"), e.Message, StringComparison.Ordinal);
                Assert.Equal(whole, Results());
                refused++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{trials} {kind}: {same} the same results, {repaired} the same after points were named and run again, "
                + $"{refused} clear errors, 0 others"
        );
        Assert.Equal(trials, same + repaired + refused);
        // Some of each kind must be noticed, or the damage does not reach what it is of.
        Assert.True(repaired + refused > 0);
    }

    /// <summary>How many warnings there were.</summary>
    private int Sweep()
    {
        var warnings = 0;
        SweepRunner.Run(
            _plan,
            new SweepOptions(
                Workers: 1,
                new OutputPaths(_folder.File("r.csv"), _folder.File("a.csv")),
                _folder.File("a.journal.sqlite"),
                IsResumed: true
            ),
            onWarning: _ => warnings++
        );
        return warnings;
    }

    /// <summary>Every file but the journal, by its name and content.</summary>
    private string[] Results() =>
        [
            .. _folder
                .Names.Where(name => !name.Contains("sqlite", StringComparison.Ordinal))
                .Select(name =>
                    $"{name} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(_folder.File(name))))}"
                ),
        ];

    private byte[] Flip(byte[] journal)
    {
        var damaged = journal.ToArray();
        damaged[_random.Next(damaged.Length)] ^= (byte)(1 << _random.Next(8));
        return damaged;
    }

    private byte[] Cut(byte[] journal) => journal[.._random.Next(journal.Length)];

    /// <summary>One sector or a whole page.</summary>
    private byte[] Zero(byte[] journal)
    {
        var damaged = journal.ToArray();
        var bytes = SectorBytes * (_random.Next(2) == 0 ? 1 : 8);
        damaged.AsSpan(_random.Next(damaged.Length / bytes) * bytes, bytes).Clear();
        return damaged;
    }
}
