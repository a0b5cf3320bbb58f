using System.Diagnostics;
using LlmSim.Distributed;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using NATS.Client.JetStream;
using Xunit;

namespace LlmSim.Tests.Distributed;

/// <summary>What tests of queues have in common: sweeps and workers in processes of their own, one test after another.</summary>
[Collection(nameof(QueueScene))]
public abstract class QueueScene : IDisposable
{
    private readonly List<Process> _workers = [];

    private protected TemporaryFolder Folder { get; } = new();

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            if (!worker.HasExited)
            {
                worker.Kill(entireProcessTree: true);
            }

            worker.WaitForExit();
            worker.Dispose();
        }

        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static string Trace(int requests) =>
        string.Concat(
            Enumerable
                .Range(0, requests)
                .Select(i =>
                    $$"""{"timestamp": {{i * 300}}, "input_length": {{100 + (i * 37 % 900)}}, "output_length": 20, "hash_ids": []}{{"\n"}}"""
                )
        );

    private protected static string OwnPolicy(string key) =>
        $$"""
            using LlmSim.Policies;
            using LlmSim.Requests;

            [Policy("mine", Decisions = PolicyDecisions.Local, Summary = "mine")]
            public sealed class Mine : IOrderedLocalPolicy
            {
                public double Key(in RequestView request) => {{key}};
            }
            """;

    private protected static void Refused(CliRun run, string message)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Empty(run.Out);
    }

    private protected static async Task<int> WaitForLease(QueueServer server)
    {
        while (true)
        {
            try
            {
                var studies = await server.Keys.GetStoreAsync(QueueStreams.Studies);
                await foreach (var _ in studies.GetKeysAsync())
                {
                    return 0;
                }
            }
            catch (NatsJSApiNoResponseException)
            {
                // A server under load answers late: the sweep asks again, and so does its test.
            }

            await Task.Delay(20);
        }
    }

    private protected static T Ask<T>(NatsServer server, Func<QueueServer, Task<T>> question)
    {
        return Task.Run(Answer).GetAwaiter().GetResult();

        async Task<T> Answer()
        {
            await using var connection = await QueueServer.ConnectAsync(
                QueueAddress.Parse(server.Address),
                _ => { },
                CancellationToken.None
            );
            return await question(connection);
        }
    }

    private protected (CliRun Local, CliRun Far) Both(
        NatsServer server,
        string[] options,
        string jobs = "2"
    ) =>
        (
            Sweep("local", [.. options, .. Samples("local", options), "--n_jobs", jobs]),
            Sweep("far", [.. options, .. Samples("far", options), "--queue", server.Address])
        );

    private protected string[] Samples(string name, string[] options) =>
        options.Contains("--sample_queue_states")
            ? ["--queue_states_output", Folder.File(name + "/queues.csv")]
            : [];

    private protected CliRun Sweep(string name, string[] options) => CliRun.Of(Command(name, options));

    private protected Process StartSweep(
        string name,
        string[] options,
        bool redirect = false,
        params (string Name, string Value)[] variables
    ) => Start(Command(name, options), redirect, variables);

    private protected string[] Command(string name, string[] options)
    {
        Directory.CreateDirectory(Folder.File(name));
        return
        [
            "run",
            "--csv_output",
            Folder.File(name + "/results.csv"),
            "--json",
            Folder.File(name + "/results.json"),
            "--requests_output",
            Folder.File(name + "/requests.csv"),
            .. options,
        ];
    }

    private protected Process Start(string address, params string[] options) =>
        Start(address, redirect: false, options);

    private protected Process Start(string address, bool redirect, params string[] options) =>
        StartWorker(address, redirect, [], options);

    private protected Process StartWorker(
        string address,
        bool redirect,
        (string Name, string Value)[] variables,
        params string[] options
    )
    {
        var worker = Start(
            [
                "worker",
                address,
                "--n_jobs",
                "1",
                .. options.Contains("--cache") ? Array.Empty<string>() : ["--cache", Folder.File("cache")],
                .. options,
            ],
            redirect,
            variables
        );
        _workers.Add(worker);
        return worker;
    }

    private protected static Process Start(
        string[] arguments,
        bool redirect,
        params (string Name, string Value)[] variables
    )
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "LlmSim.Cli.dll"), .. arguments]
        )
        {
            RedirectStandardError = redirect,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private protected void WaitForFiles(string name, int count)
    {
        while (Directory.GetFiles(Folder.File(name), "requests-*.csv").Length < count)
        {
            Thread.Sleep(10);
        }
    }

    private protected void RequireSame(string a, string b, int files)
    {
        string[] Names(string name) =>
            [
                .. Directory
                    .GetFiles(Folder.File(name))
                    .Select(file => Path.GetFileName(file)!)
                    .Where(file => !file.EndsWith(".sqlite", StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal),
            ];
        var names = Names(a);
        Assert.Equal(files, names.Length);
        Assert.Equal(names, Names(b));
        Assert.All(
            names,
            name =>
                Assert.Equal(
                    File.ReadAllBytes(Folder.File($"{a}/{name}")),
                    File.ReadAllBytes(Folder.File($"{b}/{name}"))
                )
        );
    }
}
