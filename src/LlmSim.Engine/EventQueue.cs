namespace LlmSim.Engine;

/// <summary>An event that the queue gave out.</summary>
/// <param name="Time">When it happens.</param>
/// <param name="Handler">What it happens to.</param>
/// <param name="Argument">Passed to the handler.</param>
internal readonly record struct ScheduledEvent(SimTime Time, IEventHandler Handler, long Argument);

/// <summary>Events under the total order (time, rank, sequence).</summary>
internal sealed class EventQueue
{
    private const int RankShift = 56;
    private readonly SlotHeap _heap = new();
    private readonly SlotTable<Payload> _payloads = new();
    private ulong _nextSequence;

    public int Count => _heap.Count;

    public void Enqueue(SimTime time, EventRank rank, IEventHandler handler, long argument)
    {
        var slot = _payloads.Add(new Payload(handler, argument));
        _heap.Add(time.Nanoseconds, ((ulong)rank.Value << RankShift) | _nextSequence++, slot);
    }

    /// <summary>Takes the first event out; the queue must not be empty.</summary>
    public ScheduledEvent Dequeue()
    {
        var first = _heap.TakeFirst();
        ref readonly var payload = ref _payloads[first.Slot];
        _payloads.Remove(first.Slot);
        return new ScheduledEvent(new SimTime(first.Key), payload.Handler, payload.Argument);
    }

    private readonly record struct Payload(IEventHandler Handler, long Argument);
}
