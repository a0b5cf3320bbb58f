using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <summary>
/// The running requests that are given tokens in every iteration that decodes. What they have is one count of iterations for all of them, so that
/// an iteration costs the same whatever their number; a request's own figures are brought up to date when it leaves.
/// </summary>
/// <param name="cache">Their KV blocks.</param>
/// <param name="areReserved">Whether each holds a reservation for all blocks that it may yet need.</param>
internal abstract class DecodingRequests(PagedKvCache cache, bool areReserved)
{
    private long[] _lastIteration = [];

    /// <summary>The iteration, by place, that gives each the first token of its answer; the end of numbers once it has come.</summary>
    private long[] _answerIteration = [];

    /// <summary>Those that think.</summary>
    private int _thinking;
    private long _firstEnd = long.MaxValue;

    /// <summary>The requests, by place.</summary>
    protected SequenceState[] Members { get; private set; } = [];

    /// <summary>The iteration, by place, that gives each its last token.</summary>
    protected ReadOnlySpan<long> LastIterations => _lastIteration.AsSpan(0, Count);

    /// <summary>Iterations that have ended.</summary>
    protected long Ended { get; private set; }

    /// <summary>Iterations that blocks were taken for.</summary>
    protected long Provided { get; private set; }

    public int Count { get; private set; }

    /// <summary>All of them, by place.</summary>
    public ReadOnlySpan<SequenceState> All => Members.AsSpan(0, Count);

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
    public abstract long Computed { get; }

    /// <summary>The fewest of a request; there must be one.</summary>
    public abstract int ComputedMin { get; }

    /// <summary>The most of a request; there must be one.</summary>
    public abstract int ComputedMax { get; }

    /// <summary>Draft tokens of all of them that an iteration accepts on average.</summary>
    public virtual double AcceptedPerIteration => 0;

    /// <summary>Draft tokens that were accepted of those that have been taken out.</summary>
    public long AcceptedDrafts { get; private set; }

    /// <summary>Iterations until the first of them has all its tokens, or the first of its answer; there must be one.</summary>
    public long IterationsToFirstEnd => _firstEnd - Ended;

    /// <summary>The request with the longest context; there must be one.</summary>
    public abstract SequenceState Longest { get; }

    /// <summary>Takes a request in, whose last token came when those of the others did.</summary>
    /// <param name="sequence">A request that the next iteration is to give a token.</param>
    public void Add(SequenceState sequence)
    {
        if (Count == 0)
        {
            (Ended, Provided) = (0, 0);
            _firstEnd = long.MaxValue;
            LatestJoin = 0;
            LastToken = sequence.Request.LastToken;
        }

        Invariant.Require(
            Provided == Ended,
            $"{sequence.Request} joined requests in the middle of an iteration"
        );

        if (Count == Members.Length)
        {
            var length = Math.Max(8, 2 * Count);
            var members = Members;
            Array.Resize(ref members, length);
            Members = members;
            Array.Resize(ref _lastIteration, length);
            Array.Resize(ref _answerIteration, length);
            Resize(length);
        }

        var place = Count++;
        Members[place] = sequence;
        _lastIteration[place] = Ended + sequence.IterationsLeft;
        _answerIteration[place] = long.MaxValue;
        if (sequence.IterationsToAnswer is var toAnswer and < long.MaxValue)
        {
            _answerIteration[place] = Ended + toAnswer;
            _thinking++;
        }

        _firstEnd = Math.Min(_firstEnd, Math.Min(_lastIteration[place], _answerIteration[place]));
        Measured += sequence.Request.IsMeasured ? 1 : 0;
        LatestJoin = Math.Max(LatestJoin, sequence.Join);
        Put(place, sequence);
    }

    /// <summary>So many iterations of a plan have ended; each gave every request its tokens.</summary>
    public void Advance(int iterations) => Ended += iterations;

    /// <summary>KV blocks that they lack for so many iterations from now.</summary>
    public abstract long BlocksFor(long iterations);

    /// <summary>Those of them that they do not have reserved.</summary>
    public long UnreservedBlocksFor(long iterations) => areReserved ? 0 : BlocksFor(iterations);

    /// <summary>Takes the KV blocks for the next iteration; there must be so many.</summary>
    public void ProvideNext()
    {
        var blocks = (int)BlocksFor(1);
        if (blocks > 0)
        {
            cache.Take(blocks, areReserved);
            OnProvided();
        }

        Provided = Ended + 1;
    }

    /// <summary>Tokens that they are expected to generate yet, at least one each.</summary>
    public abstract long ExpectedTokens { get; }

    /// <summary>Tokens that they may generate yet, so many of each at most.</summary>
    public abstract long TokensToCome(long most);

    /// <summary>Takes out those that have all their tokens, and adds them to a list; sees who has the first of its answer.</summary>
    public void TakeFinished(List<SequenceState> finished)
    {
        if (_firstEnd > Ended)
        {
            return;
        }

        for (var place = Count - 1; place >= 0; place--)
        {
            if (_answerIteration[place] == Ended)
            {
                Members[place].Request.FirstAnswer = LastToken;
                _answerIteration[place] = long.MaxValue;
                _thinking--;
            }

            if (_lastIteration[place] == Ended)
            {
                finished.Add(TakeOut(place));
            }
        }

        FindFirstEnd();
    }

    /// <summary>Takes out those whose clients have gone, and adds them to a list.</summary>
    public void TakeWithdrawn(List<SequenceState> withdrawn)
    {
        for (var place = Count - 1; place >= 0; place--)
        {
            if (Members[place].Request.IsWithdrawn)
            {
                withdrawn.Add(TakeOut(place));
            }
        }

        FindFirstEnd();
    }

    /// <summary>Nobody is here any more.</summary>
    public void Clear()
    {
        Array.Clear(Members);
        (Count, Measured, _thinking) = (0, 0, 0);
        _firstEnd = long.MaxValue;
        IsPlanned = false;
        OnCleared();
    }

    /// <summary>Adds them to a list, with what they have got by now.</summary>
    public void CopyTo(ICollection<RunningState> running)
    {
        for (var place = 0; place < Count; place++)
        {
            var sequence = Members[place];
            running.Add(
                new(
                    sequence.Request,
                    sequence.Request.GeneratedTokens + ComputedOf(place) - sequence.Computed,
                    sequence.Blocks + cache.Lacking(sequence, HeldTokensOf(place))
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

    /// <summary>There have to be columns for so many.</summary>
    protected abstract void Resize(int length);

    /// <summary>Writes down what a request has that comes to a place.</summary>
    protected abstract void Put(int place, SequenceState sequence);

    /// <summary>Tokens whose KV cache a request has by now.</summary>
    protected abstract int ComputedOf(int place);

    /// <summary>Tokens that it holds blocks for, at least.</summary>
    protected abstract int HeldTokensOf(int place);

    /// <summary>A request goes, and the last one comes to its place.</summary>
    protected abstract void Remove(int place, int last);

    /// <summary>Blocks for the next iteration have been taken.</summary>
    protected virtual void OnProvided() { }

    /// <summary>Nobody is here any more.</summary>
    protected abstract void OnCleared();

    private void FindFirstEnd()
    {
        _firstEnd = long.MaxValue;
        foreach (var last in LastIterations)
        {
            _firstEnd = Math.Min(_firstEnd, last);
        }

        for (var place = 0; _thinking > 0 && place < Count; place++)
        {
            _firstEnd = Math.Min(_firstEnd, _answerIteration[place]);
        }
    }

    /// <summary>Takes a request out, with figures of its own again.</summary>
    private SequenceState TakeOut(int place)
    {
        var sequence = Members[place];
        var request = sequence.Request;
        Measured -= request.IsMeasured ? 1 : 0;
        var tokens = ComputedOf(place) - sequence.Computed;
        var held = HeldTokensOf(place);
        if (sequence.Pace is { } pace)
        {
            var iterations = (int)(Ended - _lastIteration[place]) + pace.IterationsLeft;
            var paced = pace.Advance(iterations);
            Invariant.Require(
                paced == tokens,
                $"{request} got {tokens} tokens of {paced} in {iterations} iterations"
            );
            AcceptedDrafts += tokens - iterations;
        }

        sequence.Computed += tokens;
        request.DecodedTokens += tokens;
        request.LastToken = LastToken;
        cache.Attribute(sequence, held);
        Count--;
        Remove(place, Count);
        Members[place] = Members[Count];
        Members[Count] = null!;
        _lastIteration[place] = _lastIteration[Count];
        _thinking -= _answerIteration[place] < long.MaxValue ? 1 : 0;
        _answerIteration[place] = _answerIteration[Count];
        return sequence;
    }
}
