using LlmSim.Kernel;

namespace LlmSim.Clients;

/// <summary>What is to happen at times of its own, in their order; at one time in the order in which it was planned.</summary>
/// <typeparam name="T">What it is.</typeparam>
internal sealed class Alarms<T>
    where T : struct
{
    private readonly Simulation _simulation;
    private readonly SlotHeap _times = new();
    private readonly SlotTable<T> _values = new();
    private readonly Action<T> _ring;
    private readonly EventTimer _next;
    private readonly string _name;
    private ulong _nextTicket;

    public Alarms(Simulation simulation, EventRank rank, string name, Action<T> ring)
    {
        _simulation = simulation;
        _ring = ring;
        _name = name;
        _next = simulation.CreateTimer(rank, Ring);
    }

    /// <summary>Those that are to come.</summary>
    public int Count => _times.Count;

    public void Set(SimTime at, T value)
    {
        _times.Add(at.Nanoseconds, _nextTicket++, _values.Add(value));
        _next.Set(new SimTime(_times.First.Key));
    }

    /// <summary>None is to come any more.</summary>
    public void Clear()
    {
        while (_times.Count > 0)
        {
            _values.Remove(_times.TakeFirst().Slot);
        }

        _next.Cancel();
    }

    public override string ToString() => _name;

    private void Ring()
    {
        while (_times.Count > 0 && _times.First.Key <= _simulation.Now.Nanoseconds)
        {
            var slot = _times.TakeFirst().Slot;
            var value = _values[slot];
            _values.Remove(slot);
            _ring(value);
        }

        if (_times.Count > 0)
        {
            _next.Set(new SimTime(_times.First.Key));
        }
    }
}
