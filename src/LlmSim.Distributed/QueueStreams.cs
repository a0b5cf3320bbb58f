using LlmSim.Experiments.Sweeps;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.KeyValueStore;
using NATS.Client.ObjectStore;

namespace LlmSim.Distributed;

/// <summary>The names on the server, and what is made there. docs/clusters.md has them as a table.</summary>
internal static class QueueStreams
{
    /// <summary>Work: a message for each simulation that is to be run, removed when it is acknowledged.</summary>
    public const string Points = "LLMSIM_POINTS";

    /// <summary>A message for each simulation that was run, and its parts, removed when its points are in the journal.</summary>
    public const string Results = "LLMSIM_RESULTS";

    /// <summary>What simulations read, by the hash of its content.</summary>
    public const string Inputs = "llmsim-inputs";

    /// <summary>Which sweep is at work on which study; forgotten soon after it has died.</summary>
    public const string Studies = "llmsim-studies";

    /// <summary>How simulations have ended the processes that ran them.</summary>
    public const string Crashes = "llmsim-crashes";

    /// <summary>Where workers say that they are there.</summary>
    public const string Workers = "llmsim.workers";

    /// <summary>How long a sweep is remembered that says nothing.</summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(15);

    /// <summary>How long a worker may be silent, unless the sweep says otherwise.</summary>
    public static readonly TimeSpan DefaultWorkerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>What nobody has asked for in so long is gone from the server.</summary>
    private static readonly TimeSpan s_longestStay = TimeSpan.FromDays(14);

    /// <summary>The simulator, as subjects name it.</summary>
    public static string Build { get; } = InputFingerprint.HashText(InputFingerprint.Simulator.Content)[..12];

    /// <summary>The consumer from which workers of this build pull work without, or with, a user's code in it.</summary>
    public static string Consumer(bool hasCode) => $"points-{Build}-{Kind(hasCode)}";

    public static string PointSubject(bool hasCode, string study, string hash) =>
        $"llmsim.points.{Build}.{Kind(hasCode)}.{study}.{hash}";

    /// <summary>Whether a message was refused because its subject has one.</summary>
    public static bool IsThere(ApiError error) =>
        error.Description?.Contains("maximum messages per subject", StringComparison.Ordinal) == true;

    public static string ResultSubject(string study, string hash) => $"llmsim.results.{study}.{hash}";

    /// <summary>A part of a result that is larger than a message.</summary>
    public static string PartSubject(string study, string hash, int part) =>
        FormattableString.Invariant($"llmsim.results.{study}.{hash}.{part}");

    /// <summary>Makes what is missing.</summary>
    public static async Task EnsureAsync(QueueServer server, CancellationToken cancellation)
    {
        await EnsureAsync(server.JetStream, Points, "llmsim.points.>", cancellation).ConfigureAwait(false);
        await EnsureAsync(server.JetStream, Results, "llmsim.results.>", cancellation).ConfigureAwait(false);
        await server
            .Objects.CreateObjectStoreAsync(
                new NatsObjConfig(Inputs) { MaxAge = s_longestStay },
                cancellation
            )
            .ConfigureAwait(false);
        foreach (var (bucket, age) in new[] { (Studies, LeaseTime), (Crashes, s_longestStay) })
        {
            await server
                .Keys.CreateStoreAsync(new NatsKVConfig(bucket) { MaxAge = age }, cancellation)
                .ConfigureAwait(false);
        }
    }

    /// <summary>The consumer of workers; with a time, it has that from now on.</summary>
    public static async Task<INatsJSConsumer> ConsumerAsync(
        QueueServer server,
        bool hasCode,
        TimeSpan? workerTimeout,
        CancellationToken cancellation
    )
    {
        var name = Consumer(hasCode);
        if (workerTimeout is null)
        {
            try
            {
                return await server
                    .JetStream.GetConsumerAsync(Points, name, cancellation)
                    .ConfigureAwait(false);
            }
            catch (NatsJSApiException e) when (e.Error.Code == 404)
            {
                workerTimeout = DefaultWorkerTimeout;
            }
        }

        return await server
            .JetStream.CreateOrUpdateConsumerAsync(
                Points,
                new ConsumerConfig(name)
                {
                    FilterSubject = $"llmsim.points.{Build}.{Kind(hasCode)}.>",
                    AckPolicy = ConsumerConfigAckPolicy.Explicit,
                    AckWait = workerTimeout.Value,
                    MaxAckPending = -1,
                    MaxDeliver = -1,
                    MaxWaiting = 65_536,
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    private static string Kind(bool hasCode) => hasCode ? "code" : "data";

    /// <summary>A message of a subject that is there already is refused: that makes publishing twice harmless.</summary>
    private static async Task EnsureAsync(
        NatsJSContext jetStream,
        string name,
        string subjects,
        CancellationToken cancellation
    ) =>
        await jetStream
            .CreateOrUpdateStreamAsync(
                new StreamConfig(name, [subjects])
                {
                    Retention = StreamConfigRetention.Workqueue,
                    Storage = StreamConfigStorage.File,
                    MaxMsgsPerSubject = 1,
                    Discard = StreamConfigDiscard.New,
                    DiscardNewPerSubject = true,
                    MaxAge = s_longestStay,
                    AllowDirect = true,
                },
                cancellation
            )
            .ConfigureAwait(false);
}
