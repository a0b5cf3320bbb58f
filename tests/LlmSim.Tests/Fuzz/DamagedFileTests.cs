using System.Diagnostics;
using System.Globalization;
using LlmSim.Kernel;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Fuzz;

/// <summary>
/// Damaged files are read or refused, whatever is in them. LLMSIM_FUZZ_MUTANTS and LLMSIM_FUZZ_SEED make it longer and other;
/// LLMSIM_FUZZ_KEEP names a folder that gets what failed.
/// </summary>
public sealed class DamagedFileTests
{
    private const int StandardMutants = 50;

    /// <summary>No small file is worth that much.</summary>
    private const long MostBytes = 300 << 20;

    private const int ShownFailures = 5;

    public static IEnumerable<TheoryDataRow<string>> Names =>
        Corpus.All.Select(reader => new TheoryDataRow<string>(reader.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_damaged_file_is_read_or_refused_by_its_name(string name)
    {
        var reader = Corpus.All.Single(one => one.Name == name);
        using var folder = new TemporaryFolder();
        var path = reader.WriteTo(folder);
        reader.Read(path);
        var mutator = new Mutator(new RandomStream(Setting("LLMSIM_FUZZ_SEED", 1), name));
        var mutants = (int)Setting("LLMSIM_FUZZ_MUTANTS", StandardMutants);
        var failures = new List<string>();
        var refused = 0;
        for (var i = 0; i < mutants; i++)
        {
            File.WriteAllBytes(path, mutator.Damage(reader.Content));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var problem = Read(reader, path, ref refused);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            problem ??= allocated > MostBytes ? $"allocated {allocated >> 20} MiB" : null;
            if (problem is not null)
            {
                failures.Add($"mutant {i}: {problem}");
                Keep(path, $"{name}-{i}");
            }
        }

        Assert.True(
            failures.Count == 0,
            $"{failures.Count} of {mutants}:\n{string.Join('\n', failures.Take(ShownFailures))}"
        );
        Assert.InRange(refused, 1, mutants);
    }

    private static string? Read(CorpusReader reader, string path, ref int refused)
    {
        try
        {
            reader.Read(path);
            return null;
        }
        catch (UserErrorException e)
        {
            refused++;
            // Where a file of a folder contradicts another, either may be named.
            return
                e.Message.Contains(Path.GetFileName(path), StringComparison.Ordinal)
                || e.Message.Contains(Path.GetDirectoryName(path)!, StringComparison.Ordinal)
                ? null
                : $"the message does not name the file: {e.Message}";
        }
        catch (Exception e)
        {
            var frame = new StackTrace(e)
                .GetFrames()
                .Select(frame => frame.GetMethod())
                .FirstOrDefault(method =>
                    method?.DeclaringType?.Namespace?.StartsWith("LlmSim", StringComparison.Ordinal) == true
                );
            return $"{e.GetType().Name} in {frame?.DeclaringType?.Name}.{frame?.Name}: {e.Message}";
        }
    }

    private static void Keep(string path, string name)
    {
        if (Environment.GetEnvironmentVariable("LLMSIM_FUZZ_KEEP") is { Length: > 0 } folder)
        {
            File.Copy(path, Path.Combine(folder, name.Replace('/', '-')), overwrite: true);
        }
    }

    private static long Setting(string name, long standard) =>
        long.TryParse(
            Environment.GetEnvironmentVariable(name),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var value
        )
            ? value
            : standard;
}
