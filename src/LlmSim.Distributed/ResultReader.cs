using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using NATS.Client.JetStream;

namespace LlmSim.Distributed;

/// <summary>What has come of a simulation.</summary>
/// <param name="Simulation">The simulation.</param>
/// <param name="Message">What its worker says; null where that cannot be read.</param>
/// <param name="Points">Its points, with their files in their places; null where they are not whole, or there are none.</param>
/// <param name="Objects">What it has in the object store.</param>
internal sealed record TakenResult(
    IReadOnlyList<PreparedPoint> Simulation,
    ResultMessage? Message,
    IReadOnlyList<SimulatedPoint>? Points,
    IReadOnlyList<string> Objects
);

/// <summary>Reads results, and puts the files of points in their places.</summary>
internal sealed class ResultReader(StudyQueue queue, PointFiles files)
{
    /// <summary>What the file of a point is called on the server.</summary>
    public static string FileName(string hash, string name) => $"{hash}/{name}";

    /// <summary>Reads one.</summary>
    /// <exception cref="UserErrorException">A file cannot be written.</exception>
    public async Task<TakenResult> ReadAsync(
        INatsJSMsg<byte[]> message,
        IReadOnlyList<PreparedPoint> simulation,
        CancellationToken cancellation
    )
    {
        var data = message.Data ?? [];
        var end = Array.IndexOf(data, ResultPublisher.EndOfText);
        var result = QueueJson.Read<ResultMessage>(end < 0 ? data : data[..end]);
        var objects = new List<string>();
        if (result?.Object is { } name)
        {
            using var stream = new MemoryStream();
            objects.Add(name);
            result = await queue.GetFileAsync(name, stream, cancellation).ConfigureAwait(false)
                ? QueueJson.Read<ResultMessage>(stream.ToArray())
                : null;
        }

        var points =
            result?.Points is { } results && IsOf(simulation, results)
                ? await PointsAsync(
                        simulation,
                        results,
                        Contents(result, data.AsMemory(end + 1)),
                        objects,
                        cancellation
                    )
                    .ConfigureAwait(false)
                : null;
        return new TakenResult(simulation, result, points, objects);
    }

    /// <summary>Whether results are those of the points of a simulation, with the files that are asked for.</summary>
    private bool IsOf(IReadOnlyList<PreparedPoint> simulation, IReadOnlyList<QueuedResult> results) =>
        results.Select(result => result.Hash).SequenceEqual(simulation.Select(point => point.Hash))
        && simulation
            .Zip(results)
            .All(pair =>
                files
                    .Names(pair.First)
                    .ToHashSet()
                    .SetEquals(pair.Second.Files.Select(file => KeyValuePair.Create(file.Option, file.Name)))
            );

    /// <summary>The files that follow the text of a result, compressed; null where they are objects.</summary>
    private static Queue<ReadOnlyMemory<byte>>? Contents(ResultMessage result, ReadOnlyMemory<byte> packed)
    {
        if (result.Packed is null)
        {
            return null;
        }

        var contents = new Queue<ReadOnlyMemory<byte>>();
        foreach (var length in result.Packed)
        {
            var here = Math.Clamp(length, 0, packed.Length);
            contents.Enqueue(packed[..here]);
            packed = packed[here..];
        }

        return contents;
    }

    private async Task<IReadOnlyList<SimulatedPoint>?> PointsAsync(
        IReadOnlyList<PreparedPoint> simulation,
        IReadOnlyList<QueuedResult> results,
        Queue<ReadOnlyMemory<byte>>? contents,
        List<string> objects,
        CancellationToken cancellation
    )
    {
        var points = new List<SimulatedPoint>();
        foreach (var (point, result) in simulation.Zip(results))
        {
            using var outputs = new OutputSet();
            foreach (var file in result.Files)
            {
                var path = files.PathOf(file);
                var output = outputs.Add(file.Option, path);
                await using var content = contents is null
                    ? await ObjectAsync(FileName(point.Hash, file.Name), path, objects, cancellation)
                        .ConfigureAwait(false)
                    : new MemoryStream(contents.TryDequeue(out var packed) ? packed.ToArray() : []);
                if (content is null || !IsUnpacked(content, output, file))
                {
                    return null;
                }
            }

            outputs.Commit();
            points.Add(
                new SimulatedPoint(
                    point,
                    new JournalEntry(SummaryJson.ParseSummary(result.Summary), result.Files)
                )
            );
        }

        return points;
    }

    /// <summary>An object of the store, on the disk for as long as it is read; null where it is not there.</summary>
    private async Task<Stream?> ObjectAsync(
        string name,
        string path,
        List<string> objects,
        CancellationToken cancellation
    )
    {
        objects.Add(name);
        var stream = new FileStream(
            Path.Combine(Path.GetDirectoryName(path) ?? "", $".{Path.GetFileName(path)}.packed"),
            FileMode.Create,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 1 << 16,
            FileOptions.DeleteOnClose
        );
        if (await queue.GetFileAsync(name, stream, cancellation).ConfigureAwait(false))
        {
            stream.Position = 0;
            return stream;
        }

        await stream.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private static bool IsUnpacked(Stream packed, FileStream output, PointFile file)
    {
        if (!OutputCompression.Unpack(packed, output))
        {
            return false;
        }

        output.Position = 0;
        return output.Length == file.Bytes && ContentHash.Of(output) == file.Content;
    }
}
