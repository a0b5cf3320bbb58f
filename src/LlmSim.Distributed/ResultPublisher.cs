using LlmSim.Experiments.Sweeps;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LlmSim.Distributed;

/// <summary>What came of a simulation, on its way to the sweep.</summary>
internal static class ResultPublisher
{
    /// <summary>A server takes messages of a megabyte, unless it is told otherwise.</summary>
    private const int LargestMessageBytes = 512 << 10;

    /// <summary>Publishes a result; one that is there already stays.</summary>
    /// <exception cref="NatsJSApiException">The server has no room.</exception>
    public static async Task PublishAsync(
        QueueServer server,
        string study,
        string hash,
        ResultMessage result,
        CancellationToken cancellation
    )
    {
        var message = QueueJson.Write(result);
        if (message.Length > LargestMessageBytes)
        {
            var name = QueueRound.FileName(hash, "result.json");
            using var stream = new MemoryStream(message);
            await PutAsync(server, name, stream, cancellation).ConfigureAwait(false);
            message = QueueJson.Write(new ResultMessage(result.Worker, result.Deliveries, Object: name));
        }

        var ack = await QueueServer
            .RetryAsync(
                stop =>
                    server.JetStream.PublishAsync(
                        QueueStreams.ResultSubject(study, hash),
                        message,
                        cancellationToken: stop
                    ),
                cancellation
            )
            .ConfigureAwait(false);
        if (ack.Error is { } error && !QueueStreams.IsThere(error))
        {
            throw new NatsJSApiException(error);
        }
    }

    /// <summary>Stores the files of a point.</summary>
    public static async Task PutFilesAsync(
        QueueServer server,
        PreparedPoint point,
        JournalEntry entry,
        PointFiles files,
        CancellationToken cancellation
    )
    {
        foreach (var file in entry.Files)
        {
            var path = files.PathOf(file);
            await using (var stream = File.OpenRead(path))
            {
                await PutAsync(server, QueueRound.FileName(point.Hash, file.Name), stream, cancellation)
                    .ConfigureAwait(false);
            }

            File.Delete(path);
        }
    }

    /// <summary>Whether a simulation has a result that its sweep has not taken yet.</summary>
    public static async Task<bool> IsThereAsync(
        QueueServer server,
        string study,
        string hash,
        CancellationToken cancellation
    )
    {
        try
        {
            var stream = await server
                .JetStream.GetStreamAsync(QueueStreams.Results, cancellationToken: cancellation)
                .ConfigureAwait(false);
            await stream
                .GetAsync(
                    new StreamMsgGetRequest { LastBySubj = QueueStreams.ResultSubject(study, hash) },
                    cancellation
                )
                .ConfigureAwait(false);
            return true;
        }
        catch (NatsJSException)
        {
            return false;
        }
    }

    private static async Task PutAsync(
        QueueServer server,
        string name,
        Stream content,
        CancellationToken cancellation
    )
    {
        var store = await QueueServer
            .RetryAsync(stop => server.Objects.GetObjectStoreAsync(QueueStreams.Files, stop), cancellation)
            .ConfigureAwait(false);
        await QueueServer
            .RetryAsync(
                async stop =>
                {
                    content.Position = 0;
                    return await store.PutAsync(name, content, leaveOpen: true, stop).ConfigureAwait(false);
                },
                cancellation
            )
            .ConfigureAwait(false);
    }
}
