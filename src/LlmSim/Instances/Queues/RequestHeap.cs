using LlmSim.Kernel;

namespace LlmSim.Instances.Queues;

/// <summary>Requests ordered by a number, equal ones in the order in which they came.</summary>
internal sealed class RequestHeap
{
    private readonly SlotHeap _heap = new();
    private readonly SlotTable<Held> _requests = new();
    private ulong _nextTicket;

    public int Count => _heap.Count;

    /// <summary>The request with the smallest key; there must be one.</summary>
    public Request First => _requests[_heap.First.Slot].Request;

    /// <summary>Adds a request.</summary>
    /// <param name="key">Any number but NaN.</param>
    /// <param name="request">The request.</param>
    public void Add(double key, Request request) =>
        _heap.Add(Sortable(key), _nextTicket++, _requests.Add(new Held(request)));

    /// <summary>Adds a request.</summary>
    /// <param name="rank">The smaller goes first.</param>
    /// <param name="time">Of equal ranks the earlier; of equal times the one that was added first.</param>
    /// <param name="request">The request.</param>
    public void Add(int rank, SimTime time, Request request)
    {
        // Rank and time have 32 and 63 bits, beside which 33 are left for the order of adding.
        const int LowBits = 31;
        var low = (ulong)time.Nanoseconds & ((1UL << LowBits) - 1);
        _heap.Add(
            ((long)rank << 32) | (time.Nanoseconds >> LowBits),
            (low << (64 - LowBits)) | _nextTicket++,
            _requests.Add(new Held(request))
        );
    }

    /// <summary>The request with the smallest key of those that may be taken; null for none.</summary>
    public Request? FirstAmong(Func<SequenceState, bool> mayBeTaken)
    {
        (long Key, ulong Tie, Request? Request) first = (0, 0, null);
        for (var i = 0; i < _heap.Count; i++)
        {
            var entry = _heap[i];
            var request = _requests[entry.Slot].Request;
            var isFirst =
                mayBeTaken(request.Sequence!)
                && (first.Request is null || (entry.Key, entry.Tie).CompareTo((first.Key, first.Tie)) < 0);
            first = isFirst ? (entry.Key, entry.Tie, request) : first;
        }

        return first.Request;
    }

    public Request TakeFirst()
    {
        var slot = _heap.TakeFirst().Slot;
        _requests.Remove(slot);
        return _requests[slot].Request;
    }

    /// <summary>Removes a request; false when it is not here.</summary>
    public bool Remove(Request request)
    {
        for (var i = 0; i < _heap.Count; i++)
        {
            var slot = _heap[i].Slot;
            if (_requests[slot].Request == request)
            {
                _heap.RemoveAt(i);
                _requests.Remove(slot);
                return true;
            }
        }

        return false;
    }

    /// <summary>A request, by its number from 0 in no order.</summary>
    public Request At(int index) => _requests[_heap[index].Slot].Request;

    /// <summary>Whole numbers in the order of the keys: the bits of a double are, but for those of negative ones.</summary>
    private static long Sortable(double key)
    {
        // Adding zero makes a negative zero a positive one.
        var bits = BitConverter.DoubleToInt64Bits(key + 0.0);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    private readonly record struct Held(Request Request);
}
