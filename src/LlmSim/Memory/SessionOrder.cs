namespace LlmSim.Memory;

/// <summary>
/// Blocks of no session that goes on make room first; of those, and then of the others, the least recently used. A session has the blocks of its
/// requests that came so far, until it ends. What several have in common is kept for the last of them.
/// </summary>
internal sealed class SessionOrder : EvictionOrder
{
    private static readonly Comparer<TierBlock> s_byLastUse = Comparer<TierBlock>.Create(
        (one, other) => one.Uses.CompareTo(other.Uses)
    );

    private readonly SortedSet<TierBlock> _ofNone = new(s_byLastUse);
    private readonly SortedSet<TierBlock> _ofOpen = new(s_byLastUse);

    /// <summary>For each page of an open session, how many have it.</summary>
    private readonly Dictionary<ulong, int> _open = [];
    private readonly Dictionary<long, Session> _sessions = [];
    private long _uses;

    /// <summary>Sessions that go on.</summary>
    public int Sessions => _sessions.Count;

    public override void Add(TierBlock block)
    {
        block.Uses = ++_uses;
        (_open.ContainsKey(block.Page) ? _ofOpen : _ofNone).Add(block);
    }

    public override void Use(TierBlock block)
    {
        (_open.ContainsKey(block.Page) ? _ofOpen : _ofNone).Remove(block);
        Add(block);
    }

    public override void Evict(List<TierBlock> evicted)
    {
        var blocks = _ofNone.Count > 0 ? _ofNone : _ofOpen;
        if (blocks.Min is { } first)
        {
            blocks.Remove(first);
            evicted.Add(first);
        }
    }

    /// <summary>A request of a session has come.</summary>
    /// <param name="id">The session.</param>
    /// <param name="pages">What the request has.</param>
    /// <param name="find">The block of a name; null when it is not in the tier.</param>
    public void Open(long id, PrefixPages pages, Func<ulong, int, TierBlock?> find)
    {
        if (!_sessions.TryGetValue(id, out var session))
        {
            _sessions.Add(id, session = new Session());
        }

        session.Slots = Math.Max(session.Slots, pages.Slots);
        foreach (var page in pages.Keys)
        {
            if (session.Pages.Add(page))
            {
                var others = _open.GetValueOrDefault(page);
                _open[page] = others + 1;
                if (others == 0)
                {
                    Move(page, session.Slots, _ofNone, _ofOpen, find);
                }
            }
        }
    }

    /// <summary>A session has ended.</summary>
    /// <param name="id">The session.</param>
    /// <param name="find">As of <see cref="Open" />.</param>
    public void Close(long id, Func<ulong, int, TierBlock?> find)
    {
        if (!_sessions.Remove(id, out var session))
        {
            return;
        }

        foreach (var page in session.Pages)
        {
            if (--_open[page] == 0)
            {
                _open.Remove(page);
                Move(page, session.Slots, _ofOpen, _ofNone, find);
            }
        }
    }

    /// <summary>What is in the tier of a page keeps its place among the others by its last use.</summary>
    private static void Move(
        ulong page,
        int slots,
        SortedSet<TierBlock> from,
        SortedSet<TierBlock> to,
        Func<ulong, int, TierBlock?> find
    )
    {
        for (var slot = 0; slot < slots; slot++)
        {
            if (find(page, slot) is { } block)
            {
                from.Remove(block);
                to.Add(block);
            }
        }
    }

    private sealed class Session
    {
        public HashSet<ulong> Pages { get; } = [];

        /// <summary>Slots of a page.</summary>
        public int Slots { get; set; }
    }
}
