using System.Globalization;
using LlmSim.Experiments.Sweeps;
using NATS.Client.Core;

namespace LlmSim.Distributed;

/// <summary>Says to all sweeps that a worker is there.</summary>
internal sealed class WorkerBeacon(QueueServer server, WorkerOptions options)
{
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>What others call this worker.</summary>
    public static string Host { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{Environment.ProcessId}");

    /// <summary>Says so until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            for (var time = 0; ; time++)
            {
                try
                {
                    await SayAsync(trouble: null, cancellation).ConfigureAwait(false);
                    if (time % 10 == 0)
                    {
                        await LookForOthersAsync(cancellation).ConfigureAwait(false);
                    }
                }
                catch (Exception e)
                    when ((e is NatsException || QueueServer.IsTransient(e))
                        && !cancellation.IsCancellationRequested
                    )
                {
                    // It is not there, then.
                }

                await Task.Delay(WorkerCensus.Interval, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It ends.
        }
    }

    /// <summary>Says so once.</summary>
    public async Task SayAsync(string? trouble, CancellationToken cancellation) =>
        await server
            .Connection.PublishAsync(
                QueueStreams.Workers,
                QueueJson.Write(
                    new WorkerPresence(Host, InputFingerprint.Simulator.Content, options.AllowsCode, trouble)
                ),
                cancellationToken: cancellation
            )
            .ConfigureAwait(false);

    /// <summary>Tells of sweeps of another version, whose points this worker never gets.</summary>
    private async Task LookForOthersAsync(CancellationToken cancellation)
    {
        var studies = await server
            .Keys.GetStoreAsync(QueueStreams.Studies, cancellation)
            .ConfigureAwait(false);
        await foreach (var key in studies.GetKeysAsync(cancellationToken: cancellation).ConfigureAwait(false))
        {
            var entry = await studies
                .TryGetEntryAsync<byte[]>(key, cancellationToken: cancellation)
                .ConfigureAwait(false);
            if (
                entry.Success
                && QueueJson.Read<StudyLeaseText>(entry.Value.Value) is { } sweep
                && sweep.Simulator != InputFingerprint.Simulator.Content
                && _refused.Add(key)
            )
            {
                options.Tell(
                    $"warning: the sweep of process {sweep.Process} on {sweep.Host} is of llmsim {sweep.Simulator}, this worker is {InputFingerprint.Simulator.Content}: it takes none of its points. Give both the same build on the same kind of machine."
                );
            }
        }
    }
}
