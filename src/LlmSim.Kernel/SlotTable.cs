namespace LlmSim.Kernel;

/// <summary>
/// Values by slots, small numbers that are used again: what a <see cref="SlotTournament" /> or a heap orders. Nothing is
/// allocated once the table has been as large as it gets.
/// </summary>
/// <typeparam name="T">A struct, so that the code is compiled for it alone.</typeparam>
internal sealed class SlotTable<T>
    where T : struct
{
    private T[] _values = new T[16];

    /// <summary>Free slots, from position <see cref="Count" /> on; earlier positions are stale.</summary>
    private int[] _freeSlots = [.. Enumerable.Range(0, 16)];

    /// <summary>Slots in use.</summary>
    public int Count { get; private set; }

    /// <summary>The value in a slot.</summary>
    public ref T this[int slot] => ref _values[slot];

    /// <summary>Puts a value into a free slot.</summary>
    /// <returns>The slot.</returns>
    public int Add(in T value)
    {
        if (Count == _freeSlots.Length)
        {
            Grow();
        }

        var slot = _freeSlots[Count++];
        _values[slot] = value;
        return slot;
    }

    /// <summary>Frees a slot. Its value stays readable until the slot is used again.</summary>
    public void Remove(int slot) => _freeSlots[--Count] = slot;

    private void Grow()
    {
        var size = _freeSlots.Length;
        Array.Resize(ref _values, 2 * size);
        Array.Resize(ref _freeSlots, 2 * size);
        for (var slot = size; slot < 2 * size; slot++)
        {
            _freeSlots[slot] = slot;
        }
    }
}
