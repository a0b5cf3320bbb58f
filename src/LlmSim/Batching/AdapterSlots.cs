using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Which adapters an instance has, as vLLM keeps them: those of the batch are in slots on its accelerators, more in the memory of the host, and whoever was not used for
/// the longest time makes room.
/// </summary>
/// <remarks>
/// vllm/lora/worker_manager.py, LRUCacheWorkerLoRAManager. Its order within a step is that of a set; here what the step uses never makes room for the rest of it.
/// </remarks>
/// <param name="lora">How many there may be, and their ranks.</param>
/// <param name="hostSeconds">Seconds from the host to a slot, by rank.</param>
/// <param name="storeSeconds">Seconds from the store to the host, by rank.</param>
internal sealed class AdapterSlots(
    LoraSpec lora,
    Func<int, double> hostSeconds,
    Func<int, double> storeSeconds
)
{
    private readonly Dictionary<string, AdapterState> _known = new(StringComparer.Ordinal);
    private readonly List<AdapterState> _slots = [];
    private readonly List<AdapterState> _host = [];
    private long _plans;
    private long _looks;

    /// <summary>Slots that there are.</summary>
    public int Most => lora.MaxAdapters;

    /// <summary>Those that hold an adapter.</summary>
    public int Used => _slots.Count;

    /// <summary>Different adapters that waiting requests ask for.</summary>
    public int WaitingAdapters { get; private set; }

    /// <summary>Requests with an adapter that were admitted, and those of them whose adapter was in a slot.</summary>
    public long Requests { get; private set; }

    public long Hits { get; private set; }

    /// <summary>Adapters that came to a slot from the host, and those that had to be loaded from the store before.</summary>
    public long HostLoads { get; private set; }

    public long StoreLoads { get; private set; }

    /// <summary>Adapters that left a slot for another one.</summary>
    public long Evictions { get; private set; }

    /// <summary>Seconds that iterations waited for loads.</summary>
    public double LoadSeconds { get; private set; }

    /// <summary>Seconds that admitted requests had waited for a slot, and for the load of their adapter.</summary>
    public double WaitSeconds { get; private set; }

    /// <summary>An adapter by its name; null for no name.</summary>
    public AdapterState? Of(string? name)
    {
        if (name is null)
        {
            return null;
        }

        if (!_known.TryGetValue(name, out var adapter))
        {
            var rank =
                lora.RankOf(name)
                ?? throw new InvariantViolationException($"adapter {name} came to an engine without it");
            adapter = new AdapterState(name, _known.Count, rank);
            _known.Add(name, adapter);
        }

        return adapter;
    }

    /// <summary>Whether it is in a slot, or will be for a request that waits.</summary>
    public bool HasOrAwaits(string adapter) =>
        _known.TryGetValue(adapter, out var known) && (known.IsInSlot || known.Waiting > 0);

    /// <summary>A request joins those that wait, or leaves them.</summary>
    public void CountWaiting(AdapterState? adapter, int sign)
    {
        if (adapter is not null)
        {
            WaitingAdapters -= adapter.Waiting > 0 ? 1 : 0;
            adapter.Waiting += sign;
            WaitingAdapters += adapter.Waiting > 0 ? 1 : 0;
        }
    }

    /// <summary>A look at all requests of a batch begins.</summary>
    public void BeginLook() => _looks++;

    /// <summary>Whether a request brings an adapter that has not been seen in this look.</summary>
    public bool IsNew(AdapterState? adapter)
    {
        if (adapter is null || adapter.Seen == _looks)
        {
            return false;
        }

        adapter.Seen = _looks;
        return true;
    }

    /// <summary>Whether it has been seen in this look.</summary>
    public bool WasSeen(AdapterState adapter) => adapter.Seen == _looks;

    /// <summary>A plan has been made: its adapters come to slots before it begins, one after the other.</summary>
    /// <param name="batch">Adapters of the plan.</param>
    /// <param name="admitted">Requests that join with it.</param>
    /// <param name="now">When it begins.</param>
    /// <returns>Seconds that it waits for them.</returns>
    public double Use(List<AdapterState> batch, List<SequenceState> admitted, SimTime now)
    {
        Invariant.Require(batch.Count <= Most, $"{batch.Count} adapters in {Most} slots");
        _plans++;
        foreach (var adapter in batch)
        {
            adapter.LastUsed = _plans;
        }

        var misses = Count(admitted, now);
        var seconds = 0.0;
        foreach (var adapter in batch)
        {
            seconds += adapter.IsInSlot ? 0 : Load(adapter);
        }

        LoadSeconds += seconds;
        WaitSeconds += misses * seconds;
        return seconds;
    }

    /// <summary>The instance has failed: nothing is here any more.</summary>
    public void Clear()
    {
        foreach (var adapter in _known.Values)
        {
            (adapter.IsInSlot, adapter.IsOnHost, adapter.Waiting) = (false, false, 0);
        }

        _slots.Clear();
        _host.Clear();
        WaitingAdapters = 0;
    }

    /// <summary>Counts requests that join; says of how many the adapter is not in a slot.</summary>
    private int Count(List<SequenceState> admitted, SimTime now)
    {
        var misses = 0;
        foreach (var sequence in admitted)
        {
            if (sequence.Adapter is not { } adapter)
            {
                continue;
            }

            Requests++;
            Hits += adapter.IsInSlot ? 1 : 0;
            misses += adapter.IsInSlot ? 0 : 1;
            WaitSeconds += sequence.LacksSlotSince is { } since ? (now - since).Seconds : 0;
            sequence.LacksSlotSince = null;
        }

        return misses;
    }

    private double Load(AdapterState adapter)
    {
        var seconds = hostSeconds(adapter.Rank);
        HostLoads++;
        if (!adapter.IsOnHost)
        {
            seconds += storeSeconds(adapter.Rank);
            StoreLoads++;
            if (_host.Count == lora.HostAdapters)
            {
                var oldest = TakeOldest(_host);
                oldest.IsOnHost = false;
                // vLLM keeps nothing in a slot that is not on the host.
                TakeFromSlot(oldest);
            }

            adapter.IsOnHost = true;
            _host.Add(adapter);
        }

        if (_slots.Count == Most)
        {
            TakeFromSlot(Oldest(_slots));
        }

        adapter.IsInSlot = true;
        _slots.Add(adapter);
        return seconds;
    }

    private void TakeFromSlot(AdapterState adapter)
    {
        if (_slots.Remove(adapter))
        {
            adapter.IsInSlot = false;
            Evictions++;
        }
    }

    private static AdapterState TakeOldest(List<AdapterState> adapters)
    {
        var oldest = Oldest(adapters);
        adapters.Remove(oldest);
        return oldest;
    }

    private static AdapterState Oldest(List<AdapterState> adapters)
    {
        var oldest = adapters[0];
        foreach (var adapter in adapters)
        {
            var isOlder =
                adapter.LastUsed < oldest.LastUsed
                || (adapter.LastUsed == oldest.LastUsed && adapter.Number < oldest.Number);
            oldest = isOlder ? adapter : oldest;
        }

        return oldest;
    }
}
