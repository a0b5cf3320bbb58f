using System.Diagnostics;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>What a user's code does to its process: another process sees that it ended, and ends with an error.</summary>
public sealed class SupervisedCodeTests
{
    private const string Mine = "--prefill_global mine --policies .";

    [Theory]
    [InlineData("return Deeper(0); static int Deeper(int i) => 1 + Deeper(i + 1);", "ended with SIGABRT")]
    [InlineData(
        "typeof(Environment).GetMethod(\"Exit\")!.Invoke(null, [0]);",
        "ended with exit code 0 before"
    )]
    [InlineData(
        "new Leftover(); GC.Collect(); GC.WaitForPendingFinalizers();",
        "on a thread of its own, it threw Exception: late"
    )]
    [InlineData("while (true) { }", "asked to place request 0: no answer within 0.3 s.")]
    [InlineData("throw new Silent();", "asked for the message of its exception: no answer within 0.3 s.")]
    public void A_policy_that_ends_its_process_or_never_answers_ends_the_run_with_an_error(
        string statement,
        string expected
    )
    {
        using var folder = new TemporaryFolder();
        MisbehavingCodeTests.WritePolicy(
            folder,
            statement,
            """
            sealed class Leftover { ~Leftover() => throw new Exception("late"); }
            sealed class Silent : Exception { public override string Message { get { while (true) { } } } }
            """
        );

        var run = Run(folder, Mine);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Contains("mine", run.Error, StringComparison.Ordinal);
        Assert.Equal(["mine.cs"], folder.Names);
    }

    [Theory]
    [InlineData("public Mine() { while (true) { } }", "policy mine: in its constructor: no answer")]
    [InlineData("static Mine() { while (true) { } }", "policy mine: in its constructor: no answer")]
    [InlineData(
        "[PolicyOption(\"x\", Summary = \"\")] public int X { get { while (true) { } } set { } }",
        "policy mine: asked for the default of an option: no answer"
    )]
    public void What_never_returns_before_the_first_decision_is_found_as_well(string member, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write(
            "mine.cs",
            $$"""
            [Policy("mine", Decisions = PolicyDecisions.Global, Summary = "")]
            public sealed class Mine : IGlobalPolicy
            {
                {{member}}
                public int Choose(in GlobalContext context) => 0;
            }
            """
        );

        var run = Run(folder, Mine);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_performance_model_that_never_answers_ends_the_run_with_an_error()
    {
        using var folder = new TemporaryFolder();
        folder.Write(
            "mine.cs",
            "public sealed class Mine : IPerformanceModel { public double Seconds(in IterationBatch batch) { while (true) { } } }"
        );

        var run = Run(folder, "--performance mine:mine.cs");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("performance model mine.cs: asked for the ", run.Error, StringComparison.Ordinal);
        Assert.Equal(["mine.cs"], folder.Names);
    }

    [Fact]
    public void The_contract_is_checked_in_a_process_that_may_end()
    {
        using var folder = new TemporaryFolder();
        MisbehavingCodeTests.WritePolicy(
            folder,
            "return Deeper(0); static int Deeper(int i) => 1 + Deeper(i + 1);"
        );

        var check = CliProcess.Run(folder, "policies", "check", "mine", "--policies", ".");

        Assert.Equal(1, check.ExitCode);
        Assert.Contains(
            "llmsim: policy mine: the process that ran it ended with SIGABRT",
            check.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_process_that_is_watched_gives_what_one_that_is_not_gives()
    {
        using var folder = new TemporaryFolder();
        MisbehavingCodeTests.WritePolicy(folder, "");

        var run = CliProcess.Run(
            folder,
            [.. "run --json - --request_count 20".Split(' '), .. Mine.Split(' ')]
        );

        Assert.Equal((0, "llmsim: loaded ./mine.cs\n"), (run.ExitCode, run.Error));
        Assert.Equal(
            CliRun
                .Of([
                    .. "run --json - --request_count 20 --prefill_global mine --policies".Split(' '),
                    folder.File(""),
                ])
                .Out,
            run.Out
        );
    }

    [Theory]
    [InlineData("-TERM", 130)]
    [InlineData("-KILL", 137)]
    public void A_signal_to_the_process_that_watches_ends_both(string signal, int exitCode)
    {
        using var folder = new TemporaryFolder();
        MisbehavingCodeTests.WritePolicy(folder, "while (true) { }");
        using var process = CliProcess.Start(
            folder,
            [
                .. "run --request_count 20 --csv_output result.csv --policy_timeout 1000".Split(' '),
                .. Mine.Split(' '),
            ]
        );
        while (!process.HasExited && folder.Names.Count() < 2)
        {
            Thread.Sleep(5);
        }

        using (var kill = Process.Start("kill", [signal, $"{process.Id}"]))
        {
            kill.WaitForExit();
        }

        // Its pipes are open until the process that is watched has ended too.
        var run = CliProcess.End(process);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(["mine.cs"], folder.Names);
    }

    private static CliRun Run(TemporaryFolder folder, string code) =>
        CliProcess.Run(
            folder,
            [
                .. "run --quiet --request_count 5 --policy_timeout 0.3 --csv_output result.csv".Split(' '),
                .. code.Split(' '),
            ]
        );
}
