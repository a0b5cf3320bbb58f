using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>A user's code that cannot end a run in a lie, a crash or a trace of the stack: what is found in its own process.</summary>
public sealed class MisbehavingCodeTests
{
    [Theory]
    [InlineData("Environment.Exit(0);", "mine.cs:4: policy mine names System.Environment.Exit: ")]
    [InlineData("Environment.FailFast(\"\");", "mine.cs:4: policy mine names System.Environment.FailFast: ")]
    [InlineData(
        "new System.Threading.Thread(() => { while (true) { } }).Start();",
        "mine.cs:4: policy mine names System.Threading.Thread.ctor: "
    )]
    [InlineData(
        "System.Threading.ThreadPool.QueueUserWorkItem(_ => throw new Exception());",
        "mine.cs:4: policy mine names System.Threading.ThreadPool.QueueUserWorkItem: "
    )]
    [InlineData(
        "_ = new System.Threading.Timer(_ => throw new Exception(), null, 0, 1);",
        "mine.cs:4: policy mine names System.Threading.Timer.ctor: "
    )]
    [InlineData(
        "Later(); async void Later() { await System.Threading.Tasks.Task.Yield(); throw new Exception(); }",
        "policy mine names System.Runtime.CompilerServices.AsyncVoidMethodBuilder."
    )]
    [InlineData(
        "System.Diagnostics.Process.GetCurrentProcess().Kill();",
        "mine.cs:4: policy mine names System.Diagnostics.Process.GetCurrentProcess: "
    )]
    [InlineData(
        "AppDomain.CurrentDomain.ProcessExit += (_, _) => { while (true) { } };",
        "mine.cs:4: policy mine names System.AppDomain.add_ProcessExit: "
    )]
    [InlineData(
        "Leave(0); [System.Runtime.InteropServices.DllImport(\"libc\", EntryPoint = \"_exit\")] static extern void Leave(int code);",
        "mine.cs:4: policy mine imports "
    )]
    public void Code_that_would_end_or_outlive_the_run_is_refused_before_any_of_it_runs(
        string statement,
        string expected
    )
    {
        using var folder = new TemporaryFolder();
        WritePolicy(folder, statement);

        RequireRefused(folder, expected);
    }

    [Theory]
    [InlineData("Environment.Exit(0);", "mine.cs:10: policy mine names System.Environment.Exit: ")]
    [InlineData("throw new Exception(\"at the start\");", "mine.cs: cannot be loaded: at the start")]
    public void What_runs_before_a_policy_is_made_is_its_code_too(string statement, string expected)
    {
        using var folder = new TemporaryFolder();
        WritePolicy(
            folder,
            "",
            $$"""
            static class Before
            {
                [System.Runtime.CompilerServices.ModuleInitializer]
                internal static void Run() { {{statement}} }
            }
            """
        );

        RequireRefused(folder, expected);
    }

    [Theory]
    [InlineData("throw new Odd();", "asked to place request 0, it threw Odd: its message threw Exception")]
    [InlineData("throw new OperationCanceledException(\"no\");", "it threw OperationCanceledException: no")]
    [InlineData(
        "throw new InvariantViolationException(\"no\");",
        "it threw InvariantViolationException: no (mine.cs:4)"
    )]
    [InlineData(
        "Invariant.Require(context.Instances.Count < 0, $\"no\");",
        "it threw InvariantViolationException: no (mine.cs:4)"
    )]
    public void Whatever_a_decision_throws_is_an_error_of_the_policy(string statement, string expected)
    {
        using var folder = new TemporaryFolder();
        WritePolicy(
            folder,
            statement,
            "public class Odd : Exception { public override string Message => throw new Exception(); "
                + "public override string ToString() => throw new Exception(); }"
        );

        RequireRefused(folder, expected);

        var check = CliRun.Of("policies", "check", "mine", "--policies", folder.File(""));
        Assert.Equal(1, check.ExitCode);
        Assert.Contains(
            "FAILED  prefill_global: chooses among what is offered",
            check.Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        "throw new Exception(\"none\")",
        "asked for its counters, it threw Exception: none (mine.cs:"
    )]
    [InlineData(
        "[new(null!, 1)]",
        "asked for its counters, it threw InvalidOperationException: a counter has no name"
    )]
    [InlineData(
        "Enumerable.Range(0, int.MaxValue).Select(i => KeyValuePair.Create($\"{i}\", 1L))",
        "there are more than 1000 counters"
    )]
    public void Counters_that_cannot_be_read_are_an_error_of_the_policy(string counters, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write(
            "mine.cs",
            $$"""
            [Policy("mine", Decisions = PolicyDecisions.Global, Summary = "")]
            public sealed class Mine : IGlobalPolicy, ICountingPolicy
            {
                public IEnumerable<KeyValuePair<string, long>> Counters => {{counters}};
                public int Choose(in GlobalContext context) => 0;
            }
            """
        );

        RequireRefused(folder, expected);
    }

    [Theory]
    [InlineData('(', ')')]
    [InlineData('{', '}')]
    public void What_is_nested_too_deeply_for_the_compiler_is_an_error(char open, char close)
    {
        const int Depth = 20_000;
        using var folder = new TemporaryFolder();
        var (before, after) = (new string(open, Depth), new string(close, Depth));
        WritePolicy(folder, open == '(' ? $"var x = {before}1{after};" : before + after);

        RequireRefused(folder, "mine.cs:4: is nested deeper than 500 brackets");
    }

    [Fact]
    public void A_pipe_or_a_device_among_the_policies_is_not_read()
    {
        using var folder = new TemporaryFolder();
        WritePolicy(folder, "");
        using (var make = System.Diagnostics.Process.Start("mkfifo", folder.File("pipe.cs")))
        {
            make.WaitForExit();
        }

        File.CreateSymbolicLink(folder.File("zero.cs"), "/dev/zero");

        var run = Run(folder);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("pipe.cs: is a pipe or a device", run.Error, StringComparison.Ordinal);
        Assert.Contains("zero.cs: is a pipe or a device", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_performance_model_comes_through_the_same_doors()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(
            "mine.cs",
            """
            public sealed class Mine : IPerformanceModel
            {
                public double Seconds(in IterationBatch batch) { Environment.Exit(0); return 1; }
            }
            """
        );

        var run = CliRun.Of("run", "--quiet", "--request_count", "5", "--performance", $"mine:{path}");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(
            $"{path}:3: performance model names System.Environment.Exit: ",
            run.Error,
            StringComparison.Ordinal
        );
    }

    internal static void WritePolicy(TemporaryFolder folder, string statement, string more = "") =>
        folder.Write(
            "mine.cs",
            $$"""
            [Policy("mine", Decisions = PolicyDecisions.Global, Summary = "")]
            public sealed class Mine : IGlobalPolicy
            {
                public int Choose(in GlobalContext context) { {{statement}} return 0; }
            }

            {{more}}
            """
        );

    private static void RequireRefused(TemporaryFolder folder, string expected)
    {
        var run = Run(folder);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal(["mine.cs"], folder.Names);
    }

    private static CliRun Run(TemporaryFolder folder) =>
        CliRun.Of(
            "run",
            "--quiet",
            "--performance",
            "roofline",
            "--request_count",
            "20",
            "--prefill_global",
            "mine",
            "--policies",
            folder.File(""),
            "--csv_output",
            folder.File("result.csv")
        );
}
