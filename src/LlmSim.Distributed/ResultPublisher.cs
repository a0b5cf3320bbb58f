using LlmSim.Experiments.Results;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LlmSim.Distributed;

/// <summary>
/// What came of a simulation, on its way to the sweep: a line that says what it is, the figures of its points, and their files,
/// compressed. What is larger than a message comes in parts, which are the same bytes whoever publishes them.
/// </summary>
internal sealed class ResultPublisher(QueueServer server, string study, string hash)
{
    /// <summary>What is between the line and the rest.</summary>
    public const byte EndOfLine = (byte)'\n';

    private const int ReadBytes = 1 << 17;

    private int _parts;
    private Task _lastPart = Task.CompletedTask;

    /// <summary>Publishes that there are no figures, and why.</summary>
    public Task PublishAsync(ResultMessage result, CancellationToken cancellation) =>
        PublishAsync(QueueStreams.ResultSubject(study, hash), QueueJson.Write(result), cancellation);

    /// <summary>Publishes figures, and the files of points; a result that is there already stays.</summary>
    /// <exception cref="NatsJSApiException">The server has no room.</exception>
    public async Task PublishAsync(
        ResultMessage result,
        IReadOnlyList<QueuedResult> points,
        IReadOnlyList<string> files,
        CancellationToken cancellation
    )
    {
        var figures = QueueJson.Write(points);
        using var content = new MemoryStream();
        content.Write(figures);
        if (files.Count > 0)
        {
            await CompressAsync(files, content, cancellation).ConfigureAwait(false);
        }

        var line = QueueJson.Write(result with { FigureBytes = figures.Length });
        if (_parts == 0 && line.Length + 1 + content.Length <= server.LargestMessageBytes)
        {
            byte[] message = [.. line, EndOfLine, .. content.GetBuffer().AsSpan(0, (int)content.Length)];
            await PublishAsync(QueueStreams.ResultSubject(study, hash), message, cancellation)
                .ConfigureAwait(false);
            return;
        }

        await PublishPartsAsync(content, least: 1, cancellation).ConfigureAwait(false);
        await _lastPart.ConfigureAwait(false);
        await PublishAsync(result with { FigureBytes = figures.Length, Parts = _parts }, cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Whether the simulation has a result that its sweep has not taken yet.</summary>
    public async Task<bool> IsThereAsync(CancellationToken cancellation)
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

    private async Task CompressAsync(
        IReadOnlyList<string> files,
        MemoryStream content,
        CancellationToken cancellation
    )
    {
        var buffer = new byte[ReadBytes];
        await using var compression = OutputCompression.Fast(content);
        foreach (var path in files)
        {
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var offset = 0L;
            while (RandomAccess.Read(file, buffer, offset) is > 0 and var count)
            {
                offset += count;
                compression.Write(buffer.AsSpan(0, count));
                await PublishPartsAsync(content, server.LargestMessageBytes, cancellation)
                    .ConfigureAwait(false);
            }
        }
    }

    /// <summary>Publishes what there is, as long as there is enough for a part. One is under way while the next one is made.</summary>
    private async Task PublishPartsAsync(MemoryStream content, int least, CancellationToken cancellation)
    {
        while (content.Length >= least)
        {
            var all = content.GetBuffer().AsMemory(0, (int)content.Length);
            var part = all[..Math.Min(all.Length, server.LargestMessageBytes)].ToArray();
            all[part.Length..].CopyTo(all);
            content.SetLength(all.Length - part.Length);
            content.Position = content.Length;
            await _lastPart.ConfigureAwait(false);
            _lastPart = PublishAsync(QueueStreams.PartSubject(study, hash, _parts++), part, cancellation);
        }
    }

    private async Task PublishAsync(string subject, byte[] message, CancellationToken cancellation)
    {
        var ack = await QueueServer
            .RetryAsync(
                stop => server.JetStream.PublishAsync(subject, message, cancellationToken: stop),
                cancellation
            )
            .ConfigureAwait(false);
        if (ack.Error is { } error && !QueueStreams.IsThere(error))
        {
            throw new NatsJSApiException(error);
        }
    }
}
