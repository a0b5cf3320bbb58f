namespace LlmSim.Batching;

/// <summary>Requests that each get one token in an iteration: what they all have grows alike.</summary>
/// <param name="cache">Their KV blocks: one more for a request whenever its last one is full.</param>
/// <param name="blockTokens">Tokens of a block.</param>
/// <param name="areReserved">Whether each holds a reservation for all blocks that it may yet need.</param>
internal sealed class DecodingInStep(PagedKvCache cache, int blockTokens, bool areReserved)
    : DecodingRequests(cache, areReserved)
{
    /// <summary>Requests by the number of tokens in their last block at iteration 0, which may lie before their time.</summary>
    private readonly int[] _byTokensInBlock = new int[blockTokens];

    // One column a figure, so that a look at all of them reads little memory. Each is what it would have been at iteration 0.
    private long[] _computed = [];
    private long[] _expectedLast = [];

    private long _computedSum;
    private long _leastComputed;
    private long _mostComputed;
    private bool _extremesKnown;

    public override long Computed => _computedSum + (Count * Ended);

    public override int ComputedMin => (int)(Extremes().Least + Ended);

    public override int ComputedMax => (int)(Extremes().Most + Ended);

    public override SequenceState Longest => Members[_computed.AsSpan(0, Count).IndexOf(Extremes().Most)];

    public override long BlocksFor(long iterations)
    {
        var (from, to) = (Provided, Ended + iterations);
        var blocks = (to - from) / blockTokens * Count;
        for (var iteration = to - ((to - from) % blockTokens); iteration < to; iteration++)
        {
            // A request lacks a block in the iteration before which its last one is full.
            blocks += _byTokensInBlock[(int)((blockTokens - (iteration % blockTokens)) % blockTokens)];
        }

        return blocks;
    }

    public override long ExpectedTokens
    {
        get
        {
            var tokens = 0L;
            foreach (var last in _expectedLast.AsSpan(0, Count))
            {
                tokens += Math.Max(1, last - Ended);
            }

            return tokens;
        }
    }

    public override long TokensToCome(long most)
    {
        var tokens = 0L;
        foreach (var last in LastIterations)
        {
            tokens += Math.Min(most, last - Ended);
        }

        return tokens;
    }

    protected override void Resize(int length)
    {
        Array.Resize(ref _computed, length);
        Array.Resize(ref _expectedLast, length);
    }

    protected override void Put(int place, SequenceState sequence)
    {
        var request = sequence.Request;
        _computed[place] = sequence.Computed - Ended;
        _expectedLast[place] = Ended + request.ExpectedOutputTokens - request.GeneratedTokens;
        _computedSum += _computed[place];
        _extremesKnown = false;
        _byTokensInBlock[TokensInBlock(place)]++;
    }

    protected override int ComputedOf(int place) => (int)(_computed[place] + Ended);

    protected override int HeldTokensOf(int place) => (int)(_computed[place] + Provided);

    protected override void Remove(int place, int last)
    {
        _byTokensInBlock[TokensInBlock(place)]--;
        _computedSum -= _computed[place];
        _extremesKnown = false;
        _computed[place] = _computed[last];
        _expectedLast[place] = _expectedLast[last];
    }

    protected override void OnCleared()
    {
        Array.Clear(_byTokensInBlock);
        _computedSum = 0;
        _extremesKnown = false;
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
