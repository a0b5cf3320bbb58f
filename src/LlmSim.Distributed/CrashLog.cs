using System.Text;
using NATS.Client.JetStream;
using NATS.Client.KeyValueStore;

namespace LlmSim.Distributed;

/// <summary>Simulations that have ended the processes that ran them.</summary>
internal static class CrashLog
{
    /// <summary>One that has done so as often is not tried again.</summary>
    private const int MostCrashes = 3;

    /// <summary>Notes a crash: the simulation goes to another worker, or its sweep is told that it crashes its workers.</summary>
    /// <param name="server">The server.</param>
    /// <param name="worker">Whose process it has ended.</param>
    /// <param name="crash">The simulation, and how.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task NoteAsync(
        QueueServer server,
        string worker,
        BegunSimulation crash,
        CancellationToken cancellation
    )
    {
        var reasons = await AddAsync(server, crash, cancellation).ConfigureAwait(false);
        if (reasons.Count >= MostCrashes)
        {
            await new ResultPublisher(server, crash.Study, crash.Hash)
                .PublishAsync(new ResultMessage(worker, 1, Crashes: reasons), cancellation)
                .ConfigureAwait(false);
            await AnswerAsync(server, crash.ReplyTo, "+ACK", cancellation).ConfigureAwait(false);
            await ForgetAsync(server, crash, cancellation).ConfigureAwait(false);
        }
        else
        {
            await AnswerAsync(server, crash.ReplyTo, "-NAK", cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<string>> AddAsync(
        QueueServer server,
        BegunSimulation crash,
        CancellationToken cancellation
    )
    {
        var store = await StoreAsync(server, cancellation).ConfigureAwait(false);
        while (true)
        {
            var entry = await QueueServer
                .RetryAsync(
                    stop => store.TryGetEntryAsync<byte[]>(Key(crash), cancellationToken: stop),
                    cancellation
                )
                .ConfigureAwait(false);
            string[] reasons =
            [
                .. entry.Success && entry.Value.Value is { } text
                    ? Encoding.UTF8.GetString(text).Split('\n')
                    : [],
                crash.Reason,
            ];
            var value = Encoding.UTF8.GetBytes(string.Join('\n', reasons));
            var written = await QueueServer
                .RetryAsync(
                    stop =>
                        entry.Success
                            ? store.TryUpdateAsync(
                                Key(crash),
                                value,
                                entry.Value.Revision,
                                cancellationToken: stop
                            )
                            : store.TryCreateAsync(Key(crash), value, cancellationToken: stop),
                    cancellation
                )
                .ConfigureAwait(false);
            if (written.Success)
            {
                return reasons;
            }
        }
    }

    /// <summary>A later sweep tries it again.</summary>
    private static async Task ForgetAsync(
        QueueServer server,
        BegunSimulation crash,
        CancellationToken cancellation
    )
    {
        var store = await StoreAsync(server, cancellation).ConfigureAwait(false);
        try
        {
            await store.PurgeAsync(Key(crash), cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (NatsJSException)
        {
            // It goes by its age.
        }
    }

    private static async Task AnswerAsync(
        QueueServer server,
        string replyTo,
        string answer,
        CancellationToken cancellation
    ) =>
        await server
            .Connection.PublishAsync(
                replyTo,
                Encoding.ASCII.GetBytes(answer),
                cancellationToken: cancellation
            )
            .ConfigureAwait(false);

    private static Task<INatsKVStore> StoreAsync(QueueServer server, CancellationToken cancellation) =>
        QueueServer.RetryAsync(stop => server.Keys.GetStoreAsync(QueueStreams.Crashes, stop), cancellation);

    private static string Key(BegunSimulation crash) => $"{crash.Study}.{crash.Hash}";
}
