using System.Runtime.CompilerServices;

namespace LlmSim.Kernel;

/// <summary>An event: a timer that expired, or a single scheduled call with its argument.</summary>
internal readonly record struct EventPayload(Action? OnTimer, Action<long>? Handler, long Argument)
{
    /// <summary>The owner of the event, for messages.</summary>
    public object? Owner => OnTimer?.Target ?? Handler?.Target;
}

/// <summary>Events under the total order (time, rank, sequence).</summary>
internal sealed class EventQueue
{
    /// <summary>Events happen before this time.</summary>
    public static readonly SimTime Never = new(SlotTournament.NoKey);

    private const int RankShift = 56;
    private const int None = -1;
    private readonly SlotTournament _times = new();
    private readonly SlotTable<EventPayload> _payloads = new();

    /// <summary>Above the slots of timers, which may stand for it.</summary>
    private ulong _nextSequence = 1UL << 32;

    /// <summary>
    /// The timer that went off last: most are set again at once, so that its entry stays until the next event is asked for.
    /// </summary>
    private int _spentTimer = None;

    /// <summary>When the first event happens; <see cref="Never" /> or later when there is none.</summary>
    public SimTime NextTime
    {
        get
        {
            if (_spentTimer != None)
            {
                CancelTimer(_spentTimer);
            }

            return new(_times.LeastKey);
        }
    }

    /// <summary>A slot for the events of a timer.</summary>
    public int AddTimer(Action onTimer) =>
        _payloads.Add(new EventPayload(onTimer, Handler: null, Argument: 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetTimer(int slot, SimTime time, EventRank rank)
    {
        Forget(slot);
        _times.Set(slot, time.Nanoseconds, ((ulong)rank.Value << RankShift) | _nextSequence++);
    }

    /// <summary>The same before all others of its time and rank but those with smaller slots that are set so too.</summary>
    public void SetTimerInPlace(int slot, SimTime time, EventRank rank)
    {
        Forget(slot);
        _times.Set(slot, time.Nanoseconds, ((ulong)rank.Value << RankShift) | (uint)slot);
    }

    public void CancelTimer(int slot)
    {
        Forget(slot);
        _times.Remove(slot);
    }

    public void Enqueue(SimTime time, EventRank rank, Action<long> handler, long argument) =>
        SetTimer(_payloads.Add(new EventPayload(OnTimer: null, handler, argument)), time, rank);

    /// <summary>Removes the event at <see cref="NextTime" />. It is valid until the next event is scheduled.</summary>
    public ref readonly EventPayload Dequeue()
    {
        var slot = _times.First;
        ref readonly var payload = ref _payloads[slot];
        if (payload.OnTimer is null)
        {
            _payloads.Remove(slot);
            _times.Remove(slot);
        }
        else
        {
            _spentTimer = slot;
        }

        return ref payload;
    }

    private void Forget(int slot) => _spentTimer = _spentTimer == slot ? None : _spentTimer;
}
