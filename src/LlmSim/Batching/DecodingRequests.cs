using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <summary>
/// The running requests that get a token in every iteration that decodes. What they have is one count of iterations for all of them, so that
/// an iteration costs the same whatever their number; a request's own figures are brought up to date when it leaves.
/// </summary>
/// <param name="cache">Their KV blocks: one more for a request whenever its last one is full.</param>
/// <param name="blockTokens">Tokens of a block.</param>
/// <param name="areReserved">Whether each holds a reservation for all blocks that it may yet need.</param>
internal sealed class DecodingRequests(PagedKvCache cache, int blockTokens, bool areReserved)
{
    /// <summary>Requests by the number of tokens in their last block at iteration 0, which may lie before their time.</summary>
    private readonly int[] _byTokensInBlock = new int[blockTokens];

    // One column a figure, so that a look at all of them reads little memory. Each is what it would have been at iteration 0.
    private SequenceState[] _members = [];
    private long[] _computed = [];
    private long[] _lastIteration = [];
    private long[] _expectedLast = [];

    private long _computedSum;
    private long _leastComputed;
    private long _mostComputed;
    private long _firstEnd = long.MaxValue;
    private bool _extremesKnown;

    /// <summary>Iterations that have ended.</summary>
    private long _ended;

    /// <summary>Iterations that blocks were taken for.</summary>
    private long _provided;

    public int Count { get; private set; }

    /// <summary>Those that the statistics count.</summary>
    public int Measured { get; private set; }

    /// <summary>When each of them got its last token.</summary>
    public SimTime LastToken { get; set; }

    /// <summary>Whether there are some and they are part of the planned iteration.</summary>
    public bool IsPlanned
    {
        get => field && Count > 0;
        set;
    }

    /// <summary>The latest to have joined the batch, of those that have been here since it was empty.</summary>
    public long LatestJoin { get; private set; }

    /// <summary>Tokens whose KV cache is there, of all of them.</summary>
    public long Computed => _computedSum + (Count * _ended);

    /// <summary>The fewest of a request; there must be one.</summary>
    public int ComputedMin => (int)(Extremes().Least + _ended);

    /// <summary>The most of a request; there must be one.</summary>
    public int ComputedMax => (int)(Extremes().Most + _ended);

    /// <summary>Iterations until the first of them has all its tokens; there must be one.</summary>
    public long IterationsToFirstEnd => _firstEnd - _ended;

    /// <summary>Takes a request in, whose last token came when those of the others did.</summary>
    /// <param name="sequence">A request that the next iteration is to give a token.</param>
    public void Add(SequenceState sequence)
    {
        if (Count == 0)
        {
            (_ended, _provided) = (0, 0);
            _firstEnd = long.MaxValue;
            LatestJoin = 0;
            LastToken = sequence.Request.LastToken;
        }

        Invariant.Require(
            _provided == _ended,
            $"{sequence.Request} joined requests in the middle of an iteration"
        );

        if (Count == _members.Length)
        {
            var length = Math.Max(8, 2 * Count);
            Array.Resize(ref _members, length);
            Array.Resize(ref _computed, length);
            Array.Resize(ref _lastIteration, length);
            Array.Resize(ref _expectedLast, length);
        }

        var place = Count++;
        var request = sequence.Request;
        _members[place] = sequence;
        _computed[place] = sequence.Computed - _ended;
        _lastIteration[place] = _ended + sequence.RemainingTokens;
        _expectedLast[place] = _ended + request.ExpectedOutputTokens - request.GeneratedTokens;
        _computedSum += _computed[place];
        _firstEnd = Math.Min(_firstEnd, _lastIteration[place]);
        _extremesKnown = false;
        _byTokensInBlock[TokensInBlock(place)]++;
        Measured += request.IsMeasured ? 1 : 0;
        LatestJoin = Math.Max(LatestJoin, sequence.Join);
    }

    /// <summary>So many iterations of a plan have ended; each gave every request a token.</summary>
    public void Advance(int iterations) => _ended += iterations;

    /// <summary>KV blocks that they lack for so many iterations from now.</summary>
    public long BlocksFor(long iterations)
    {
        var (from, to) = (_provided, _ended + iterations);
        var blocks = (to - from) / blockTokens * Count;
        for (var iteration = to - ((to - from) % blockTokens); iteration < to; iteration++)
        {
            // A request lacks a block in the iteration before which its last one is full.
            blocks += _byTokensInBlock[(int)((blockTokens - (iteration % blockTokens)) % blockTokens)];
        }

        return blocks;
    }

    /// <summary>Those that they lack for the next iteration and do not have reserved.</summary>
    public long UnreservedBlocksForNext => areReserved ? 0 : BlocksFor(1);

    /// <summary>Takes the KV blocks for the next iteration; there must be so many.</summary>
    public void ProvideNext()
    {
        var blocks = (int)BlocksFor(1);
        if (blocks > 0)
        {
            cache.Take(blocks, areReserved);
        }

        _provided = _ended + 1;
    }

    /// <summary>Tokens that they are expected to generate yet, at least one each.</summary>
    public long ExpectedTokens
    {
        get
        {
            var tokens = 0L;
            foreach (var last in _expectedLast.AsSpan(0, Count))
            {
                tokens += Math.Max(1, last - _ended);
            }

            return tokens;
        }
    }

    /// <summary>Tokens that they may generate yet, so many of each at most.</summary>
    public long TokensToCome(long most)
    {
        var tokens = 0L;
        foreach (var last in _lastIteration.AsSpan(0, Count))
        {
            tokens += Math.Min(most, last - _ended);
        }

        return tokens;
    }

    /// <summary>The request with the longest context; there must be one.</summary>
    public SequenceState Longest => _members[_computed.AsSpan(0, Count).IndexOf(Extremes().Most)];

    /// <summary>Takes out those that have all their tokens, and adds them to a list.</summary>
    public void TakeFinished(List<SequenceState> finished)
    {
        if (_firstEnd > _ended)
        {
            return;
        }

        for (var place = Count - 1; place >= 0; place--)
        {
            if (_lastIteration[place] == _ended)
            {
                finished.Add(TakeOut(place));
            }
        }

        FindFirstEnd();
    }

    private void FindFirstEnd()
    {
        _firstEnd = long.MaxValue;
        foreach (var last in _lastIteration.AsSpan(0, Count))
        {
            _firstEnd = Math.Min(_firstEnd, last);
        }
    }

    /// <summary>Takes out those whose clients have gone, and adds them to a list.</summary>
    public void TakeWithdrawn(List<SequenceState> withdrawn)
    {
        for (var place = Count - 1; place >= 0; place--)
        {
            if (_members[place].Request.IsWithdrawn)
            {
                withdrawn.Add(TakeOut(place));
            }
        }

        FindFirstEnd();
    }

    /// <summary>Nobody is here any more.</summary>
    public void Clear()
    {
        Array.Clear(_members);
        Array.Clear(_byTokensInBlock);
        (Count, Measured, _computedSum) = (0, 0, 0);
        _firstEnd = long.MaxValue;
        _extremesKnown = false;
        IsPlanned = false;
    }

    /// <summary>Adds them to a list, with what they have got by now.</summary>
    public void CopyTo(ICollection<RunningState> running)
    {
        for (var place = 0; place < Count; place++)
        {
            var sequence = _members[place];
            var computed = (int)(_computed[place] + _ended);
            running.Add(
                new(
                    sequence.Request,
                    sequence.Request.GeneratedTokens + computed - sequence.Computed,
                    sequence.Blocks + cache.Lacking(sequence, (int)(_computed[place] + _provided))
                )
            );
        }
    }

    /// <summary>Takes all of them out, and adds them to a list.</summary>
    public void TakeAll(List<SequenceState> all)
    {
        while (Count > 0)
        {
            all.Add(TakeOut(Count - 1));
        }
    }

    /// <summary>Takes a request out, with figures of its own again; the last one takes its place.</summary>
    private SequenceState TakeOut(int place)
    {
        var sequence = _members[place];
        var request = sequence.Request;
        _byTokensInBlock[TokensInBlock(place)]--;
        _computedSum -= _computed[place];
        _extremesKnown = false;
        Measured -= request.IsMeasured ? 1 : 0;
        var tokens = (int)(_computed[place] + _ended) - sequence.Computed;
        sequence.Computed += tokens;
        request.DecodedTokens += tokens;
        request.LastToken = LastToken;
        cache.Attribute(sequence, (int)(sequence.Computed + _provided - _ended));
        Count--;
        _members[place] = _members[Count];
        _members[Count] = null!;
        _computed[place] = _computed[Count];
        _lastIteration[place] = _lastIteration[Count];
        _expectedLast[place] = _expectedLast[Count];
        return sequence;
    }

    private int TokensInBlock(int place)
    {
        var tokens = (int)(_computed[place] % blockTokens);
        return tokens < 0 ? tokens + blockTokens : tokens;
    }

    private (long Least, long Most) Extremes()
    {
        if (!_extremesKnown)
        {
            (_leastComputed, _mostComputed) = (long.MaxValue, long.MinValue);
            foreach (var computed in _computed.AsSpan(0, Count))
            {
                _leastComputed = Math.Min(_leastComputed, computed);
                _mostComputed = Math.Max(_mostComputed, computed);
            }

            _extremesKnown = true;
        }

        return (_leastComputed, _mostComputed);
    }
}
