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
