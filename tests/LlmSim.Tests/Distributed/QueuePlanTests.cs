using System.Diagnostics;
using LlmSim.Experiments.Slos;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Distributed;

/// <summary>Plans whose simulations the workers of a queue run: what comes next depends on what came, and many end early.</summary>
public sealed class QueuePlanTests : QueueScene
{
    [Fact]
    public void The_answer_over_a_queue_is_that_of_one_machine()
    {
        using var server = new NatsServer();
        Start(server.Address);
        Start(server.Address);
        var outputs = new List<string>();
        foreach (var more in new string[][] { [], ["--whole_runs"] })
        {
            var local = CliRun.Of([.. Question, .. more, "--output", Folder.File("local"), "--overwrite"]);
            var far = CliRun.Of([.. Far(server), .. more, "--overwrite"]);

            Assert.True(local.ExitCode == 0, local.Error);
            Assert.True(far.ExitCode == 0, far.Error);
            outputs.Add(far.Out.Replace(Folder.File("far"), Folder.File("local"), StringComparison.Ordinal));
            Assert.Equal(local.Out, outputs[^1]);
            RequireSame("local", "far", Directory.GetFiles(Folder.File("local")).Length - 1);
        }

        // Some runs ended early, or their requests would be as many.
        Assert.NotEqual(outputs[0], outputs[1]);
    }

    [Fact]
    public void A_plan_goes_on_where_it_and_a_worker_were_killed()
    {
        using var server = new NatsServer();
        var local = CliRun.Of([.. Question, "--output", Folder.File("local")]);
        Assert.True(local.ExitCode == 0, local.Error);
        var worker = Start(server.Address);
        using (var plan = Start(Far(server), redirect: false))
        {
            WaitForJournal();
            worker.Kill(entireProcessTree: true);
            plan.Kill();
            plan.WaitForExit();
        }

        Start(server.Address);
        var far = CliRun.Of(Far(server));

        Assert.True(far.ExitCode == 0, far.Error);
        Assert.DoesNotContain("(0 runs from the journal)", far.Out, StringComparison.Ordinal);
        RequireSame("local", "far", Directory.GetFiles(Folder.File("local")).Length - 1);
    }

    [Fact]
    public void A_rule_is_read_back_as_it_was_written()
    {
        var slos = SloTerms.Parse("ttft_p99<0.3s, tpot_mean<=12.5ms, attainment>90%", "--slo").Terms;
        var rule = new MissRule([.. slos.Select((slo, i) => new WatchedTerm(slo, 1 + (i / 3.0)))], 400, 9);

        var read = LlmSim.Distributed.QueuedRule.Of(rule)!.Rule();

        Assert.Equal(rule.Terms, read.Terms);
        Assert.Equal((rule.Requests, rule.Runs), (read.Requests, read.Runs));
    }

    [Fact]
    public void A_plan_has_no_shards()
    {
        var run = CliRun.Of([.. Question, "--shard", "1/2"]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            "llmsim: --shard: a plan chooses each simulation",
            run.Error,
            StringComparison.Ordinal
        );
    }

    private static string[] Question =>
        [
            .. "plan --model meta-llama/Llama-3.1-8B --workload chat --lambda_arrival 30 --hardware H100 H200 --tp_sizes 1 2 --gpus 5 --request_count 300".Split(
                ' '
            ),
            "--slo",
            "ttft_p90<400ms, tpot_p90<20ms",
        ];

    private string[] Far(NatsServer server) =>
        [.. Question, "--output", Folder.File("far"), "--queue", server.Address, "--worker_timeout", "3"];

    /// <summary>Until the plan has some of its simulations, and not all.</summary>
    private void WaitForJournal()
    {
        var journal = Folder.File("far/plan.journal.sqlite");
        var clock = Stopwatch.StartNew();
        while (!File.Exists(journal) || new FileInfo(journal).Length < 60_000)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "the plan has no results");
            Thread.Sleep(5);
        }
    }
}
