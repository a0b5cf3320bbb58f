using LlmSim.Engine;

namespace LlmSim;

/// <summary>
/// Requests ordered by a number, equal ones in the order in which they came. The first stands outside the heap: most queues hold one
/// request or none, and then there is nothing to order.
/// </summary>
internal sealed class RequestHeap
{
    private readonly SlotHeap _others = new();
    private readonly SlotTable<Held> _heldOthers = new();
    private Held? _first;
    private ulong _nextTicket;

    public int Count => _first is null ? 0 : 1 + _others.Count;

    /// <summary>The request with the smallest key; there must be one.</summary>
    public Request First => _first!.Value.Request;

    /// <summary>Adds a request.</summary>
    /// <param name="key">Any number but NaN.</param>
    /// <param name="request">The request.</param>
    public void Add(double key, Request request)
    {
        var added = new Held(request, Sortable(key), _nextTicket++);
        if (_first is not { } first)
        {
            _first = added;
        }
        else if (added.Key < first.Key)
        {
            _first = added;
            AddOther(first);
        }
        else
        {
            AddOther(added);
        }
    }

    /// <summary>Takes the first out; there must be one.</summary>
    public Request TakeFirst()
    {
        var taken = First;
        if (_others.Count == 0)
        {
            _first = null;
        }
        else
        {
            var slot = _others.TakeFirst().Slot;
            _first = _heldOthers[slot];
            _heldOthers.Remove(slot);
        }

        return taken;
    }

    /// <summary>A request, by its number from 0 in no order.</summary>
    public Request At(int index) => index == 0 ? First : _heldOthers[_others[index - 1].Slot].Request;

    private void AddOther(in Held other) => _others.Add(other.Key, other.Ticket, _heldOthers.Add(other));

    /// <summary>Whole numbers in the order of the keys: the bits of a double are, but for those of negative ones.</summary>
    private static long Sortable(double key)
    {
        // Adding zero makes a negative zero a positive one.
        var bits = BitConverter.DoubleToInt64Bits(key + 0.0);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    private readonly record struct Held(Request Request, long Key, ulong Ticket);
}
