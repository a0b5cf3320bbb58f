using LlmSim.Experiments.Workloads;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Conversations, classes and rates over time on the command line.</summary>
public sealed class ConversationCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_turns_of_chats_are_simulated_and_later_ones_find_what_was_said()
    {
        var cluster = _folder.Write(
            "one.json",
            """[{"role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "engine": {"prefix_caching": true}}]"""
        );
        var run = CliRun.Of(
            "run",
            "--request_source",
            "chat:turns=3",
            "--request_count",
            "30",
            "--cluster",
            cluster,
            "--csv_output",
            _folder.File("run.csv")
        );

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("chat:turns=3,turns_dist=geometric", run.Out, StringComparison.Ordinal);
        var row = Table.Read(_folder.File("run.csv"))[0];
        var turns = new WorkloadOptions
        {
            Source = RequestSource.Chat,
            SourceText = "chat:turns=3",
            RequestCount = 30,
        }
            .ToRequests()
            .Sum(request => request.Conversation!.Turns.Count);
        Assert.Equal((turns, 30), (row.Double("total_requests"), row.Double("request_count")));
        Assert.InRange(row.Double("prefix_hit_tokens_pct"), 20, 100);
    }

    [Fact]
    public void Chats_that_were_written_are_the_same_run()
    {
        var trace = _folder.File("chats.jsonl.gz");
        string[] source = ["--request_source", "chat:think=3s", "--request_count", "20"];
        Assert.Equal(0, CliRun.Of(["workload", "generate", "--output", trace, .. source]).ExitCode);
        var copy = _folder.File("copy.jsonl");
        Assert.Equal(0, CliRun.Of("workload", "convert", trace, copy).ExitCode);

        string[] files = [_folder.File("a.csv"), _folder.File("b.csv")];
        Assert.Equal(0, CliRun.Of(["run", .. source, "--csv_output", files[0]]).ExitCode);
        var run = CliRun.Of("run", "--trace_path", copy, "--csv_output", files[1]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("(llmsim)", run.Out, StringComparison.Ordinal);
        var (a, b) = (Table.Read(files[0])[0], Table.Read(files[1])[0]);
        foreach (var column in new[] { "total_requests", "makespan", "ttft_mean", "tpot_p50" })
        {
            Assert.Equal(a[column], b[column]);
        }

        var stats = CliRun.Of("workload", "stats", copy, "--format", "json");
        Assert.Contains("\"conversations\": 20", stats.Out, StringComparison.Ordinal);
        Assert.Contains("\"said_before\":", stats.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_has_no_place_for_conversations_and_classes()
    {
        var csv = _folder.File("chats.csv");
        var chats = CliRun.Of(
            "workload",
            "generate",
            "--output",
            csv,
            "--request_source",
            "chat",
            "--request_count",
            "2"
        );
        Assert.Equal(1, chats.ExitCode);
        Assert.Contains(
            "a table of Azure's columns has no place for conversations; allowed: a name that ends with .jsonl",
            chats.Error,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(csv));
    }

    [Fact]
    public void A_session_trace_is_described_and_simulated()
    {
        const string Chats = """
            {"chat_id": 7, "parent_chat_id": -1, "timestamp": 0.5, "input_length": 20, "output_length": 13, "turn": 1, "hash_ids": [3, 4]}
            {"chat_id": 8, "parent_chat_id": 7, "timestamp": 9.5, "input_length": 40, "output_length": 13, "turn": 2, "hash_ids": [3, 5, 6]}
            """;
        var trace = _folder.Write("t.jsonl", Chats);
        var stats = CliRun.Of("workload", "stats", trace, "--sessions", "replay");
        Assert.True(stats.ExitCode == 0, stats.Error);
        Assert.Contains("1 conversation in 0 s, times in s (bailian)", stats.Out, StringComparison.Ordinal);
        // 33 of 40 tokens of the second prompt, of 60 in all.
        Assert.Matches("said_before +55\\.00 +%", stats.Out);

        var run = CliRun.Of(
            "run",
            "--trace_path",
            trace,
            "--sessions",
            "replay",
            "--csv_output",
            _folder.File("r.csv")
        );
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("2", Table.Read(_folder.File("r.csv"))[0]["total_requests"]);

        var orphan = _folder.Write(
            "o.jsonl",
            Chats.Replace("\"parent_chat_id\": 7", "\"parent_chat_id\": 6", StringComparison.Ordinal)
        );
        var wrong = CliRun.Of("run", "--trace_path", orphan, "--sessions", "replay");
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains(
            "o.jsonl:2: parent_chat_id: found 6, which no request",
            wrong.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "2 conversations in",
            CliRun.Of("run", "--trace_path", orphan, "--sessions", "lenient").Out,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "--session_tpot has no effect here: it is read with a trace and sessions replay or lenient",
            CliRun.Of("run", "--trace_path", trace, "--session_tpot", "0").Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Classes_of_a_mix_are_simulated_and_swept()
    {
        var mix = _folder.Write(
            "mix.yaml",
            "classes:\n  - {name: a, share: 1, request_source: 'chat:think=1s'}\n  - {name: b, share: 1, input_len: 100, output_len: 10}\n"
        );
        var sweep = CliRun.Of(
            "run",
            "--mix",
            mix,
            "--request_count",
            "20",
            "--lambda_arrival",
            "1",
            "2",
            "--csv_output",
            _folder.File("s.csv"),
            "--quiet"
        );
        Assert.True(sweep.ExitCode == 0, sweep.Error);
        Assert.Equal([mix, mix], Table.Read(_folder.File("s.csv")).Select(row => row["mix"]));

        var both = CliRun.Of("run", "--mix", mix, "--request_source", "chat");
        Assert.Equal(1, both.ExitCode);
        Assert.Contains("--request_source: is not read with --mix", both.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_that_changes_is_said_and_written()
    {
        var rates = _folder.Write("rates.csv", "time,rate\n0,1\n10,3\n");
        var run = CliRun.Of(
            "run",
            "--rate_profile",
            rates,
            "--request_count",
            "20",
            "--csv_output",
            _folder.File("r.csv")
        );
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("arrivals poisson at 2/s on average by", run.Out, StringComparison.Ordinal);
        var row = Table.Read(_folder.File("r.csv"))[0];
        Assert.Equal(
            (rates, "linear", "2"),
            (row["rate_profile"], row["rate_interpolation"], row["lambda_arrival"])
        );

        var closed = CliRun.Of("run", "--rate_profile", rates, "--concurrency", "3");
        Assert.Equal(1, closed.ExitCode);
        Assert.Contains(
            "--rate_profile: is not read in a closed loop",
            closed.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "--rate_interpolation has no effect here: it is read with rate_profile",
            CliRun.Of("run", "--rate_interpolation", "steps", "--request_count", "5").Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_plan_refuses_conversations()
    {
        var plan = CliRun.Of(
            "plan",
            "--request_source",
            "chat",
            "--slo",
            "ttft_p99<1s",
            "--lambda_arrival",
            "1",
            "--hardware",
            "H100",
            "--gpus",
            "4"
        );
        Assert.Equal(1, plan.ExitCode);
        Assert.Contains(
            "request_source: a plan is for requests of a given rate",
            plan.Error,
            StringComparison.Ordinal
        );
    }
}
