using LlmSim.Instances.Queues;
using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <summary>
/// The requests that wait for a batched instance, in the order in which it looks at them: preempted ones, those whose KV cache
/// has come from a prefill instance, new ones. A request whose KV cache came into reserved blocks goes before everybody:
/// it needs none, and the sooner it runs the sooner it frees them.
/// </summary>
/// <param name="instance">Whose requests they are.</param>
/// <param name="arrived">Queue of the requests that another instance has prefilled: decode_local.</param>
/// <param name="fresh">Queue of the requests to be prefilled here: prefill_local.</param>
/// <param name="arrivedHoldBlocks">Whether KV caches come into reserved blocks.</param>
internal sealed partial class WaitingRequests(
    Instance instance,
    RequestQueue arrived,
    RequestQueue fresh,
    bool arrivedHoldBlocks
)
{
    private readonly Stack<SequenceState> _preempted = new();
    private readonly Queue<(SequenceState Sequence, SimTime Time, bool HasMissedBegin)> _unseen = new();
    private readonly List<SequenceState> _aside = [];
    private readonly List<Request> _inOrder = [];
    private RequestQueue? _selectedFrom;

    public int Count => Seen + _unseen.Count + _aside.Count;

    /// <summary>Those that may be admitted.</summary>
    public int Seen => _preempted.Count + arrived.Count + fresh.Count;

    /// <summary>Whether some have come that may not be admitted yet.</summary>
    public bool HasUnseen => _unseen.Count > 0;

    /// <summary>Whether the next one holds its blocks already: its KV cache has come into reserved ones.</summary>
    public bool NextHoldsBlocks => arrivedHoldBlocks && arrived.Count > 0;

    /// <summary>Tokens known of all waiting requests.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens that the waiting requests are expected to generate yet.</summary>
    public long ExpectedTokens { get; private set; }

    /// <summary>Estimated time of the prefills that wait.</summary>
    public SimTime PrefillDuration { get; private set; }

    /// <summary>Whether the next one stays the same until one joins or leaves.</summary>
    public bool HasFixedOrder => _selectedFrom?.HasFixedOrder ?? true;

    /// <summary>Takes a request in. It may be admitted once <see cref="SeeUntil" /> has come to its time.</summary>
    /// <param name="sequence">The request.</param>
    /// <param name="now">The simulated clock.</param>
    /// <param name="hasMissedBegin">Whether an iteration has begun at this instant already: then it has come during that one.</param>
    public void Add(SequenceState sequence, SimTime now, bool hasMissedBegin)
    {
        _unseen.Enqueue((sequence, now, hasMissedBegin));
        sequence.Request.Queued = now;
        Track(sequence, +1);
    }

    /// <summary>
    /// Requests that have come by then, before the iteration that began then, may be admitted. As vLLM's loop, an engine reads who has come
    /// between two iterations.
    /// </summary>
    public void SeeUntil(SimTime time)
    {
        while (
            _unseen.TryPeek(out var first)
            && (first.Time < time || (first.Time == time && !first.HasMissedBegin))
        )
        {
            _unseen.Dequeue();
            var request = first.Sequence.Request;
            if (first.Sequence.HasRead)
            {
                // It was its turn before its blocks were read.
                _preempted.Push(first.Sequence);
                continue;
            }

            if (first.Sequence.Arrived > 0)
            {
                arrived.Enqueue(request, instance, first.Time);
                continue;
            }

            request.TakenIn ??= time;
            fresh.Enqueue(request, instance, first.Time);
        }
    }

    /// <summary>Puts a preempted request in front of the others.</summary>
    public void PutBack(SequenceState sequence)
    {
        _preempted.Push(sequence);
        Track(sequence, +1);
    }

    /// <summary>Puts a preempted request among the new ones again, under their policy.</summary>
    public void Requeue(SequenceState sequence, SimTime now)
    {
        sequence.Request.Sequence = sequence;
        fresh.Enqueue(sequence.Request, instance, now);
        Track(sequence, +1);
    }

    /// <summary>Requests are about to be selected: the order of the new ones is brought up to date, where it is the engine's.</summary>
    public void Arrange(Func<SequenceState, int> countHits) => fresh.Arrange(countHits);

    /// <summary>The request that is next; there must be one.</summary>
    public SequenceState Select(SimTime now)
    {
        if (arrived.Count > 0 && (arrivedHoldBlocks || _preempted.Count == 0))
        {
            return SelectFrom(arrived, now);
        }

        if (_preempted.TryPeek(out var first))
        {
            _selectedFrom = null;
            return first;
        }

        return SelectFrom(fresh, now);
    }

    /// <summary>Takes the request of the last <see cref="Select" /> out.</summary>
    public void RemoveSelected(SequenceState selected, SimTime now)
    {
        if (_selectedFrom is null)
        {
            TakePreempted(selected.Request);
        }
        else
        {
            _selectedFrom.RemoveSelected(instance, now);
        }

        Track(selected, -1);
    }

    /// <summary>Puts the request of the last <see cref="Select" /> aside, until <see cref="ComeBack" />.</summary>
    public void PutAside(SequenceState selected, SimTime now)
    {
        RemoveSelected(selected, now);
        _aside.Add(selected);
        Track(selected, +1);
    }

    /// <summary>Takes a request in that may not be admitted until <see cref="ComeBack" />.</summary>
    public void AddAside(SequenceState sequence, SimTime now)
    {
        _aside.Add(sequence);
        sequence.Request.Queued = now;
        Track(sequence, +1);
    }

    /// <summary>Whether it was put aside and has not come back.</summary>
    public bool IsAside(SequenceState sequence) => _aside.Contains(sequence);

    /// <summary>A request that was put aside may be admitted, before others, once <see cref="SeeUntil" /> has come to this time.</summary>
    public void ComeBack(SequenceState sequence, SimTime now, bool hasMissedBegin)
    {
        _aside.Remove(sequence);
        _unseen.Enqueue((sequence, now, hasMissedBegin));
    }

    /// <summary>Takes a request out, wherever it stands; null when it is not here.</summary>
    public SequenceState? TryTake(Request request)
    {
        var sequence =
            arrived.Remove(request) || fresh.Remove(request)
                ? request.Sequence
                : TakeUnseen(request) ?? TakePreempted(request) ?? TakeAside(request);
        if (sequence is not null)
        {
            Track(sequence, -1);
        }

        return sequence;
    }

    /// <summary>Nobody waits any more.</summary>
    public void Clear()
    {
        _preempted.Clear();
        _unseen.Clear();
        _aside.Clear();
        arrived.Clear();
        fresh.Clear();
        _selectedFrom = null;
        (Tokens, ExpectedTokens, PrefillDuration) = (0, 0, SimTime.Zero);
    }

    /// <summary>Adds them to a list, in no particular order.</summary>
    public void CopyTo(List<Request> requests)
    {
        arrived.CopyTo(requests);
        fresh.CopyTo(requests);
        requests.AddRange(_preempted.Select(sequence => sequence.Request));
        requests.AddRange(_unseen.Select(unseen => unseen.Sequence.Request));
        requests.AddRange(_aside.Select(sequence => sequence.Request));
    }

    /// <summary>Tokens of those that may be admitted, in order of arrival, as far as a budget goes.</summary>
    /// <param name="budget">Tokens.</param>
    /// <param name="inParts">Whether a part of the first one that does not fit counts.</param>
    public int TokensWithin(int budget, bool inParts)
    {
        _inOrder.Clear();
        arrived.CopyTo(_inOrder);
        fresh.CopyTo(_inOrder);
        _inOrder.Sort(static (one, other) => one.Id.CompareTo(other.Id));
        var tokens = 0;
        foreach (var sequence in _preempted)
        {
            tokens += Math.Min(sequence.Length, budget - tokens);
        }

        foreach (var request in _inOrder)
        {
            var length = request.Sequence!.Length;
            if (length > budget - tokens)
            {
                return inParts ? budget : tokens;
            }

            tokens += length;
        }

        return tokens;
    }

    private SequenceState? TakeUnseen(Request request) =>
        _unseen.TryTake(unseen => unseen.Sequence.Request == request, out var taken) ? taken.Sequence : null;

    private SequenceState? TakePreempted(Request request)
    {
        if (_preempted.TryPeek(out var first) && first.Request == request)
        {
            return _preempted.Pop();
        }

        var taken = _preempted.FirstOrDefault(sequence => sequence.Request == request);
        if (taken is not null)
        {
            var others = _preempted.Where(sequence => sequence != taken).Reverse().ToArray();
            _preempted.Clear();
            Array.ForEach(others, _preempted.Push);
        }

        return taken;
    }

    private SequenceState? TakeAside(Request request)
    {
        var taken = _aside.Find(sequence => sequence.Request == request);
        if (taken is not null)
        {
            _aside.Remove(taken);
        }

        return taken;
    }

    private SequenceState SelectFrom(RequestQueue queue, SimTime now)
    {
        _selectedFrom = queue;
        return queue.Select(instance, now).Sequence!;
    }

    private void Track(SequenceState sequence, int sign)
    {
        Adapters?.CountWaiting(sequence.Adapter, sign);
        Tokens += sign * sequence.Length;
        ExpectedTokens += sign * OutputEstimate.RemainingTokens(sequence.Request);
        PrefillDuration += new SimTime(sign * sequence.PrefillAhead.Nanoseconds);
    }
}
