using System.Diagnostics;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>A shell completes commands, options and their values by asking the program.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("llmsim swe", "sweep")]
    [InlineData("llmsim run --prefill_l", "--prefill_local")]
    [InlineData("llmsim run --prefill_local f", "fcfs")]
    [InlineData("llmsim run --kv_transfer contended_links_per_l", "contended_links_per_layer")]
    [InlineData("llmsim run --model meta-llama/Llama-3.1-8", "meta-llama/Llama-3.1-8B")]
    [InlineData("llmsim profile --hardware NVIDIA_H20", "NVIDIA_H20\nNVIDIA_H200")]
    [InlineData("llmsim completion p", "pwsh")]
    [InlineData("llmsim schema s", "scenario\nsweep")]
    [InlineData("llmsim help exit", "exit_codes")]
    [InlineData("llmsim run --csv_output x", "")]
    public void The_program_says_what_may_follow(string line, string expected)
    {
        var run = CliRun.Of($"[suggest:{line.Length}]", line);

        // What begins so comes first, then what contains it.
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith(expected, run.Out.Trim(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public void Each_shell_has_a_script_that_asks_the_program(string shell)
    {
        var run = CliRun.Of("completion", shell);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("[suggest:", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ksh", "SHELL: found 'ksh'; allowed: bash, zsh, fish, pwsh. Did you mean 'zsh'?")]
    [InlineData("", "SHELL: found ''")]
    public void Another_shell_is_an_error(string shell, string expected)
    {
        var run = CliRun.Of("completion", shell);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run --prefill_local f", "fcfs")]
    [InlineData("run --prefill_global=lowest", "lowest_load")]
    [InlineData("sche", "schema")]
    public void Bash_completes(string rest, string expected)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("a script of bash");
            return;
        }

        using var folder = new TemporaryFolder();
        var program = Path.Combine(AppContext.BaseDirectory, "LlmSim.Cli.dll");
        folder.Write("completion.bash", CliRun.Of("completion", "bash").Out);
        var test = folder.Write(
            "test.bash",
            $$"""
            source "{{folder.File("completion.bash")}}"
            llmsim() { dotnet "{{program}}" "$@"; }
            COMP_LINE="llmsim {{rest}}"; COMP_POINT=${#COMP_LINE}
            COMP_WORDS=(${COMP_LINE//=/ = }); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _llmsim
            printf '%s\n' "${COMPREPLY[@]}"
            """
        );
        var start = new ProcessStartInfo("bash", ["--norc", test])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;

        Assert.Equal(new CliRun(0, expected + "\n", ""), CliProcess.End(process));
    }
}
