using System.Diagnostics;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>The command as a process of its own.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void Two_processes_in_two_languages_write_the_same_bytes()
    {
        using var folder = new TemporaryFolder();

        var german = Start(folder, "de_DE.UTF-8", "a");
        var turkish = Start(folder, "tr_TR.UTF-8", "b");

        Assert.Equal((0, ""), (german.ExitCode, german.Error));
        Assert.Equal(german, turkish);
        foreach (var extension in new[] { "csv", "parquet", "json" })
        {
            var a = File.ReadAllBytes(folder.File($"a.{extension}"));
            Assert.NotEmpty(a);
            Assert.Equal(a, File.ReadAllBytes(folder.File($"b.{extension}")));
        }
    }

    [Fact]
    public void A_user_error_is_exit_code_1_without_a_stack_trace()
    {
        using var folder = new TemporaryFolder();

        var run = Start("C.UTF-8", "run", "--trace_path", folder.File("missing.jsonl"));

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("llmsim: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    private static CliRun Start(TemporaryFolder folder, string language, string name) =>
        Start(
            language,
            "run",
            "--request_count",
            "300",
            "--prefill_global",
            "random",
            "--csv_output",
            folder.File($"{name}.csv"),
            "--requests_output",
            folder.File($"{name}.parquet"),
            "--json",
            folder.File($"{name}.json")
        );

    private static CliRun Start(string language, params string[] args)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "LlmSim.Cli.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LANG"] = language, ["LC_ALL"] = language },
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliRun(process.ExitCode, output, error.Result);
    }
}
