using System.Threading.Channels;
using LlmSim.Experiments.Sweeps;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LlmSim.Distributed;

/// <summary>The part of the queue that is one study's: work goes in, results come out.</summary>
internal sealed class StudyQueue : IAsyncDisposable
{
    /// <summary>Results that are under way to the sweep, or not in its journal yet; they are in its memory.</summary>
    public const int MostResultsAtOnce = 128;

    private const int PublishedAtOnce = 256;

    private readonly QueueServer _server;
    private readonly string _study;
    private readonly StudyUpload _upload;
    private readonly TimeSpan _workerTimeout;
    private readonly InputStore _inputs;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<INatsJSMsg<byte[]>> _results = Channel.CreateUnbounded<INatsJSMsg<byte[]>>();
    private INatsJSStream? _stream;
    private Task _reading = Task.CompletedTask;

    private StudyQueue(QueueServer server, string study, StudyUpload upload, TimeSpan workerTimeout)
    {
        (_server, _study, _upload, _workerTimeout) = (server, study, upload, workerTimeout);
        _inputs = new InputStore(server);
    }

    /// <summary>Results, as they come.</summary>
    public ChannelReader<INatsJSMsg<byte[]>> Results => _results.Reader;

    private string ResultConsumer => $"results-{_study}";

    private string AllPoints => $"llmsim.points.*.*.{_study}.>";

    private string AllResults => QueueStreams.ResultSubject(_study, "*");

    /// <summary>Stores the inputs and begins to listen.</summary>
    public static async Task<StudyQueue> OpenAsync(
        QueueServer server,
        string study,
        StudyUpload upload,
        TimeSpan workerTimeout,
        CancellationToken cancellation
    )
    {
        var queue = new StudyQueue(server, study, upload, workerTimeout);
        await queue.RestoreAsync(cancellation).ConfigureAwait(false);
        await queue.ListenAsync(cancellation).ConfigureAwait(false);
        return queue;
    }

    /// <summary>Makes and stores what the server does not have, or has damaged.</summary>
    public async Task RestoreAsync(CancellationToken cancellation)
    {
        await QueueServer
            .RetryAsync(
                async stop =>
                {
                    await QueueStreams.EnsureAsync(_server, stop).ConfigureAwait(false);
                    return await QueueStreams
                        .ConsumerAsync(_server, _upload.HasCode, _workerTimeout, stop)
                        .ConfigureAwait(false);
                },
                cancellation
            )
            .ConfigureAwait(false);
        await _upload.StoreAsync(_inputs, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Publishes the simulations that are neither in the queue nor among the results. A simulation leaves the queue after its result
    /// is there, so that looking into the queue first misses none.
    /// </summary>
    public async Task PublishMissingAsync(
        IReadOnlyCollection<IReadOnlyList<PreparedPoint>> simulations,
        CancellationToken cancellation
    )
    {
        var known = await HashesAsync(QueueStreams.Points, AllPoints, cancellation).ConfigureAwait(false);
        known.UnionWith(
            await HashesAsync(QueueStreams.Results, AllResults, cancellation).ConfigureAwait(false)
        );
        foreach (
            var part in simulations
                .Where(simulation => !known.Contains(simulation[0].Hash))
                .Chunk(PublishedAtOnce)
        )
        {
            await Task.WhenAll(part.Select(simulation => PublishAsync(simulation, cancellation)))
                .ConfigureAwait(false);
        }
    }

    /// <summary>A part of a result; null where it is not there.</summary>
    public async Task<byte[]?> PartAsync(string hash, int part, CancellationToken cancellation)
    {
        _stream ??= await QueueServer
            .RetryAsync(
                stop => _server.JetStream.GetStreamAsync(QueueStreams.Results, cancellationToken: stop),
                cancellation
            )
            .ConfigureAwait(false);
        var request = new StreamMsgGetRequest { LastBySubj = QueueStreams.PartSubject(_study, hash, part) };
        var message = await QueueServer
            .RetryAsync(
                stop => _stream.GetDirectAsync<byte[]>(request, cancellationToken: stop),
                cancellation
            )
            .ConfigureAwait(false);
        return message.Data;
    }

    /// <summary>Deletes the parts of a result.</summary>
    public async Task DeletePartsAsync(string hash, CancellationToken cancellation)
    {
        try
        {
            await PurgeAsync(
                    QueueStreams.Results,
                    QueueStreams.ResultSubject(_study, hash) + ".>",
                    cancellation
                )
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is NatsJSApiException || QueueServer.IsTransient(e))
        {
            // They go by their age.
        }
    }

    /// <summary>Takes back what nobody has begun; what was begun ends as a result that a later sweep finds.</summary>
    /// <param name="isDone">Whether nothing of the study is wanted any more.</param>
    /// <param name="isAlone">Whether no other sweep may use its inputs.</param>
    public async Task ClearAsync(bool isDone, bool isAlone)
    {
        // The process may be about to be ended.
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(isDone ? 2000 : 300));
        var stop = patience.Token;
        try
        {
            await PurgeAsync(QueueStreams.Points, AllPoints, stop).ConfigureAwait(false);
            if (isDone)
            {
                await PurgeAsync(QueueStreams.Results, QueueStreams.ResultSubject(_study, ">"), stop)
                    .ConfigureAwait(false);
                await _server
                    .JetStream.DeleteConsumerAsync(QueueStreams.Results, ResultConsumer, stop)
                    .ConfigureAwait(false);
                if (isAlone)
                {
                    await _inputs.DeleteAsync(_upload.Contents, stop).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is NatsJSApiException || QueueServer.IsTransient(e))
        {
            // What is left goes by its age.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task PublishAsync(IReadOnlyList<PreparedPoint> simulation, CancellationToken cancellation)
    {
        var hash = simulation[0].Hash;
        var message = new SimulationMessage(
            _study,
            _upload.Hash,
            simulation[0].Point.Name,
            [
                .. simulation.Select(point => new QueuedPoint(
                    point.Hash,
                    point.InputsHash,
                    StudyPaths.ConfigurationText(point),
                    QueuedRule.Of(point.EndsBy)
                )),
            ]
        );
        var ack = await QueueServer
            .RetryAsync(
                stop =>
                    _server.JetStream.PublishAsync(
                        QueueStreams.PointSubject(_upload.HasCode, _study, hash),
                        QueueJson.Write(message),
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

    private async Task ListenAsync(CancellationToken cancellation)
    {
        try
        {
            // One of a sweep that has died would keep what it had not acknowledged for a while.
            await QueueServer
                .RetryAsync(
                    stop => _server.JetStream.DeleteConsumerAsync(QueueStreams.Results, ResultConsumer, stop),
                    cancellation
                )
                .ConfigureAwait(false);
        }
        catch (NatsJSApiException e) when (e.Error.Code == 404)
        {
            // There was none.
        }

        _reading = Task.Run(ReadAsync, CancellationToken.None);
    }

    private async Task ReadAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var consumer = await _server
                    .JetStream.CreateOrUpdateConsumerAsync(
                        QueueStreams.Results,
                        new ConsumerConfig(ResultConsumer)
                        {
                            FilterSubject = AllResults,
                            AckPolicy = ConsumerConfigAckPolicy.Explicit,
                            AckWait = TimeSpan.FromSeconds(30),
                            MaxAckPending = MostResultsAtOnce,
                            MaxDeliver = -1,
                        },
                        _stop.Token
                    )
                    .ConfigureAwait(false);
                await foreach (
                    var message in consumer
                        .ConsumeAsync<byte[]>(cancellationToken: _stop.Token)
                        .ConfigureAwait(false)
                )
                {
                    await _results.Writer.WriteAsync(message, _stop.Token).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is NatsException || QueueServer.IsTransient(e))
            {
                await Task.Delay(200, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<HashSet<string>> HashesAsync(
        string stream,
        string subjects,
        CancellationToken cancellation
    )
    {
        var found = await QueueServer
            .RetryAsync(
                stop =>
                    _server.JetStream.GetStreamAsync(
                        stream,
                        new StreamInfoRequest { SubjectsFilter = subjects },
                        stop
                    ),
                cancellation
            )
            .ConfigureAwait(false);
        return
        [
            .. (found.Info.State.Subjects ?? new Dictionary<string, long>()).Keys.Select(subject =>
                subject[(subject.LastIndexOf('.') + 1)..]
            ),
        ];
    }

    private async Task PurgeAsync(string stream, string subjects, CancellationToken cancellation) =>
        await _server
            .JetStream.PurgeStreamAsync(stream, new StreamPurgeRequest { Filter = subjects }, cancellation)
            .ConfigureAwait(false);
}
