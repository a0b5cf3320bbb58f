using System.Runtime.CompilerServices;

namespace LlmSim.Engine;

/// <summary>An event waiting in the queue.</summary>
/// <param name="Time">When it happens.</param>
/// <param name="Order">Rank in the top byte, sequence number below: the order within one nanosecond.</param>
/// <param name="Handler">What it happens to.</param>
/// <param name="Argument">Passed to the handler.</param>
internal readonly record struct ScheduledEvent(
    SimTime Time,
    ulong Order,
    IEventHandler Handler,
    long Argument
)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsBefore(in ScheduledEvent other) =>
        Time.Nanoseconds < other.Time.Nanoseconds
        || (Time.Nanoseconds == other.Time.Nanoseconds && Order < other.Order);
}

/// <summary>
/// A 4-ary min-heap of events under the total order (time, rank, sequence). .NET's PriorityQueue is not stable:
/// it may return equal keys in any order, and results would then depend on the heap's shape.
/// </summary>
internal sealed class EventQueue
{
    private const int Arity = 4;
    private const int RankShift = 56;
    private ScheduledEvent[] _heap = new ScheduledEvent[64];
    private ulong _nextSequence;

    public int Count { get; private set; }

    public void Enqueue(SimTime time, EventRank rank, IEventHandler handler, long argument)
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        var order = ((ulong)rank.Value << RankShift) | _nextSequence++;
        SiftUp(Count++, new ScheduledEvent(time, order, handler, argument));
    }

    /// <summary>Takes the first event out; the queue must not be empty.</summary>
    public ScheduledEvent Dequeue()
    {
        Invariant.Require(Count > 0, $"an event was taken from an empty queue");
        var first = _heap[0];
        var last = _heap[--Count];
        _heap[Count] = default;
        if (Count > 0)
        {
            SiftDown(last);
        }

        return first;
    }

    private void SiftUp(int index, in ScheduledEvent item)
    {
        var heap = _heap;
        while (index > 0)
        {
            var parent = (index - 1) / Arity;
            if (!item.IsBefore(heap[parent]))
            {
                break;
            }

            heap[index] = heap[parent];
            index = parent;
        }

        heap[index] = item;
    }

    private void SiftDown(in ScheduledEvent item)
    {
        var heap = _heap;
        var index = 0;
        while (true)
        {
            var child = (index * Arity) + 1;
            if (child >= Count)
            {
                break;
            }

            var end = Math.Min(child + Arity, Count);
            var least = child;
            for (var other = child + 1; other < end; other++)
            {
                if (heap[other].IsBefore(heap[least]))
                {
                    least = other;
                }
            }

            if (!heap[least].IsBefore(item))
            {
                break;
            }

            heap[index] = heap[least];
            index = least;
        }

        heap[index] = item;
    }
}
