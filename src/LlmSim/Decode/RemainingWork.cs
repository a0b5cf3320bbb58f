using System.Runtime.InteropServices;
using LlmSim.Engine;

namespace LlmSim.Decode;

/// <summary>
/// Tokens that running requests are expected to generate yet: the sum of what each was expected to and has not, but at least
/// one for each. It is kept up in O(log n) a request: a heap knows the iteration at which each reaches its last expected token.
/// </summary>
internal sealed class RemainingWork
{
    private readonly SlotHeap _lastExpected = new();
    private readonly List<ulong> _ticketOfSlot = [];
    private ulong _nextTicket = 1;
    private long _iteration;

    /// <summary>Requests that have more than one expected token to come.</summary>
    private long _within;

    /// <summary>Expected tokens of those, counted at <see cref="_iteration" />.</summary>
    private long _tokensWithin;

    /// <summary>Requests of which only the least is expected.</summary>
    private long _beyond;

    /// <summary>The sum after so many iterations of the instance; never fewer than in the call before.</summary>
    public long At(long iteration)
    {
        AdvanceTo(iteration);
        return _tokensWithin + _beyond;
    }

    /// <summary>A request joined, or its figures were brought up to date.</summary>
    public void Add(Request request, long iteration)
    {
        AdvanceTo(iteration);
        var tokens = Remaining(request, iteration);
        var slot = request.BatchSlot;
        while (_ticketOfSlot.Count <= slot)
        {
            _ticketOfSlot.Add(0);
        }

        if (tokens <= 1)
        {
            _ticketOfSlot[slot] = 0;
            _beyond++;
            return;
        }

        _ticketOfSlot[slot] = _nextTicket;
        _lastExpected.Add(iteration + tokens - 1, _nextTicket++, slot);
        _within++;
        _tokensWithin += tokens;
    }

    /// <summary>A request left, or its figures are about to change. They are still those of <see cref="Add" />, but for iterations.</summary>
    public void Remove(Request request, long iteration)
    {
        AdvanceTo(iteration);
        ref var ticket = ref CollectionsMarshal.AsSpan(_ticketOfSlot)[request.BatchSlot];
        if (ticket == 0)
        {
            _beyond--;
            return;
        }

        // Its entry stays in the heap until its iteration has come.
        ticket = 0;
        _within--;
        _tokensWithin -= Remaining(request, iteration);
    }

    private static long Remaining(Request request, long iteration) =>
        request.ExpectedOutputTokens - request.GeneratedTokens - (iteration - request.JoinedAtIteration);

    private void AdvanceTo(long iteration)
    {
        while (_lastExpected.Count > 0 && _lastExpected.First.Key <= iteration)
        {
            var entry = _lastExpected.TakeFirst();
            if (_ticketOfSlot[entry.Slot] == entry.Tie)
            {
                _ticketOfSlot[entry.Slot] = 0;
                _tokensWithin -= entry.Key - _iteration + 1;
                _within--;
                _beyond++;
            }
        }

        _tokensWithin -= _within * (iteration - _iteration);
        _iteration = iteration;
    }
}
