using System.Net.Sockets;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.KeyValueStore;
using NATS.Client.ObjectStore;

namespace LlmSim.Distributed;

/// <summary>A connection to a NATS server with JetStream. It comes back by itself when it is lost.</summary>
internal sealed class QueueServer : IAsyncDisposable
{
    private const int StorageFull = 10047;
    private const int ResourcesFull = 10023;
    private const int AccountFull = 10002;
    private const int BucketFull = 10077;

    /// <summary>What a message has beside its content.</summary>
    private const int HeaderBytes = 1 << 12;

    /// <summary>More at once would be in the memory of all three.</summary>
    private const int LargestBytes = 1 << 20;

    private const int MostTries = 4;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(2);

    private QueueServer(QueueAddress address, NatsConnection connection)
    {
        Address = address.Text;
        Connection = connection;
        JetStream = new NatsJSContext(connection);
        Objects = new NatsObjContext(JetStream);
        Keys = new NatsKVContext(JetStream);
    }

    /// <summary>The address, for messages.</summary>
    public string Address { get; }

    public NatsConnection Connection { get; }

    public NatsJSContext JetStream { get; }

    public NatsObjContext Objects { get; }

    public NatsKVContext Keys { get; }

    /// <summary>How much a message may have.</summary>
    public int LargestMessageBytes =>
        Math.Min(Connection.ServerInfo?.MaxPayload ?? LargestBytes, LargestBytes) - HeaderBytes;

    /// <summary>Connects, and makes the streams and buckets that are missing.</summary>
    /// <param name="address">Where.</param>
    /// <param name="tell">Told when the connection is lost, and when it is back.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="UserErrorException">The server cannot be reached or used.</exception>
    public static async Task<QueueServer> ConnectAsync(
        QueueAddress address,
        Action<string> tell,
        CancellationToken cancellation
    )
    {
        var connection = new NatsConnection(address.Options);
        try
        {
            await connection.ConnectAsync().AsTask().WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NatsException or SocketException or IOException or TimeoutException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw await UnreachedServer.WhyAsync(address, e).ConfigureAwait(false);
        }

        var server = new QueueServer(address, connection);
        try
        {
            await server.PrepareAsync(cancellation).ConfigureAwait(false);
        }
        catch (NatsException e)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw server.NotUsable(e);
        }

        var isLost = false;
        connection.ConnectionDisconnected += (_, _) =>
        {
            if (!Interlocked.Exchange(ref isLost, true) && !cancellation.IsCancellationRequested)
            {
                tell($"{address.Text}: the connection is lost; trying again");
            }

            return default;
        };
        connection.ConnectionOpened += (_, _) =>
        {
            if (Interlocked.Exchange(ref isLost, false))
            {
                tell($"{address.Text}: connected again");
            }

            return default;
        };
        return server;
    }

    /// <summary>Does something again until the server has answered, however long that is.</summary>
    /// <exception cref="NatsException">The server has answered with an error.</exception>
    public static async Task<T> RetryAsync<T>(
        Func<CancellationToken, ValueTask<T>> action,
        CancellationToken cancellation
    )
    {
        for (
            var wait = TimeSpan.FromMilliseconds(50);
            ;
            wait = 2 * wait < s_longestWait ? 2 * wait : s_longestWait
        )
        {
            try
            {
                return await action(cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (IsTransient(e) && !cancellation.IsCancellationRequested)
            {
                await Task.Delay(wait, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says that a message is done with. Nobody waits for the server: a word that is lost has the message come again.</summary>
    public static async Task AckAsync(INatsJSMsg<byte[]> message, CancellationToken cancellation) =>
        await RetryAsync(
                async stop =>
                {
                    await message.AckAsync(cancellationToken: stop).ConfigureAwait(false);
                    return true;
                },
                cancellation
            )
            .ConfigureAwait(false);

    /// <summary>Whether the connection, rather than the server, is why something failed.</summary>
    public static bool IsTransient(Exception e) =>
        e switch
        {
            NatsJSApiException api => api.Error is { Code: 503, ErrCode: not (StorageFull or ResourcesFull) },
            NatsObjException or NatsKVException => false,
            NatsException
            or TimeoutException
            or IOException
            or SocketException
            or OperationCanceledException => true,
            _ => false,
        };

    /// <summary>Whether the server refused something because it has no room.</summary>
    public static bool IsFull(Exception e) =>
        e is NatsJSApiException { Error.ErrCode: StorageFull or ResourcesFull or AccountFull or BucketFull };

    /// <summary>What a user is told who waits for the server to have room.</summary>
    public UserErrorException Full(Exception e) =>
        new(
            $"{Address}: the server has no room for what the sweep reads ({e.Message}): raise max_file_store in its configuration, or free its disk. What was finished is safe: then --resume.",
            e
        );

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    /// <summary>Makes what is missing; waits a while for a server that has just begun or has much to do, and does not answer yet.</summary>
    private async Task PrepareAsync(CancellationToken cancellation)
    {
        for (var time = 1; ; time++)
        {
            try
            {
                await JetStream.GetAccountInfoAsync(cancellation).ConfigureAwait(false);
                await QueueStreams.EnsureAsync(this, cancellation).ConfigureAwait(false);
                return;
            }
            catch (NatsJSApiNoResponseException) when (time < MostTries)
            {
                // The question itself has waited.
            }
        }
    }

    private UserErrorException NotUsable(NatsException e) =>
        IsFull(e) ? Full(e)
        : e is NatsNoRespondersException or NatsNoReplyException or NatsJSApiException { Error.Code: 503 }
            ? new UserErrorException(
                $"{Address}: the server has no JetStream; start it with `nats-server -js`, or with jetstream {{}} in its configuration.",
                e
            )
        : new UserErrorException($"{Address}: the server cannot be used: {e.Message}", e);
}
