using System.Diagnostics;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using NATS.Client.JetStream;

namespace LlmSim.Distributed;

/// <summary>Some simulations of a study, from the queue to their results.</summary>
internal sealed class QueueRound(
    QueueServer server,
    StudyQueue queue,
    StudyLease lease,
    WorkerCensus census,
    SimulationWork work,
    QueueOptions options
)
{
    private const int MostAtOnce = 512;

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, IReadOnlyList<PreparedPoint>> _pending =
        work.Simulations.ToDictionary(simulation => simulation[0].Hash, StringComparer.Ordinal);

    private readonly List<(PreparedPoint Point, IReadOnlyList<string> Reasons)> _crashed = [];
    private long _lastResult = Stopwatch.GetTimestamp();
    private bool _isLonelyTold;
    private long _givenAgain;

    /// <summary>Whether all have their results.</summary>
    public bool IsDone => _pending.Count == 0 && _crashed.Count == 0;

    /// <summary>Returns when all have their results.</summary>
    /// <exception cref="UserErrorException">A point is wrong or crashes its workers, or another sweep has the study.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await queue.PublishMissingAsync(_pending.Values, cancellation).ConfigureAwait(false);
        while (_pending.Count > 0)
        {
            lease.Require(server.Address);
            var messages = await NextAsync(cancellation).ConfigureAwait(false);
            if (messages.Count > 0)
            {
                await TakeAsync(messages, cancellation).ConfigureAwait(false);
                _lastResult = Stopwatch.GetTimestamp();
            }
            else
            {
                await WaitAsync(cancellation).ConfigureAwait(false);
            }
        }

        if (_givenAgain > 0)
        {
            options.Tell(
                FormattableString.Invariant(
                    $"note: {_givenAgain} times a simulation was given to another worker, because its first one was lost"
                )
            );
        }

        if (_crashed.Count > 0)
        {
            throw new UserErrorException(string.Join('\n', _crashed.Select(Crash)));
        }
    }

    private string Crash((PreparedPoint Point, IReadOnlyList<string> Reasons) crash) =>
        FormattableString.Invariant(
            $"{(crash.Point.Point.Name.Length > 0 ? crash.Point.Point.Name : "the point")}: crashed its worker {crash.Reasons.Count} times and was skipped ({string.Join("; ", crash.Reasons.Distinct())}). All others are done. Run it alone: {options.Command(crash.Point)}"
        );

    private async Task<IReadOnlyList<INatsJSMsg<byte[]>>> NextAsync(CancellationToken cancellation)
    {
        using var look = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        look.CancelAfter(s_look);
        try
        {
            await queue.Results.WaitToReadAsync(look.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return [];
        }

        var messages = new List<INatsJSMsg<byte[]>>();
        while (messages.Count < MostAtOnce && queue.Results.TryRead(out var message))
        {
            messages.Add(message);
        }

        return messages;
    }

    /// <summary>Nothing has come for a while.</summary>
    private async Task WaitAsync(CancellationToken cancellation)
    {
        if (census.TakeTrouble())
        {
            await queue.RestoreAsync(cancellation).ConfigureAwait(false);
        }

        var silence = Stopwatch.GetElapsedTime(_lastResult);
        if (silence > s_patience && census.Count == 0 && !_isLonelyTold)
        {
            _isLonelyTold = true;
            options.Tell($"no worker is there; start some, on any machine: llmsim worker {server.Address}");
        }

        // A server that was set up again has nothing of what it had.
        if (silence > s_patience + options.WorkerTimeout)
        {
            await queue.RestoreAsync(cancellation).ConfigureAwait(false);
            await queue.PublishMissingAsync(_pending.Values, cancellation).ConfigureAwait(false);
            _lastResult = Stopwatch.GetTimestamp();
        }
    }

    private async Task TakeAsync(IReadOnlyList<INatsJSMsg<byte[]>> messages, CancellationToken cancellation)
    {
        var done = new List<SimulatedPoint>();
        var files = new List<string>();
        var errors = new List<(IReadOnlyList<PreparedPoint> Simulation, string Error)>();
        foreach (var message in messages)
        {
            var hash = message.Subject[(message.Subject.LastIndexOf('.') + 1)..];
            if (!_pending.TryGetValue(hash, out var simulation))
            {
                continue;
            }

            var result = await ReadAsync(message, files, cancellation).ConfigureAwait(false);
            if (result is { Error: { } error })
            {
                errors.Add((simulation, error));
            }
            else if (result is { Crashes: { Count: > 0 } reasons })
            {
                _crashed.Add((simulation[0], reasons));
            }
            else if (
                await PointsAsync(simulation, result?.Points, files, cancellation).ConfigureAwait(false) is
                { } points
            )
            {
                done.AddRange(points);
            }
            else
            {
                // It is neither in the queue nor among the results now, and so will be published again.
                options.Tell(
                    $"warning: a result of {simulation[0].Point.Name} has come incomplete; it is run again"
                );
                continue;
            }

            _givenAgain += (result?.Deliveries ?? 1) - 1;
            _pending.Remove(hash);
        }

        if (done.Count > 0)
        {
            work.OnDone(done);
        }

        foreach (var message in messages)
        {
            await QueueServer
                .RetryAsync(
                    async stop =>
                    {
                        await message.AckAsync(cancellationToken: stop).ConfigureAwait(false);
                        return true;
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }

        await queue.DeleteFilesAsync(files, cancellation).ConfigureAwait(false);
        foreach (var (simulation, error) in errors)
        {
            work.OnError(simulation, new UserErrorException(error));
        }
    }

    private async Task<ResultMessage?> ReadAsync(
        INatsJSMsg<byte[]> message,
        List<string> files,
        CancellationToken cancellation
    )
    {
        var result = QueueJson.Read<ResultMessage>(message.Data);
        if (result?.Object is not { } name)
        {
            return result;
        }

        using var stream = new MemoryStream();
        files.Add(name);
        return await queue.GetFileAsync(name, stream, cancellation).ConfigureAwait(false)
            ? QueueJson.Read<ResultMessage>(stream.ToArray())
            : null;
    }

    /// <summary>The points of a result, with their files in their places; null where it is not whole.</summary>
    private async Task<IReadOnlyList<SimulatedPoint>?> PointsAsync(
        IReadOnlyList<PreparedPoint> simulation,
        IReadOnlyList<QueuedResult>? results,
        List<string> files,
        CancellationToken cancellation
    )
    {
        if (
            results?.Select(result => result.Hash).SequenceEqual(simulation.Select(point => point.Hash))
            != true
        )
        {
            return null;
        }

        var points = new List<SimulatedPoint>();
        foreach (var (point, result) in simulation.Zip(results))
        {
            if (!await PlaceAsync(point, result, files, cancellation).ConfigureAwait(false))
            {
                return null;
            }

            points.Add(
                new SimulatedPoint(
                    point,
                    new JournalEntry(SummaryJson.ParseSummary(result.Summary), result.Files)
                )
            );
        }

        return points;
    }

    private async Task<bool> PlaceAsync(
        PreparedPoint point,
        QueuedResult result,
        List<string> files,
        CancellationToken cancellation
    )
    {
        var names = work.Files.Names(point);
        if (
            !names
                .ToHashSet()
                .SetEquals(result.Files.Select(file => KeyValuePair.Create(file.Option, file.Name)))
        )
        {
            return false;
        }

        using var outputs = new OutputSet();
        foreach (var file in result.Files)
        {
            var stream = outputs.Add(file.Option, work.Files.PathOf(file));
            var name = FileName(point.Hash, file.Name);
            files.Add(name);
            if (!await queue.GetFileAsync(name, stream, cancellation).ConfigureAwait(false))
            {
                return false;
            }

            stream.Position = 0;
            if (stream.Length != file.Bytes || ContentHash.Of(stream) != file.Content)
            {
                return false;
            }
        }

        outputs.Commit();
        return true;
    }

    /// <summary>What the file of a point is called on the server.</summary>
    public static string FileName(string hash, string name) => $"{hash}/{name}";
}
