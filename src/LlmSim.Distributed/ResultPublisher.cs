using LlmSim.Experiments.Sweeps;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LlmSim.Distributed;

/// <summary>What came of a simulation, on its way to the sweep.</summary>
internal static class ResultPublisher
{
    /// <summary>What is between the text of a result and the files that follow it.</summary>
    public const byte EndOfText = (byte)'\n';

    /// <summary>Publishes a result, and deletes its files; one that is there already stays.</summary>
    /// <exception cref="NatsJSApiException">The server has no room.</exception>
    public static async Task PublishAsync(
        QueueServer server,
        string study,
        string hash,
        ResultMessage result,
        IReadOnlyList<PackedFile> files,
        CancellationToken cancellation
    )
    {
        var message = QueueJson.Write(result);
        try
        {
            if (
                files.Count > 0
                && message.Length + files.Sum(file => file.Content.Length + 16) < server.LargestMessageBytes
            )
            {
                message = await WithFilesAsync(result, files, cancellation).ConfigureAwait(false);
            }
            else
            {
                foreach (var file in files)
                {
                    await PutAsync(server, file.Name, file.Content, cancellation).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            foreach (var file in files)
            {
                file.Dispose();
            }
        }

        if (message.Length > server.LargestMessageBytes)
        {
            var name = ResultReader.FileName(hash, "result.json");
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

    /// <summary>Compresses the files of a point, and deletes them.</summary>
    public static IEnumerable<PackedFile> Pack(PreparedPoint point, JournalEntry entry, PointFiles files) =>
        entry.Files.Select(file =>
            PackedFile.Of(files.PathOf(file), ResultReader.FileName(point.Hash, file.Name))
        );

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

    private static async Task<byte[]> WithFilesAsync(
        ResultMessage result,
        IReadOnlyList<PackedFile> files,
        CancellationToken cancellation
    )
    {
        using var message = new MemoryStream();
        message.Write(
            QueueJson.Write(result with { Packed = [.. files.Select(file => (int)file.Content.Length)] })
        );
        message.WriteByte(EndOfText);
        foreach (var file in files)
        {
            await file.Content.CopyToAsync(message, cancellation).ConfigureAwait(false);
        }

        return message.ToArray();
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
        await server.PutAsync(store, name, content, cancellation).ConfigureAwait(false);
    }
}
