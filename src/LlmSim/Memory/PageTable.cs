namespace LlmSim.Memory;

/// <summary>A number for each page that is here. Pages are hashes already: their bits say where to look, and most are found at the first place.</summary>
internal sealed class PageTable
{
    private const ulong NoPage = 0;

    private Entry[] _entries = new Entry[4];
    private int _count;

    /// <summary>The number of a page; 0 when it is not here.</summary>
    public int Find(ulong page) => _entries[PlaceOf(page)].Number;

    /// <summary>Puts a page in, or gives it another number.</summary>
    /// <param name="page">The page, not 0.</param>
    /// <param name="number">Its number, not 0.</param>
    public void Set(ulong page, int number)
    {
        var place = PlaceOf(page);
        if (_entries[place].Page == NoPage)
        {
            if (2 * (_count + 1) > _entries.Length)
            {
                Grow();
                place = PlaceOf(page);
            }

            _count++;
        }

        _entries[place] = new Entry(page, number);
    }

    /// <summary>Takes a page out, which must be here.</summary>
    public void Remove(ulong page)
    {
        var mask = _entries.Length - 1;
        var gap = PlaceOf(page);
        _count--;
        _entries[gap] = default;
        // Whoever lies behind its own place because of the gap moves up.
        for (var place = (gap + 1) & mask; _entries[place].Page != NoPage; place = (place + 1) & mask)
        {
            var distance = (place - FirstPlaceOf(_entries[place].Page)) & mask;
            if (distance >= ((place - gap) & mask))
            {
                (_entries[gap], _entries[place]) = (_entries[place], default);
                gap = place;
            }
        }
    }

    private int FirstPlaceOf(ulong page) => (int)(page >> 1) & (_entries.Length - 1);

    /// <summary>Where a page is, or where it would be.</summary>
    private int PlaceOf(ulong page)
    {
        var entries = _entries;
        var place = FirstPlaceOf(page);
        while (entries[place].Page is not NoPage and var found && found != page)
        {
            place = (place + 1) & (entries.Length - 1);
        }

        return place;
    }

    private void Grow()
    {
        var entries = _entries;
        _entries = new Entry[2 * entries.Length];
        foreach (var entry in entries)
        {
            if (entry.Page != NoPage)
            {
                _entries[PlaceOf(entry.Page)] = entry;
            }
        }
    }

    private readonly record struct Entry(ulong Page, int Number);
}
