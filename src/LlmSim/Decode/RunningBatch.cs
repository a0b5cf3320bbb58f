using System.Runtime.InteropServices;
using LlmSim.Engine;

namespace LlmSim.Decode;

/// <summary>
/// The requests that decode together, in the order in which they joined. A request's own figures are brought up to
/// date only when the batch changes; in between it is enough to count iterations.
/// </summary>
internal sealed class RunningBatch
{
    private readonly List<Request> _requests = [];

    public int Count => _requests.Count;

    /// <summary>Iterations that this instance has completed.</summary>
    public long Iteration { get; private set; }

    /// <summary>Sum of the contexts held.</summary>
    public long ContextTokens { get; private set; }

    public ReadOnlySpan<Request> Requests => CollectionsMarshal.AsSpan(_requests);

    public void Join(Request request)
    {
        request.JoinedAtIteration = Iteration;
        ContextTokens += request.ContextTokens;
        _requests.Add(request);
    }

    /// <summary>Counts iterations in which every request got a token.</summary>
    public void Advance(int iterations)
    {
        Iteration += iterations;
        ContextTokens += (long)iterations * _requests.Count;
    }

    /// <summary>Gives one request a token outside an iteration: the end of its recomputation.</summary>
    public void GiveToken(Request request)
    {
        Settle(request);
        request.DecodedTokens++;
        ContextTokens++;
    }

    /// <summary>Takes out those that have all their tokens, in joining order.</summary>
    public void TakeFinished(List<Request> finished)
    {
        finished.Clear();
        var kept = 0;
        for (var i = 0; i < _requests.Count; i++)
        {
            var request = _requests[i];
            if (RemainingIterations(request) == 0)
            {
                Settle(request);
                ContextTokens -= request.ContextTokens;
                finished.Add(request);
            }
            else
            {
                _requests[kept++] = request;
            }
        }

        _requests.RemoveRange(kept, _requests.Count - kept);
    }

    /// <summary>Takes the newest out.</summary>
    public Request TakeNewest()
    {
        var newest = _requests[^1];
        _requests.RemoveAt(_requests.Count - 1);
        Settle(newest);
        ContextTokens -= newest.ContextTokens;
        return newest;
    }

    /// <summary>Takes everyone out, in joining order.</summary>
    public void TakeAll(List<Request> taken)
    {
        taken.Clear();
        taken.AddRange(_requests);
        _requests.Clear();
        ContextTokens = 0;
        foreach (var request in taken)
        {
            Settle(request);
        }
    }

    /// <summary>Iterations until the first request has all its tokens.</summary>
    public int IterationsToFirstFinish()
    {
        var least = long.MaxValue;
        foreach (var request in _requests)
        {
            least = Math.Min(least, RemainingIterations(request));
        }

        return (int)least;
    }

    public int LongestContextTokens()
    {
        var longest = 0L;
        foreach (var request in _requests)
        {
            longest = Math.Max(longest, request.ContextTokens + (Iteration - request.JoinedAtIteration));
        }

        return (int)longest;
    }

    private long RemainingIterations(Request request)
    {
        var remaining =
            request.DecodeTokensOwed - request.DecodedTokens - (Iteration - request.JoinedAtIteration);
        Invariant.Require(remaining >= 0, $"{request} got {-remaining} tokens more than it was owed");
        return remaining;
    }

    private void Settle(Request request)
    {
        request.DecodedTokens += (int)(Iteration - request.JoinedAtIteration);
        request.JoinedAtIteration = Iteration;
    }
}
