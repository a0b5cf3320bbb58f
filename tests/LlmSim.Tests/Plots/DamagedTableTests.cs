using LlmSim.Experiments.Plots;
using LlmSim.Kernel;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Plots;

/// <summary>Tables that are damaged end in an error of the user, whatever the library that reads them does.</summary>
public sealed class DamagedTableTests : IDisposable
{
    private const int Mutants = 400;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_mutant_of_a_parquet_file_is_read_or_refused()
    {
        var path = _folder.File("requests.parquet");
        var run = CliRun.Of("run", "--quiet", "--request_count", "30", "--requests_output", path);
        Assert.True(run.ExitCode == 0, run.Error);
        var columns = ResultTable
            .Open(path)
            .Columns.Where(name => !name.EndsWith("_met", StringComparison.Ordinal))
            .ToArray();
        Assert.False(IsRefused(path, columns));
        var bytes = File.ReadAllBytes(path);
        var mutantPath = _folder.File("mutant.parquet");
        var refused = 0;
        for (var seed = 0; seed < Mutants; seed++)
        {
            var random = new RandomStream(seed, "parquet");
            var mutant = bytes.ToArray();
            // The last third is the description of the rest, of which most is believed.
            var at = random.Next(seed % 2 == 0 ? 0 : bytes.Length * 2 / 3, bytes.Length);
            mutant[at] = seed % 3 == 0 ? (byte)random.Next(256) : (byte)(mutant[at] ^ (1 << random.Next(8)));
            File.WriteAllBytes(mutantPath, seed % 10 == 9 ? mutant[..at] : mutant);
            refused += IsRefused(mutantPath, columns) ? 1 : 0;
        }

        Assert.InRange(refused, Mutants / 10, Mutants);
    }

    [Theory]
    [InlineData("a.csv", "")]
    [InlineData("a.csv", ",\n")]
    [InlineData("a.csv", "a,a\n1,2\n")]
    [InlineData("a.parquet", "")]
    [InlineData("a.parquet", "PAR1PAR1")]
    [InlineData("a.parquet", "id,ttft\n1,2\n")]
    public void Commands_end_with_one_line_and_exit_code_1(string name, string text)
    {
        var path = _folder.Write(name, text);
        foreach (var args in new string[][] { ["plot", path], ["compare", path, path] })
        {
            var run = CliRun.Of(args);
            Assert.Equal(1, run.ExitCode);
            Assert.StartsWith("llmsim: ", run.Error, StringComparison.Ordinal);
            Assert.InRange(run.Error.Length, 1, path.Length + 300);
            Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_figure_that_a_summary_lacks_is_named()
    {
        var path = _folder.Write("few.csv", "prefill_local,seed,ttft_p99\nfcfs,1,0.5\nfcfs,2,0.6\n");
        var run = CliRun.Of("compare", path, path);
        Assert.Equal(
            (1, true),
            (run.ExitCode, run.Error.Contains("there is no column '", StringComparison.Ordinal))
        );
    }

    private static bool IsRefused(string path, string[] columns)
    {
        try
        {
            _ = ResultTable.Open(path).Texts(columns);
            return false;
        }
        catch (UserErrorException error)
        {
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            return true;
        }
    }
}
