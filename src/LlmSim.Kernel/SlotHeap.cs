using System.Runtime.CompilerServices;

namespace LlmSim.Kernel;

/// <summary>
/// A 4-ary min-heap of slots, numbers by which its owner finds what they stand for. The order (key, tie) is total when ties
/// are distinct; .NET's PriorityQueue is not stable, and results would depend on the heap's shape.
/// </summary>
/// <remarks>
/// Entries hold no references: moving those would cost a write barrier each time. After <see cref="TakeFirst" /> the root
/// stays vacant until the next call, because what comes next is often an entry to be added, and it can start there.
/// </remarks>
internal sealed class SlotHeap
{
    private const int Arity = 4;

    /// <summary><see cref="Count" /> entries, or one more whose root is vacant.</summary>
    private Entry[] _entries = new Entry[16];

    private bool _rootIsVacant;

    /// <summary>Entries in the heap.</summary>
    public int Count { get; private set; }

    /// <summary>The least entry; there must be one.</summary>
    public Entry First
    {
        get
        {
            Invariant.Require(Count > 0, $"the first of an empty heap was asked for");
            FillRoot();
            return _entries[0];
        }
    }

    /// <summary>An entry by its number from 0 to <see cref="Count" /> − 1, in no order.</summary>
    public Entry this[int index]
    {
        get
        {
            FillRoot();
            return _entries[index];
        }
    }

    /// <summary>Adds an entry.</summary>
    /// <param name="key">Entries with smaller keys go first.</param>
    /// <param name="tie">Among equal keys, the smaller goes first.</param>
    /// <param name="slot">What the entry stands for.</param>
    public void Add(long key, ulong tie, int slot)
    {
        var entry = new Entry(key, tie, slot);
        if (_rootIsVacant)
        {
            _rootIsVacant = false;
            SiftDown(0, entry, ++Count);
            return;
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * Count);
        }

        SiftUp(Count++, entry);
    }

    /// <summary>Removes the smallest entry; there must be one.</summary>
    public Entry TakeFirst()
    {
        var first = First;
        _rootIsVacant = true;
        Count--;
        return first;
    }

    /// <summary>Removes an entry by its number, as of <see cref="this" />.</summary>
    public void RemoveAt(int index)
    {
        FillRoot();
        var last = _entries[--Count];
        if (index == Count)
        {
            return;
        }

        if (index > 0 && last.IsBefore(_entries[(index - 1) / Arity]))
        {
            SiftUp(index, last);
        }
        else
        {
            SiftDown(index, last, Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FillRoot()
    {
        if (_rootIsVacant)
        {
            _rootIsVacant = false;
            SiftDown(0, _entries[Count], Count);
        }
    }

    private void SiftUp(int index, in Entry entry)
    {
        var entries = _entries;
        while (index > 0)
        {
            var parent = (index - 1) / Arity;
            if (!entry.IsBefore(entries[parent]))
            {
                break;
            }

            entries[index] = entries[parent];
            index = parent;
        }

        entries[index] = entry;
    }

    private void SiftDown(int index, Entry entry, int count)
    {
        var entries = _entries;
        while (true)
        {
            var child = (index * Arity) + 1;
            if (child >= count)
            {
                break;
            }

            var end = Math.Min(child + Arity, count);
            var least = child;
            for (var other = child + 1; other < end; other++)
            {
                if (entries[other].IsBefore(entries[least]))
                {
                    least = other;
                }
            }

            if (!entries[least].IsBefore(entry))
            {
                break;
            }

            entries[index] = entries[least];
            index = least;
        }

        entries[index] = entry;
    }

    /// <summary>An entry of the heap.</summary>
    /// <param name="Key">What it is ordered by.</param>
    /// <param name="Tie">The order among equal keys.</param>
    /// <param name="Slot">What it stands for.</param>
    public readonly record struct Entry(long Key, ulong Tie, int Slot)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool IsBefore(in Entry other) => Key < other.Key || (Key == other.Key && Tie < other.Tie);
    }
}
