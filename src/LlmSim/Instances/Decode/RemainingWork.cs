using LlmSim.Kernel;

namespace LlmSim.Instances.Decode;

/// <summary>
/// Tokens that running requests are expected to generate yet: the sum of what each was expected to and has not, but at least
/// one for each. It is kept up at a request's coming and going and at the iteration where it reaches its last expected token.
/// </summary>
internal sealed class RemainingWork
{
    /// <summary>By slot in the batch, the iteration with the last expected token of each request that has not reached it.</summary>
    private readonly SlotTournament _lastExpected = new();

    private long _iteration;

    /// <summary>Requests that have more than one expected token to come.</summary>
    public long Within { get; private set; }

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
        if (tokens <= 1)
        {
            _beyond++;
            return;
        }

        _lastExpected.Set(request.BatchSlot, iteration + tokens - 1, tie: 0);
        Within++;
        _tokensWithin += tokens;
    }

    /// <summary>A request left, or its figures are about to change. They are still those of <see cref="Add" />, but for iterations.</summary>
    public void Remove(Request request, long iteration)
    {
        AdvanceTo(iteration);
        var tokens = Remaining(request, iteration);
        if (tokens <= 1)
        {
            _beyond--;
            return;
        }

        _lastExpected.Remove(request.BatchSlot);
        Within--;
        _tokensWithin -= tokens;
    }

    private static long Remaining(Request request, long iteration) =>
        request.ExpectedOutputTokens - request.GeneratedTokens - (iteration - request.JoinedAtIteration);

    private void AdvanceTo(long iteration)
    {
        while (_lastExpected.LeastKey <= iteration)
        {
            var last = _lastExpected.LeastKey;
            _lastExpected.Remove(_lastExpected.First);
            _tokensWithin -= last - _iteration + 1;
            Within--;
            _beyond++;
        }

        _tokensWithin -= Within * (iteration - _iteration);
        _iteration = iteration;
    }
}
