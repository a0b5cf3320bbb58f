namespace LlmSim.Transfers;

/// <summary>KV caches of requests that go on elsewhere: over the links of both ends, whatever the way from prefill to decode is.</summary>
/// <param name="transfers">The network, and what a KV cache takes.</param>
/// <param name="onArrived">A KV cache has arrived at that instance.</param>
internal sealed class Migrations(KvTransfers transfers, Action<Request, Instance> onArrived)
{
    private readonly Dictionary<Request, (Instance Destination, long Bytes)> _underWay = [];

    /// <summary>KV caches that have arrived.</summary>
    public long Count { get; private set; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Sends a KV cache, when memory that has to be held for it can be had.</summary>
    public bool TryStart(Request request, Instance source, Instance destination)
    {
        if (transfers.Reserves && !destination.TryReserve(request))
        {
            return false;
        }

        var bytes = transfers.KvBytes(request, request.ContextTokens);
        _underWay.Add(request, (destination, bytes));
        transfers.Network.Start(
            request,
            bytes,
            source,
            destination,
            () =>
            {
                _underWay.Remove(request);
                Count++;
                Bytes += bytes;
                onArrived(request, destination);
            }
        );
        return true;
    }

    /// <summary>Takes a KV cache off its way, and gives back what was held for it.</summary>
    /// <returns>Whether it was on its way.</returns>
    public bool Cancel(Request request)
    {
        if (!_underWay.Remove(request, out var way))
        {
            return false;
        }

        transfers.Network.Cancel(request);
        way.Destination.CancelReservation(request);
        return true;
    }

    /// <summary>Requests whose KV cache goes to an instance.</summary>
    public IEnumerable<Request> To(Instance destination) =>
        _underWay.Where(way => way.Value.Destination == destination).Select(way => way.Key);

    /// <summary>Whether an instance has memory for a KV cache beside those that go there.</summary>
    public bool HasRoom(Request request, Instance destination) =>
        destination.CommittedKvBytes
            + transfers.KvBytes(request, request.ContextTokens + 1)
            + _underWay.Values.Sum(way => way.Destination == destination ? way.Bytes : 0)
        <= destination.KvCapacityBytes;
}
