using System.IO.Pipelines;
using System.Security.Cryptography;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using NATS.Client.JetStream;

namespace LlmSim.Distributed;

/// <summary>What has come of a simulation.</summary>
/// <param name="Simulation">The simulation.</param>
/// <param name="Message">What its worker says; null where that cannot be read.</param>
/// <param name="Points">Its points, with their files in their places; null where they are not whole, or there are none.</param>
internal sealed record TakenResult(
    IReadOnlyList<PreparedPoint> Simulation,
    ResultMessage? Message,
    IReadOnlyList<SimulatedPoint>? Points
);

/// <summary>Reads results, and puts the files of points in their places.</summary>
internal sealed class ResultReader(StudyQueue queue, PointFiles files)
{
    private const int CopiedBytes = 1 << 17;

    /// <summary>Parts that wait to be read are in memory.</summary>
    private static readonly PipeOptions s_parts = new(pauseWriterThreshold: 1 << 21);

    /// <summary>Reads one.</summary>
    /// <exception cref="UserErrorException">A file cannot be written.</exception>
    public async Task<TakenResult> ReadAsync(
        INatsJSMsg<byte[]> message,
        IReadOnlyList<PreparedPoint> simulation,
        CancellationToken cancellation
    )
    {
        var data = message.Data ?? [];
        var end = Array.IndexOf(data, ResultPublisher.EndOfLine);
        var result = QueueJson.Read<ResultMessage>(data.AsSpan(0, end < 0 ? data.Length : end));
        if (result is not { FigureBytes: > 0 })
        {
            return new TakenResult(simulation, result, null);
        }

        await using var content =
            result.Parts > 0
                ? Parts(simulation[0].Hash, result.Parts, cancellation)
                : new MemoryStream(data, end + 1, data.Length - end - 1);
        try
        {
            var figures = new byte[result.FigureBytes];
            await content.ReadExactlyAsync(figures, cancellation).ConfigureAwait(false);
            var points =
                QueueJson.Read<IReadOnlyList<QueuedResult>>(figures) is { } results
                && IsOf(simulation, results)
                    ? await PointsAsync(simulation, results, content, cancellation).ConfigureAwait(false)
                    : null;
            return new TakenResult(simulation, result, points);
        }
        catch (Exception e) when (OutputCompression.IsDamage(e))
        {
            return new TakenResult(simulation, result, null);
        }
    }

    /// <summary>Whether results are those of the points of a simulation, with the files that are asked for.</summary>
    private bool IsOf(IReadOnlyList<PreparedPoint> simulation, IReadOnlyList<QueuedResult> results) =>
        results.Select(result => result.Hash).SequenceEqual(simulation.Select(point => point.Hash))
        && simulation
            .Zip(results)
            .All(pair =>
                pair.Second.Missed is { } missed
                    ? missed >= 0 && missed < pair.First.EndsBy?.Terms.Count
                    : files
                        .Names(pair.First)
                        .ToHashSet()
                        .SetEquals(
                            pair.Second.Files.Select(file => KeyValuePair.Create(file.Option, file.Name))
                        )
            );

    /// <summary>The parts of a result, which come while they are read.</summary>
    private Stream Parts(string hash, int count, CancellationToken cancellation)
    {
        var pipe = new Pipe(s_parts);
        _ = Task.Run(FillAsync, CancellationToken.None);
        return pipe.Reader.AsStream();

        async Task FillAsync()
        {
            try
            {
                var isRead = true;
                for (var part = 0; part < count && isRead; part++)
                {
                    var content =
                        await queue.PartAsync(hash, part, cancellation).ConfigureAwait(false)
                        ?? throw new EndOfStreamException();
                    isRead = !(
                        await pipe.Writer.WriteAsync(content, cancellation).ConfigureAwait(false)
                    ).IsCompleted;
                }

                await pipe.Writer.CompleteAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await pipe.Writer.CompleteAsync(e).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<SimulatedPoint>?> PointsAsync(
        IReadOnlyList<PreparedPoint> simulation,
        IReadOnlyList<QueuedResult> results,
        Stream content,
        CancellationToken cancellation
    )
    {
        var points = new List<SimulatedPoint>();
        await using var unpacked = results.Any(result => result.Files.Count > 0)
            ? OutputCompression.Unpacked(content)
            : Stream.Null;
        foreach (var (point, result) in simulation.Zip(results))
        {
            using var outputs = new OutputSet();
            foreach (var file in result.Files)
            {
                var output = outputs.Add(file.Option, files.PathOf(file));
                if (!await IsTakenAsync(unpacked, output, file, cancellation).ConfigureAwait(false))
                {
                    return null;
                }
            }

            outputs.Commit();
            points.Add(
                new SimulatedPoint(
                    point,
                    new JournalEntry(SummaryJson.ParseSummary(result.Summary), result.Files)
                    {
                        Missed = result.Missed is { } missed ? point.EndsBy!.Terms[missed].Slo : null,
                    }
                )
            );
        }

        return points;
    }

    private static async Task<bool> IsTakenAsync(
        Stream from,
        FileStream output,
        PointFile file,
        CancellationToken cancellation
    )
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[CopiedBytes];
        for (var left = file.Bytes; left > 0; )
        {
            var count = await from.ReadAsync(
                    buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)),
                    cancellation
                )
                .ConfigureAwait(false);
            if (count == 0)
            {
                return false;
            }

            hash.AppendData(buffer, 0, count);
            output.Write(buffer, 0, count);
            left -= count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Content;
    }
}
