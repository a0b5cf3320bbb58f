using System.Diagnostics;
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
    /// <summary>Writing waits for the disk.</summary>
    private const int ReadAtOnce = 8;

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, IReadOnlyList<PreparedPoint>> _pending =
        work.Simulations.ToDictionary(simulation => simulation[0].Hash, StringComparer.Ordinal);

    private readonly ResultReader _reader = new(queue, work.Files);
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

        // Writing to the journal waits for the disk: results that come close together are written together.
        if (queue.Results.Count < _pending.Count)
        {
            await Task.Delay(s_gather, cancellation).ConfigureAwait(false);
        }

        var messages = new List<INatsJSMsg<byte[]>>();
        while (messages.Count < StudyQueue.MostResultsAtOnce && queue.Results.TryRead(out var message))
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
        // What was acknowledged too late comes twice.
        INatsJSMsg<byte[]>[] wanted =
        [
            .. messages.Where(message => _pending.ContainsKey(HashOf(message))).DistinctBy(HashOf),
        ];
        var results = new TakenResult[wanted.Length];
        await Parallel
            .ForAsync(
                0,
                wanted.Length,
                new ParallelOptions { MaxDegreeOfParallelism = ReadAtOnce, CancellationToken = cancellation },
                async (i, stop) =>
                    results[i] = await _reader
                        .ReadAsync(wanted[i], _pending[HashOf(wanted[i])], stop)
                        .ConfigureAwait(false)
            )
            .ConfigureAwait(false);
        foreach (var (simulation, message, points) in results)
        {
            if (message is { Crashes: { Count: > 0 } reasons })
            {
                _crashed.Add((simulation[0], reasons));
            }
            else if (points is null && message?.Error is null)
            {
                // It is neither in the queue nor among the results now, and so will be published again.
                options.Tell(
                    $"warning: a result of {simulation[0].Point.Name} has come incomplete; it is run again"
                );
                continue;
            }

            _givenAgain += (message?.Deliveries ?? 1) - 1;
            _pending.Remove(simulation[0].Hash);
        }

        SimulatedPoint[] done = [.. results.SelectMany(result => result.Points ?? [])];
        if (done.Length > 0)
        {
            work.OnDone(done);
        }

        foreach (var message in messages)
        {
            await QueueServer.AckAsync(message, cancellation).ConfigureAwait(false);
        }

        foreach (var result in results)
        {
            if (result.Message is { Parts: > 0 })
            {
                await queue.DeletePartsAsync(result.Simulation[0].Hash, cancellation).ConfigureAwait(false);
            }

            if (result.Message?.Error is { } error)
            {
                work.OnError(result.Simulation, new UserErrorException(error));
            }
        }
    }

    private static string HashOf(INatsJSMsg<byte[]> message) =>
        message.Subject[(message.Subject.LastIndexOf('.') + 1)..];
}
