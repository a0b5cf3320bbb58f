using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace LlmSim.Distributed;

/// <summary>How a process works for a queue.</summary>
/// <param name="Address">The server.</param>
/// <param name="AllowsCode">Whether it runs code from the network.</param>
/// <param name="Cache">Where inputs are kept.</param>
/// <param name="CacheBytes">How much of them.</param>
/// <param name="OnReady">Told once the server is reached.</param>
/// <param name="OnBegun">Told of each simulation before it runs, and of null after it.</param>
/// <param name="BeforeCode">Told of the user's code of a study before it is loaded.</param>
/// <param name="Tell">Told what a user should know.</param>
internal sealed record WorkerOptions(
    QueueAddress Address,
    bool AllowsCode,
    string Cache,
    long CacheBytes,
    Action OnReady,
    Action<BegunSimulation?> OnBegun,
    Action<StudyManifest> BeforeCode,
    Action<string> Tell
);

/// <summary>A process that takes one simulation after another from a queue.</summary>
internal sealed class QueueWorker(QueueServer server, WorkerOptions options) : IDisposable
{
    private static readonly TimeSpan s_pull = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    private readonly InputStore _inputs = new(server);
    private readonly InputCache _cache = new(options.Cache, options.CacheBytes);
    private readonly WorkerBeacon _beacon = new(server, options);
    private readonly Dictionary<bool, INatsJSConsumer> _consumers = [];
    private Study? _study;

    /// <summary>Works until it is stopped.</summary>
    /// <param name="options">How.</param>
    /// <param name="crashed">A simulation that has ended the process before this one; null for none.</param>
    /// <param name="cancellation">Stops it: what it was at goes back to the queue.</param>
    /// <exception cref="UserErrorException">The server cannot be used, or this machine lacks what points need.</exception>
    public static async Task RunAsync(
        WorkerOptions options,
        BegunSimulation? crashed,
        CancellationToken cancellation
    )
    {
        await using var server = await QueueServer
            .ConnectAsync(options.Address, options.Tell, cancellation)
            .ConfigureAwait(false);
        options.OnReady();
        using var worker = new QueueWorker(server, options);
        if (crashed is not null)
        {
            await CrashLog.NoteAsync(server, WorkerBeacon.Host, crashed, cancellation).ConfigureAwait(false);
        }

        await worker.WorkAsync(cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _cache.Dispose();

    private async Task WorkAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var presence = Task.Run(() => _beacon.RunAsync(stop.Token), CancellationToken.None);
        try
        {
            bool[] kinds = options.AllowsCode ? [false, true] : [false];
            for (var turn = 0; ; turn++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (await NextAsync(kinds, turn, cancellation).ConfigureAwait(false) is { } message)
                {
                    await TakeAsync(message, cancellation).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await presence.ConfigureAwait(false);
        }
    }

    /// <summary>A simulation; null where there is none for a while. Both kinds of work are looked for in turn.</summary>
    private async Task<INatsJSMsg<byte[]>?> NextAsync(bool[] kinds, int turn, CancellationToken cancellation)
    {
        try
        {
            var consumer = await ConsumerAsync(kinds[turn % kinds.Length], cancellation)
                .ConfigureAwait(false);
            var message = await consumer
                .NextAsync<byte[]>(
                    opts: new NatsJSNextOpts
                    {
                        Expires = kinds.Length == 1 ? s_pull : TimeSpan.FromSeconds(1),
                    },
                    cancellationToken: cancellation
                )
                .ConfigureAwait(false);
            return message;
        }
        catch (Exception e)
            when ((e is NatsException || QueueServer.IsTransient(e)) && !cancellation.IsCancellationRequested)
        {
            _consumers.Clear();
            await Task.Delay(200, cancellation).ConfigureAwait(false);
            return null;
        }
    }

    private async Task<INatsJSConsumer> ConsumerAsync(bool hasCode, CancellationToken cancellation)
    {
        if (!_consumers.TryGetValue(hasCode, out var consumer))
        {
            consumer = await QueueStreams
                .ConsumerAsync(server, hasCode, workerTimeout: null, cancellation)
                .ConfigureAwait(false);
            _consumers.Add(hasCode, consumer);
        }

        return consumer;
    }

    private async Task TakeAsync(INatsJSMsg<byte[]> message, CancellationToken cancellation)
    {
        if (QueueJson.Read<SimulationMessage>(message.Data) is not { Points.Count: > 0 } simulation)
        {
            await message.AckTerminateAsync(cancellationToken: cancellation).ConfigureAwait(false);
            return;
        }

        var deliveries = (long)(message.Metadata?.NumDelivered ?? 1);
        var publisher = new ResultPublisher(server, simulation.Study, simulation.Points[0].Hash);
        using var heartbeat = new WorkHeartbeat(message);
        try
        {
            if (deliveries == 1 || !await publisher.IsThereAsync(cancellation).ConfigureAwait(false))
            {
                await RunAsync(message, simulation, deliveries, publisher, cancellation)
                    .ConfigureAwait(false);
            }

            await QueueServer.AckAsync(message, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await GiveBackAsync(message, default).ConfigureAwait(false);
            throw;
        }
        catch (InputMissingException e)
        {
            await TroubleAsync(
                    $"{e.Message}. The sweep stores what is missing again; if it has ended, start it with --resume"
                )
                .ConfigureAwait(false);
            await GiveBackAsync(message, s_retry).ConfigureAwait(false);
            _study = null;
        }
        catch (Exception e) when (e is UserErrorException or IOException or UnauthorizedAccessException)
        {
            var trouble =
                $"{e.Message.TrimEnd('.')}. Its point goes to another worker; give this machine the installation that the sweep has";
            await TroubleAsync(trouble).ConfigureAwait(false);
            await GiveBackAsync(message, default).ConfigureAwait(false);
            throw new UserErrorException($"{simulation.Name}: {trouble}.", e);
        }
        catch (NatsException e) when (QueueServer.IsFull(e))
        {
            await TroubleAsync(
                    $"the server has no room for its result ({e.Message}); raise max_file_store or free its disk. The point is run again"
                )
                .ConfigureAwait(false);
            await GiveBackAsync(message, s_retry).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(
        INatsJSMsg<byte[]> message,
        SimulationMessage simulation,
        long deliveries,
        ResultPublisher publisher,
        CancellationToken cancellation
    )
    {
        if (_study?.Hash != simulation.Manifest)
        {
            _study = null;
            _study = await Study
                .OpenAsync(
                    simulation.Manifest,
                    _cache,
                    _inputs,
                    options.BeforeCode,
                    options.Tell,
                    cancellation
                )
                .ConfigureAwait(false);
        }

        var points = _study.Prepare(simulation);
        options.OnBegun(new BegunSimulation(simulation.Study, points[0].Hash, message.ReplyTo!));
        IReadOnlyList<JournalEntry> entries;
        try
        {
            entries = SharedSimulation.Run(points, _study.Files, cancellation);
        }
        catch (UserErrorException e)
        {
            options.OnBegun(null);
            // What is wrong with the input of a simulation is so on every machine.
            var error = simulation.Name.Length > 0 ? $"{simulation.Name}: {e.Message}" : e.Message;
            await publisher
                .PublishAsync(new ResultMessage(WorkerBeacon.Host, deliveries, Error: error), cancellation)
                .ConfigureAwait(false);
            return;
        }
        catch (Exception e)
            when (e is OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            options.OnBegun(null);
            throw;
        }

        options.OnBegun(null);
        QueuedResult[] results =
        [
            .. points.Zip(
                entries,
                (point, entry) =>
                    new QueuedResult(
                        point.Hash,
                        SummaryJson.Text(entry.Summary),
                        entry.Files,
                        point.EndsBy?.IndexOf(entry.Missed)
                    )
            ),
        ];
        string[] files = [.. entries.SelectMany(entry => entry.Files).Select(_study.Files.PathOf)];
        try
        {
            await publisher
                .PublishAsync(new ResultMessage(WorkerBeacon.Host, deliveries), results, files, cancellation)
                .ConfigureAwait(false);
        }
        finally
        {
            Array.ForEach(files, File.Delete);
        }
    }

    private static async Task GiveBackAsync(INatsJSMsg<byte[]> message, TimeSpan delay)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        try
        {
            await message.NakAsync(delay: delay, cancellationToken: patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (QueueServer.IsTransient(e))
        {
            // The queue gives it to another worker when this one has been silent for long enough.
        }
    }

    private async Task TroubleAsync(string trouble)
    {
        options.Tell($"warning: {trouble}");
        try
        {
            await _beacon.SayAsync(trouble, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (QueueServer.IsTransient(e))
        {
            // It was said here at least.
        }
    }
}
