namespace LlmSim.Batching;

/// <summary>Requests that each get tokens at a pace of their own (<see cref="DecodePace" />), under speculative decoding.</summary>
/// <param name="cache">Their KV blocks: room for the drafts of an iteration is taken before it, and kept for those of the next.</param>
/// <param name="blockTokens">Tokens of a block.</param>
/// <param name="drafts">Tokens that are drafted of a request in an iteration.</param>
/// <param name="areReserved">Whether each holds a reservation for all blocks that it may yet need.</param>
internal sealed class DecodingWithDrafts(PagedKvCache cache, int blockTokens, int drafts, bool areReserved)
    : DecodingRequests(cache, areReserved)
{
    private const double One = 1L << DecodePace.Bits;

    // What a request had when it came, with its fraction of a token, and the iterations that had ended.
    private long[] _start = [];
    private long[] _rate = [];
    private long[] _since = [];

    // Blocks that it holds, and tokens to come when it came.
    private int[] _blocks = [];
    private int[] _tokensToCome = [];
    private int[] _expectedToCome = [];

    /// <summary>What they would have had together at iteration 0, at their paces.</summary>
    private Int128 _startSum;
    private long _rateSum;

    /// <summary>To the nearest: rounded down, the sum of a run of iterations would lie below that of its trend.</summary>
    public override long Computed =>
        (long)((_startSum + ((Int128)_rateSum * Ended) + (1L << (DecodePace.Bits - 1))) >> DecodePace.Bits);

    public override double AcceptedPerIteration => (_rateSum / One) - Count;

    public override int ComputedMin
    {
        get
        {
            var least = int.MaxValue;
            for (var place = 0; place < Count; place++)
            {
                least = Math.Min(least, ComputedOf(place));
            }

            return least;
        }
    }

    public override int ComputedMax => ComputedOf(PlaceOfLongest());

    public override SequenceState Longest => Members[PlaceOfLongest()];

    public override long BlocksFor(long iterations)
    {
        var blocks = 0L;
        for (var place = 0; place < Count; place++)
        {
            blocks += Math.Max(0, BlocksAt(place, Ended + iterations - 1) - _blocks[place]);
        }

        return blocks;
    }

    public override long ExpectedTokens
    {
        get
        {
            var tokens = 0L;
            for (var place = 0; place < Count; place++)
            {
                tokens += Math.Max(1, _expectedToCome[place] - Given(place));
            }

            return tokens;
        }
    }

    public override long TokensToCome(long most)
    {
        var tokens = 0L;
        for (var place = 0; place < Count; place++)
        {
            tokens += Math.Min(most, _tokensToCome[place] - Given(place));
        }

        return tokens;
    }

    protected override void Resize(int length)
    {
        Array.Resize(ref _start, length);
        Array.Resize(ref _rate, length);
        Array.Resize(ref _since, length);
        Array.Resize(ref _blocks, length);
        Array.Resize(ref _tokensToCome, length);
        Array.Resize(ref _expectedToCome, length);
    }

    protected override void Put(int place, SequenceState sequence)
    {
        var (request, pace) = (sequence.Request, sequence.Pace!);
        _start[place] = ((long)sequence.Computed << DecodePace.Bits) + pace.Fraction;
        _rate[place] = pace.Rate;
        _since[place] = Ended;
        _blocks[place] = sequence.Blocks;
        _tokensToCome[place] = sequence.RemainingTokens;
        _expectedToCome[place] = request.ExpectedOutputTokens - request.GeneratedTokens;
        AddToSums(place, 1);
    }

    protected override int ComputedOf(int place) => At(place, Ended);

    protected override int HeldTokensOf(int place) => _blocks[place] * blockTokens;

    protected override void Remove(int place, int last)
    {
        AddToSums(place, -1);
        _start[place] = _start[last];
        _rate[place] = _rate[last];
        _since[place] = _since[last];
        _blocks[place] = _blocks[last];
        _tokensToCome[place] = _tokensToCome[last];
        _expectedToCome[place] = _expectedToCome[last];
    }

    protected override void OnProvided()
    {
        for (var place = 0; place < Count; place++)
        {
            _blocks[place] = Math.Max(_blocks[place], BlocksAt(place, Ended));
        }
    }

    protected override void OnCleared() => (_startSum, _rateSum) = (0, 0);

    private void AddToSums(int place, int sign)
    {
        _startSum += sign * (_start[place] - ((Int128)_rate[place] * _since[place]));
        _rateSum += sign * _rate[place];
    }

    private int At(int place, long iteration) =>
        (int)((_start[place] + (_rate[place] * (iteration - _since[place]))) >> DecodePace.Bits);

    private int Given(int place) => ComputedOf(place) - (int)(_start[place] >> DecodePace.Bits);

    /// <summary>Blocks that a request needs in the iteration after so many: for what it has, its next token and the drafts.</summary>
    private int BlocksAt(int place, long iteration) =>
        (At(place, iteration) + drafts + blockTokens) / blockTokens;

    private int PlaceOfLongest()
    {
        var longest = 0;
        for (var place = 1; place < Count; place++)
        {
            longest = ComputedOf(place) > ComputedOf(longest) ? place : longest;
        }

        return longest;
    }
}
