namespace LlmSim.Batching;

/// <summary>
/// Embeddings of pictures as vLLM V1 keeps them (vllm/v1/core/encoder_cache_manager.py): those that requests need yet, and others until their room is wanted, of which the one
/// that was let go first leaves first.
/// </summary>
internal sealed class EncoderCache
{
    private readonly int _capacity;
    private readonly Dictionary<long, Entry> _entries = [];

    /// <summary>Those that no request needs, in the order in which they were let go.</summary>
    private readonly LinkedList<long> _unused = new();

    private int _free;

    /// <summary>A cache.</summary>
    /// <param name="capacity">Embeddings that there is room for.</param>
    public EncoderCache(int capacity) => _capacity = _free = capacity;

    /// <summary>Embeddings that requests need yet.</summary>
    public int Held { get; private set; }

    /// <summary>Embeddings that could be added or held beside those.</summary>
    public int Room => _capacity - Held;

    /// <summary>How often a picture was found.</summary>
    public long Hits { get; private set; }

    /// <summary>Whether a picture is here.</summary>
    public bool Has(long image) => _entries.ContainsKey(image);

    /// <summary>Whether a request needs it yet.</summary>
    public bool IsHeld(long image) => _entries.TryGetValue(image, out var entry) && entry.Holders > 0;

    /// <summary>A request needs a picture; false when it is not here.</summary>
    public bool TryHold(long image)
    {
        if (!_entries.TryGetValue(image, out var entry))
        {
            return false;
        }

        if (entry.Holders == 0)
        {
            _unused.Remove(entry.Place!);
            Held += entry.Embeddings;
        }

        _entries[image] = entry with { Holders = entry.Holders + 1, Place = null };
        Hits++;
        return true;
    }

    /// <summary>Makes room for a picture that a request needs; false when there is too little.</summary>
    public bool TryAdd(long image, int embeddings)
    {
        if (embeddings > Room)
        {
            return false;
        }

        while (embeddings > _free)
        {
            var oldest = _unused.First!.Value;
            _unused.RemoveFirst();
            _free += _entries[oldest].Embeddings;
            _entries.Remove(oldest);
        }

        _free -= embeddings;
        Held += embeddings;
        _entries.Add(image, new(embeddings, Holders: 1, Place: null));
        return true;
    }

    /// <summary>A request needs a picture no more.</summary>
    public void Release(long image)
    {
        var entry = _entries[image];
        var isUnused = entry.Holders == 1;
        _entries[image] = entry with
        {
            Holders = entry.Holders - 1,
            Place = isUnused ? _unused.AddLast(image) : null,
        };
        Held -= isUnused ? entry.Embeddings : 0;
    }

    /// <summary>A picture that was to be encoded is not; false when another request needs it as well, for which it stays.</summary>
    public bool TryForget(long image)
    {
        var entry = _entries[image];
        if (entry.Holders > 1)
        {
            Release(image);
            return false;
        }

        _entries.Remove(image);
        _free += entry.Embeddings;
        Held -= entry.Embeddings;
        return true;
    }

    /// <summary>Nothing is here any more.</summary>
    public void Clear()
    {
        _entries.Clear();
        _unused.Clear();
        _free = _capacity;
        Held = 0;
    }

    private readonly record struct Entry(int Embeddings, int Holders, LinkedListNode<long>? Place);
}
