using System.Diagnostics;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>The sample that uses the library alone.</summary>
public sealed class SampleTests
{
    [Fact]
    public void The_sample_runs_and_is_short()
    {
        var source = Path.Combine(Architecture.Repository.Root, "samples/LlmSim.Sample/Program.cs");
        var program = Path.Combine(AppContext.BaseDirectory, "LlmSim.Sample.dll");
        var start = new ProcessStartInfo("dotnet", [program])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().TrimEnd().Split('\n');
        process.WaitForExit();

        Assert.Equal(0, process.ExitCode);
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.Contains("TTFT p90", line, StringComparison.Ordinal));
        Assert.InRange(File.ReadLines(source).Count(), 1, 39);
    }
}
