using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;

namespace LlmSim.Distributed;

/// <summary>What studies read, on the server, each content once under its hash.</summary>
internal sealed class InputStore(QueueServer server)
{
    private INatsObjStore? _store;

    /// <summary>Stores a file where the server does not have it, or has something else in its place.</summary>
    /// <exception cref="UserErrorException">The server has no room, or the file cannot be read.</exception>
    public async Task PutAsync(string path, string hash, CancellationToken cancellation)
    {
        try
        {
            if (!await HasAsync(hash, cancellation).ConfigureAwait(false))
            {
                await using var file = File.OpenRead(path);
                await PutAsync(hash, file, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (QueueServer.IsFull(e))
        {
            throw server.Full(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Stores a text.</summary>
    /// <returns>Its hash.</returns>
    public async Task<string> PutAsync(byte[] content, CancellationToken cancellation)
    {
        var hash = ContentHash.Of(content);
        try
        {
            if (!await HasAsync(hash, cancellation).ConfigureAwait(false))
            {
                using var stream = new MemoryStream(content);
                await PutAsync(hash, stream, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (QueueServer.IsFull(e))
        {
            throw server.Full(e);
        }

        return hash;
    }

    /// <summary>Writes a content to a stream; false where the server does not have it.</summary>
    public async Task<bool> GetAsync(string hash, Stream stream, CancellationToken cancellation)
    {
        var store = await StoreAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await QueueServer
                .RetryAsync(
                    async stop =>
                    {
                        stream.SetLength(0);
                        await store.GetAsync(hash, stream, leaveOpen: true, stop).ConfigureAwait(false);
                        return true;
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
        catch (NatsObjException)
        {
            return false;
        }
    }

    /// <summary>Deletes contents that are there.</summary>
    public async Task DeleteAsync(IEnumerable<string> hashes, CancellationToken cancellation)
    {
        var store = await StoreAsync(cancellation).ConfigureAwait(false);
        foreach (var hash in hashes)
        {
            try
            {
                await store.DeleteAsync(hash, cancellation).ConfigureAwait(false);
            }
            catch (NatsObjException)
            {
                // It is gone already.
            }
        }
    }

    private async Task PutAsync(string hash, Stream content, CancellationToken cancellation)
    {
        var store = await StoreAsync(cancellation).ConfigureAwait(false);
        var options = new MetaDataOptions { MaxChunkSize = server.LargestMessageBytes };
        await QueueServer
            .RetryAsync(
                stop =>
                {
                    content.Position = 0;
                    return store.PutAsync(
                        new ObjectMetadata { Name = hash, Options = options },
                        content,
                        leaveOpen: true,
                        stop
                    );
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    private async Task<bool> HasAsync(string hash, CancellationToken cancellation)
    {
        var store = await StoreAsync(cancellation).ConfigureAwait(false);
        try
        {
            var info = await QueueServer
                .RetryAsync(stop => store.GetInfoAsync(hash, showDeleted: false, stop), cancellation)
                .ConfigureAwait(false);
            return ContentHash.OfDigest(info.Digest) == hash;
        }
        catch (NatsObjNotFoundException)
        {
            return false;
        }
    }

    private async Task<INatsObjStore> StoreAsync(CancellationToken cancellation) =>
        _store ??= await QueueServer
            .RetryAsync(stop => server.Objects.GetObjectStoreAsync(QueueStreams.Inputs, stop), cancellation)
            .ConfigureAwait(false);
}
