using LlmSim.Kernel;

namespace LlmSim.Instances.Decode;

/// <summary>
/// The requests that decode together. A request's own figures are brought up to date only when it joins or leaves: in between
/// it is enough to count iterations, and in which iteration the first of them will have all its tokens.
/// </summary>
internal sealed class RunningBatch
{
    private readonly SlotTournament _finishes = new();
    private readonly SlotTable<Member> _members = new();
    private int _newest = -1;

    /// <summary>Who gets the first token of its answer in which iteration; null until somebody thinks.</summary>
    private SlotTournament? _answers;

    private ulong _nextTicket;

    /// <summary>The longest context less <see cref="Iteration" />; null when it has to be computed again.</summary>
    private long? _longestAtStart;

    public int Count => _members.Count;

    /// <summary>Requests that the statistics count.</summary>
    public int MeasuredCount { get; private set; }

    /// <summary>Iterations that this instance has completed.</summary>
    public long Iteration { get; private set; }

    /// <summary>Sum of the contexts held.</summary>
    public long ContextTokens { get; private set; }

    /// <summary>The running requests from the newest to the oldest.</summary>
    public FromNewest NewestFirst => new(this);

    public void Join(Request request)
    {
        var slot = _members.Add(new Member(request, _nextTicket++, Older: _newest, Newer: -1));
        if (_newest >= 0)
        {
            _members[_newest].Newer = slot;
        }

        _newest = slot;
        MeasuredCount += request.IsMeasured ? 1 : 0;
        request.BatchSlot = slot;
        request.JoinedAtIteration = Iteration;
        ContextTokens += request.ContextTokens;
        ExpectFinish(slot);
    }

    /// <summary>Counts iterations in which every request got a token.</summary>
    public void Advance(int iterations)
    {
        Iteration += iterations;
        ContextTokens += (long)iterations * Count;
        Invariant.Require(
            _finishes.LeastKey >= Iteration,
            $"a request got {Iteration - _finishes.LeastKey} tokens more than it was owed"
        );
    }

    /// <summary>Gives one request a token outside an iteration: the end of its recomputation.</summary>
    public void GiveToken(Request request)
    {
        Settle(request);
        request.DecodedTokens++;
        ContextTokens++;
        ExpectFinish(request.BatchSlot);
    }

    /// <summary>Removes the first request in joining order that has all its tokens; null when there is none.</summary>
    public Request? TryTakeFinished() => _finishes.LeastKey == Iteration ? TakeOut(_finishes.First) : null;

    /// <summary>Those that think and have got the first token of their answer.</summary>
    /// <param name="now">When it came.</param>
    public void SeeAnswers(SimTime now)
    {
        while (_answers is not null && _answers.LeastKey <= Iteration)
        {
            _members[_answers.First].Request.FirstAnswer = now;
            _answers.Remove(_answers.First);
        }
    }

    /// <summary>The one that joined last; there must be one.</summary>
    public Request Newest => _members[_newest].Request;

    /// <summary>Removes a request, which must be here.</summary>
    public void Take(Request request)
    {
        var taken = TakeOut(request.BatchSlot);
        Invariant.Require(taken == request, $"{request} was to leave a batch in the place of {taken}");
    }

    /// <summary>Gives a request its own figures; it stays.</summary>
    public void BringUpToDate(Request request) => Settle(request);

    /// <summary>Removes all requests, in joining order.</summary>
    public void TakeAll(List<Request> taken)
    {
        taken.Clear();
        while (Count > 0)
        {
            taken.Add(TakeOut(_newest));
        }

        taken.Reverse();
    }

    /// <summary>Iterations until the first request has all its tokens, or the first of its answer.</summary>
    public int IterationsToFirstFinish =>
        (int)(Math.Min(_finishes.LeastKey, _answers?.LeastKey ?? long.MaxValue) - Iteration);

    public int LongestContextTokens()
    {
        if (_longestAtStart is null)
        {
            _longestAtStart = long.MinValue;
            foreach (var request in NewestFirst)
            {
                _longestAtStart = Math.Max(_longestAtStart.Value, ContextAtStart(request));
            }
        }

        return (int)(_longestAtStart.Value + Iteration);
    }

    /// <summary>What its context would have been before the first iteration: it does not change while the request runs.</summary>
    private static long ContextAtStart(Request request) => request.ContextTokens - request.JoinedAtIteration;

    /// <summary>Puts the request in the heap and among the contexts; its figures must be up to date.</summary>
    private void ExpectFinish(int slot)
    {
        ref readonly var member = ref _members[slot];
        var request = member.Request;
        var remaining = request.DecodeTokensOwed - request.DecodedTokens;
        _finishes.Set(slot, Iteration + remaining, member.Ticket);
        if (request.TokensToAnswer is { } toAnswer)
        {
            (_answers ??= new()).Set(slot, Iteration + toAnswer, member.Ticket);
        }

        if (Count == 1 || ContextAtStart(request) > _longestAtStart)
        {
            _longestAtStart = ContextAtStart(request);
        }
    }

    private Request TakeOut(int slot)
    {
        var member = _members[slot];
        var request = member.Request;
        if (member.Older >= 0)
        {
            _members[member.Older].Newer = member.Newer;
        }

        if (member.Newer >= 0)
        {
            _members[member.Newer].Older = member.Older;
        }
        else
        {
            _newest = member.Older;
        }

        if (ContextAtStart(request) == _longestAtStart)
        {
            _longestAtStart = null;
        }

        _members.Remove(slot);
        _finishes.Remove(slot);
        if (request.TokensToAnswer is not null)
        {
            _answers!.Remove(slot);
        }

        MeasuredCount -= request.IsMeasured ? 1 : 0;
        Settle(request);
        ContextTokens -= request.ContextTokens;
        return request;
    }

    private void Settle(Request request)
    {
        var context = request.ContextTokens;
        request.DecodedTokens += (int)(Iteration - request.JoinedAtIteration);
        request.CountComputed(context, request.ContextTokens);
        request.JoinedAtIteration = Iteration;
    }

    /// <summary>A running request and its neighbours in joining order, as slots; −1 for none.</summary>
    private record struct Member(Request Request, ulong Ticket, int Older, int Newer);

    /// <summary>Goes through the batch, the newest first.</summary>
    public struct FromNewest(RunningBatch batch)
    {
        private int _slot = -1;
        private bool _hasBegun;

        public readonly Request Current => batch._members[_slot].Request;

        public readonly FromNewest GetEnumerator() => this;

        public bool MoveNext()
        {
            _slot = _hasBegun ? batch._members[_slot].Older : batch._newest;
            _hasBegun = true;
            return _slot >= 0;
        }
    }
}
