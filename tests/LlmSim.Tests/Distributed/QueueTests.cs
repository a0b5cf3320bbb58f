using System.Text;
using LlmSim.Distributed;
using LlmSim.Experiments.Sweeps;
using LlmSim.Tests.Architecture;
using NATS.Client.ObjectStore;
using Xunit;

namespace LlmSim.Tests.Distributed;

/// <summary>Sweeps over real servers, with workers in processes of their own.</summary>
public sealed class QueueTests : QueueScene
{
    [Fact]
    public void Results_over_a_queue_are_those_of_one_machine_byte_by_byte()
    {
        using var server = new NatsServer();
        Start(server.Address, "--allow_code");
        var trace = Folder.Write(
            "data/trace.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 60)
                    .Select(i =>
                        $$"""{"timestamp": {{i * 300}}, "input_length": {{600 + (i * 37 % 400)}}, "output_length": 20, "hash_ids": [{{i % 3}}, {{i + 10}}]}{{"\n"}}"""
                    )
            )
        );
        Folder.Write("own/mine.cs", OwnPolicy("request.PromptTokens"));
        var chip = File.ReadAllText(Path.Combine(Repository.Root, "catalog/hardware/NVIDIA_H100_SXM.json"));
        Folder.Write(
            "chips/my_chip.json",
            chip.Replace("NVIDIA_H100_SXM", "my_chip", StringComparison.Ordinal)
        );
        var cluster = Folder.Write(
            "data/cluster.json",
            """[{"role": "mixed", "hardware": "my_chip", "tp_size": 4, "engine": {"kind": "vllm"}, "count": 2}]"""
        );
        string[] options =
        [
            "--trace_path",
            trace,
            "--cluster",
            cluster,
            "--policies",
            Folder.File("own"),
            "--hardware_dir",
            Folder.File("chips"),
            "--prefill_local",
            "fcfs",
            "mine",
            "--tpot_slo",
            "0.02",
            "0.05",
            "--arrivals",
            "poisson",
            "--sample_queue_states",
            "--seed",
            "1",
            "2",
        ];

        var (local, far) = Both(server, options);

        Assert.True(local.ExitCode == 0, local.Error);
        Assert.True(far.ExitCode == 0, far.Error);
        Assert.Equal(local.Out, far.Out);
        RequireSame("local", "far", files: 8 + 8 + 2);
        // Nothing is left on the server.
        var left = Ask(
            server,
            async connection =>
                (await connection.JetStream.GetStreamAsync(QueueStreams.Points)).Info.State.Messages
                + (await connection.JetStream.GetStreamAsync(QueueStreams.Results)).Info.State.Messages
        );
        Assert.Equal(0, left);
    }

    [Fact]
    public void A_worker_serves_one_study_after_another_from_a_cache_with_a_relative_path()
    {
        using var server = new NatsServer();
        var cache = Path.GetRelativePath(Directory.GetCurrentDirectory(), Folder.File("cache"));
        Start(server.Address, "--cache", cache);
        foreach (var name in new[] { "first", "second" })
        {
            string[] options =
            [
                .. "--arrivals poisson --seed 1 2 --trace_path".Split(' '),
                Folder.Write(name + ".jsonl", Trace(name.Length * 5)),
            ];
            Assert.Equal(0, Sweep(name, [.. options, "--n_jobs", "1"]).ExitCode);

            var far = Sweep(name + "-far", [.. options, "--queue", server.Address]);

            Assert.True(far.ExitCode == 0, far.Error);
            RequireSame(name, name + "-far", files: 2 + 2);
        }
    }

    [Fact]
    public void Results_that_are_larger_than_a_message_come_in_parts_and_leave_nothing()
    {
        using var server = new NatsServer("max_payload: 40000");
        Start(server.Address);

        var (local, far) = Both(server, ["--request_count", "2000", "--seed", "1", "2"]);

        Assert.True(local.ExitCode == 0, local.Error);
        Assert.True(far.ExitCode == 0, far.Error);
        Assert.True(new FileInfo(Directory.GetFiles(Folder.File("local"), "requests-*")[0]).Length > 200_000);
        RequireSame("local", "far", files: 2 + 2);
        Assert.Empty(Directory.GetFiles(Folder.File("far"), ".*"));
        var left = Ask(
            server,
            async connection =>
                (await connection.JetStream.GetStreamAsync(QueueStreams.Results)).Info.State.Messages
        );
        Assert.Equal(0, left);
    }

    [Fact]
    public void Workers_sweep_and_server_may_be_killed_at_any_moment()
    {
        const int Points = 24;
        using var server = new NatsServer();
        string[] options =
        [
            "--request_count",
            "2000",
            "--seed",
            .. Enumerable.Range(1, Points).Select(i => $"{i}"),
        ];
        Assert.Equal(0, Sweep("local", options).ExitCode);
        var first = Start(server.Address);
        Start(server.Address);
        string[] queue = [.. options, "--queue", server.Address, "--worker_timeout", "3", "--resume"];

        using (var sweep = StartSweep("far", queue))
        {
            WaitForFiles("far", Points / 4);
            first.Kill(entireProcessTree: true);
            Start(server.Address);
            WaitForFiles("far", Points / 3);
            sweep.Kill();
            sweep.WaitForExit();
        }

        using (var sweep = StartSweep("far", queue))
        {
            WaitForFiles("far", Points / 2);
            server.Kill();
            server.Start();
            sweep.WaitForExit();
            Assert.Equal(0, sweep.ExitCode);
        }

        RequireSame("local", "far", Points + 2);
        var given = Ask(
            server,
            async connection =>
                (
                    await connection.JetStream.GetConsumerAsync(
                        QueueStreams.Points,
                        QueueStreams.Consumer(hasCode: false)
                    )
                )
                    .Info
                    .Delivered
                    .ConsumerSeq
        );
        // One worker, one sweep and one server were killed: no other point was given out again.
        Assert.InRange((long)given, Points, Points + 3);
    }

    [Fact]
    public void A_point_that_crashes_its_worker_three_times_is_told_with_its_command_and_the_others_are_done()
    {
        using var server = new NatsServer();
        Start(server.Address, "--allow_code");
        Folder.Write(
            "own/mine.cs",
            OwnPolicy("request.PromptTokens > 100_000 ? Deep(0) : request.PromptTokens")
                .Replace(
                    "public double Key",
                    "private static double Deep(double depth) => 1 + Deep(depth + 1);\n    public double Key",
                    StringComparison.Ordinal
                )
        );
        string[] options =
        [
            .. "--request_source uniform --request_count 5 --policies".Split(' '),
            Folder.File("own"),
            .. "--prefill_local mine --input_len 500 101000 600".Split(' '),
        ];

        var run = Sweep("far", [.. options, "--queue", server.Address]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "input_len=101000: crashed its worker 3 times and was skipped (",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("Run it alone: llmsim run --", run.Error, StringComparison.Ordinal);
        Assert.Contains("--input_len 101000", run.Error, StringComparison.Ordinal);
        using var journal = Journal.Resume(Folder.File("far/results.journal.sqlite"));
        Assert.Equal(2, journal.Entries().Count);
    }

    [Fact]
    public void A_point_that_is_wrong_stops_the_sweep_as_on_one_machine()
    {
        using var server = new NatsServer();
        Start(server.Address);
        string[] options =
        [
            .. "--request_source uniform --request_count 30 --sample_queue_states --sample_interval 1e-6 --sample_limit 20 --seed 1 2".Split(
                ' '
            ),
        ];

        var (local, far) = Both(server, options, jobs: "1");

        Assert.Equal(1, local.ExitCode);
        Assert.Equal((local.ExitCode, local.Out), (far.ExitCode, far.Out));
        // A busy machine takes long to start the worker, and is told so.
        var errors = far
            .Error.Split('\n')
            .Where(line => !line.StartsWith("llmsim: no worker is there", StringComparison.Ordinal));
        Assert.Equal(local.Error, string.Join('\n', errors));
    }

    [Fact]
    public void An_input_that_is_damaged_on_the_server_is_told_and_stored_again()
    {
        using var server = new NatsServer();
        var trace = Folder.Write("trace.jsonl", Trace(40));
        string[] options = ["--trace_path", trace, "--seed", "1", "2", "--arrivals", "poisson"];
        Assert.Equal(0, Sweep("local", options).ExitCode);
        var hash = FileHash.OfFile(trace);
        using var sweep = StartSweep("far", [.. options, "--queue", server.Address]);
        var digest = "";
        while (digest.Length == 0)
        {
            // The sweep has stored it once it is there; then something else takes its place.
            digest = Ask(
                server,
                async connection =>
                {
                    try
                    {
                        var store = await connection.Objects.GetObjectStoreAsync(QueueStreams.Inputs);
                        var info = await store.GetInfoAsync(hash);
                        await store.PutAsync(hash, "something else"u8.ToArray());
                        return info.Digest ?? "";
                    }
                    catch (NatsObjException)
                    {
                        await Task.Delay(20);
                        return "";
                    }
                }
            );
        }

        var worker = Start(server.Address, redirect: true);
        var told = worker.StandardError.ReadLine();
        _ = worker.StandardError.ReadToEndAsync();
        sweep.WaitForExit();

        Assert.Equal(hash, ContentHash.OfDigest(digest));
        Assert.Contains($"{hash} on the server has another content (", told, StringComparison.Ordinal);
        Assert.Equal(0, sweep.ExitCode);
        RequireSame("local", "far", 2 + 2);
    }

    [Fact]
    public void Code_from_the_network_runs_only_where_it_is_allowed()
    {
        using var server = new NatsServer();
        Start(server.Address);
        Folder.Write("own/mine.cs", OwnPolicy("request.PromptTokens"));
        using var sweep = StartSweep(
            "far",
            [
                .. "--request_count 5 --seed 1 2 --prefill_local mine --policies".Split(' '),
                Folder.File("own"),
                "--queue",
                server.Address,
            ],
            redirect: true
        );

        var told = sweep.StandardError.ReadLine();
        while (told?.Contains("warning", StringComparison.Ordinal) == false)
        {
            told = sweep.StandardError.ReadLine();
        }

        Assert.Contains("runs no code from the network", told, StringComparison.Ordinal);
        Assert.Contains("--allow_code", told, StringComparison.Ordinal);
        Start(server.Address, "--allow_code");
        _ = sweep.StandardError.ReadToEndAsync();
        sweep.WaitForExit();
        Assert.Equal(0, sweep.ExitCode);
    }

    [Fact]
    public void A_second_sweep_of_one_study_is_refused_with_the_first()
    {
        using var server = new NatsServer();
        string[] options = ["--request_count", "5", "--seed", "1", "2", "--queue", server.Address];
        using var first = StartSweep("far", options);
        Ask(server, WaitForLease);

        var second = Sweep("other", options);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains(
            $"process {first.Id} on {Environment.MachineName} runs the same already (journal ",
            second.Error,
            StringComparison.Ordinal
        );
        Start(server.Address);
        first.WaitForExit();
        Assert.Equal(0, first.ExitCode);
    }

    [Fact]
    public void A_sweep_waits_for_a_server_that_does_not_answer_for_a_while()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        using var server = new NatsServer();
        var isTaken = Ask(
            server,
            async connection =>
            {
                server.Send("STOP");
                // Longer than the client waits for an answer.
                var taking = StudyLease.TakeAsync(connection, "study", journal: null, default);
                await Task.WhenAny(taking, Task.Delay(TimeSpan.FromSeconds(6)));
                server.Send("CONT");
                await using var lease = await taking;
                return lease.Successor is null;
            }
        );

        Assert.True(isTaken);
    }

    [Fact]
    public void Workers_and_sweeps_of_other_versions_are_told_with_both()
    {
        using var server = new NatsServer();
        var mine = InputFingerprint.Simulator.Content;
        using var sweep = StartSweep(
            "far",
            ["--request_count", "5", "--seed", "1", "2", "--queue", server.Address],
            redirect: true
        );
        Ask(server, WaitForLease);
        var told = "";
        var reading = Task.Run(() => told = sweep.StandardError.ReadLine() ?? "");
        while (!reading.IsCompleted)
        {
            Ask(
                server,
                async connection =>
                {
                    await connection.Connection.PublishAsync(
                        QueueStreams.Workers,
                        QueueJson.Write(new WorkerPresence("old:1", "0.0.9, build 1", AllowsCode: false))
                    );
                    await Task.Delay(200);
                    return 0;
                }
            );
        }

        Assert.Contains(
            $"the worker old:1 is llmsim 0.0.9, build 1, this sweep is {mine}:",
            told,
            StringComparison.Ordinal
        );
        Ask(
            server,
            async connection =>
            {
                var studies = await connection.Keys.GetStoreAsync(QueueStreams.Studies);
                return await studies.PutAsync(
                    "other",
                    QueueJson.Write(new StudyLeaseText("x", "old", 7, null, "0.0.9, build 1"))
                );
            }
        );
        var worker = Start(server.Address, redirect: true);
        Assert.Contains(
            $"the sweep of process 7 on old is of llmsim 0.0.9, build 1, this worker is {mine}:",
            worker.StandardError.ReadLine(),
            StringComparison.Ordinal
        );
        _ = sweep.StandardError.ReadToEndAsync();
        _ = worker.StandardError.ReadToEndAsync();
        sweep.WaitForExit();
        Assert.Equal(0, sweep.ExitCode);
    }

    [Fact]
    public void A_worker_whose_installation_lacks_an_accelerator_says_so_and_its_point_goes_back()
    {
        using var server = new NatsServer();
        Ask(
            server,
            async connection =>
            {
                var manifest = new StudyManifest(
                    0,
                    null,
                    null,
                    null,
                    null,
                    [],
                    0,
                    [],
                    new StudyOutputs(null, null, null, null, 0, 0, Verify: false),
                    [
                        new StudyFile(
                            "cluster.json",
                            await new InputStore(connection).PutAsync(
                                Encoding.UTF8.GetBytes(
                                    """[{"role": "mixed", "hardware": "my_chip", "tp_size": 4, "engine": {"kind": "vllm"}}]"""
                                ),
                                default
                            )
                        ),
                    ]
                );
                var hash = await new InputStore(connection).PutAsync(QueueJson.Write(manifest), default);
                var point = LlmSim.Experiments.Results.SummaryJson.Text(
                    new LlmSim.Experiments.RunConfiguration { Cluster = "cluster.json", RequestCount = 5 }
                );
                await connection.JetStream.PublishAsync(
                    QueueStreams.PointSubject(hasCode: false, "study", "h"),
                    QueueJson.Write(
                        new SimulationMessage("study", hash, "seed=1", [new QueuedPoint("h", "i", point)])
                    )
                );
                return 0;
            }
        );

        var worker = Start(server.Address, redirect: true);
        worker.WaitForExit();

        Assert.Equal(1, worker.ExitCode);
        Assert.Contains("my_chip", worker.StandardError.ReadToEnd(), StringComparison.Ordinal);
        var left = Ask(
            server,
            async connection =>
                (await connection.JetStream.GetStreamAsync(QueueStreams.Points)).Info.State.Messages
        );
        Assert.Equal(1, left);
    }

    [Fact]
    public void A_local_sweep_does_not_load_NATS()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Maps of processes are Linux's.");
        using var sweep = StartSweep("local", ["--request_count", "50000", "--seed", "1", "2"]);
        var map = "";
        while (!map.Contains("LlmSim.Experiments.dll", StringComparison.Ordinal) || Journals() == 0)
        {
            map = File.ReadAllText($"/proc/{sweep.Id}/maps");
        }

        map = File.ReadAllText($"/proc/{sweep.Id}/maps");
        sweep.Kill();
        sweep.WaitForExit();

        Assert.DoesNotContain("NATS.", map, StringComparison.Ordinal);

        int Journals() => Directory.GetFiles(Folder.File("local"), "*.sqlite").Length;
    }
}
