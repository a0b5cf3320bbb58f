using LlmSim.Distributed;
using LlmSim.Tests.Cli;
using NATS.NKeys;
using Xunit;

namespace LlmSim.Tests.Distributed;

/// <summary>Servers that cannot be reached or used, and what does not go with a queue.</summary>
public sealed class QueueRefusalTests : QueueScene
{
    [Fact]
    public void User_and_password_and_keys_are_asked_for()
    {
        var key = KeyPair.CreatePair(PrefixByte.User);
        using var server = new NatsServer(
            $"authorization {{ users: [ {{ user: me, password: 'p w' }}, {{ nkey: {key.GetPublicKey()} }} ] }}"
        );
        var port = server.Port;
        var seeds = Folder.Write("user.nk", key.GetSeed() + "\n");

        foreach (var address in new[] { server.Address, $"nats://me:wrong@127.0.0.1:{port}" })
        {
            Refused(
                Sweep("far", Options(address)),
                $"nats://127.0.0.1:{port}: the server does not let this user in ("
            );
        }

        Start($"nats://me:p%20w@127.0.0.1:{port}");
        Assert.Equal(0, Sweep("far", Options($"nats://me:p%20w@127.0.0.1:{port}")).ExitCode);
        using var sweep = StartSweep("keys", Options(server.Address), variables: ("NATS_NKEY", seeds));
        sweep.WaitForExit();
        Assert.Equal(0, sweep.ExitCode);

        static string[] Options(string address) =>
            ["--request_count", "5", "--seed", "1", "2", "--queue", address];
    }

    [Fact]
    public void A_server_without_room_for_the_inputs_is_told()
    {
        using var server = new NatsServer(jetStream: "max_file_store: 20000");
        var trace = Folder.Write("trace.jsonl", Trace(2000));

        Refused(
            Sweep("far", ["--trace_path", trace, "--tpot_slo", "0.1", "0.2", "--queue", server.Address]),
            $"{server.Address}: the server has no room for what the sweep reads ("
        );
    }

    [Fact]
    public void A_server_without_JetStream_is_told()
    {
        using var server = new NatsServer(jetStream: null);

        Refused(
            Sweep("far", ["--request_count", "5", "--seed", "1", "2", "--queue", server.Address]),
            $"{server.Address}: the server has no JetStream; start it with `nats-server -js`"
        );
        var worker = CliProcess.Run(Folder, "worker", server.Address, "--n_jobs", "3");
        Refused(worker, "the server has no JetStream;");
    }

    [Fact]
    public void A_server_that_is_not_there_is_told()
    {
        var address = $"nats://127.0.0.1:{NatsServer.FreePort()}";

        Refused(
            Sweep("far", ["--request_count", "5", "--seed", "1", "2", "--queue", address]),
            $"{address}: there is no NATS server to be reached ("
        );
        Refused(CliProcess.Run(Folder, "worker", address), "there is no NATS server to be reached (");
    }

    [Fact]
    public void A_host_that_is_not_known_is_told() =>
        Refused(
            CliProcess.Run(Folder, "worker", "nats://no-such-host.invalid:4222"),
            "nats://no-such-host.invalid:4222: there is no NATS server to be reached (no-such-host.invalid: "
        );

    [Fact]
    public void A_server_with_TLS_is_used_with_its_authority_and_a_user_alone()
    {
        using var authority = new TestAuthority(Folder);
        using var server = new NatsServer(
            $"tls {{ cert_file: '{authority.Certificate}', key_file: '{authority.Key}' }}\n"
                + "authorization { user: me, password: secret }"
        );
        var place = $"127.0.0.1:{server.Port}";
        (string, string) trust = ("NATS_CA", authority.Own);
        string[] options = ["--request_count", "5", "--seed", "1", "2"];

        // What is said of a server whose certificate nobody knows, and of one that is known and lets nobody in.
        Refused(
            CliProcess.Run(Folder, "worker", $"tls://me:secret@{place}"),
            $"tls://{place}: the certificate of the server is not trusted ("
        );
        Refused(
            Sweep("far", [.. options, "--queue", $"tls://me:secret@{place}"]),
            $"tls://{place}: the certificate of the server is not trusted ("
        );
        Refused(
            CliProcess.Run(Folder, [trust], "worker", $"tls://me:wrong@{place}"),
            $"tls://{place}: the server does not let this user in ("
        );
        StartWorker($"tls://me:secret@{place}", redirect: false, [trust]);
        using var sweep = StartSweep(
            "far",
            [.. options, "--queue", $"tls://{place}"],
            variables: [trust, ("NATS_USER", "me"), ("NATS_PASSWORD", "secret")]
        );
        sweep.WaitForExit();

        Assert.Equal(0, sweep.ExitCode);
        Assert.Equal(0, Sweep("local", [.. options, "--n_jobs", "1"]).ExitCode);
        RequireSame("local", "far", files: 2 + 2);
    }

    [Fact]
    public void A_server_without_TLS_is_told_where_the_address_asks_for_it()
    {
        using var server = new NatsServer();

        Refused(
            CliProcess.Run(Folder, "worker", $"tls://127.0.0.1:{server.Port}"),
            $"tls://127.0.0.1:{server.Port}: the server has no TLS; write nats://"
        );
    }

    [Theory]
    [InlineData("http://host:4222")]
    [InlineData("host:4222")]
    [InlineData("nats://")]
    public void An_address_that_is_none_is_refused(string address) =>
        Refused(
            Sweep("far", ["--request_count", "5", "--seed", "1", "2", "--queue", address]),
            $"the address of the queue: found '{address}'; allowed: nats://HOST:PORT or tls://HOST:PORT"
        );

    [Theory]
    [InlineData("--n_jobs 2", "--n_jobs: with --queue the workers say it")]
    [InlineData("--shard 1/2", "--queue deals points out one by one, --shard in parts")]
    [InlineData("--worker_timeout 1", "--worker_timeout: found '1'; allowed: a number, from 3 to 86400")]
    public void What_does_not_go_with_a_queue_is_refused(string options, string message) =>
        Refused(
            Sweep(
                "far",
                [
                    "--request_count",
                    "5",
                    "--seed",
                    "1",
                    "2",
                    "--queue",
                    "nats://127.0.0.1:1",
                    .. options.Split(' '),
                ]
            ),
            message
        );

    [Fact]
    public void A_trace_from_a_pipe_is_refused() =>
        Assert.Throws<UserErrorException>(() =>
            StudyPaths.Relative(new LlmSim.Experiments.RunConfiguration { TracePath = "/dev/null" })
        );
}
