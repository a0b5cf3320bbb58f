using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>KV caches and prefixes that come and go.</content>
internal sealed partial class BatchedInstance
{
    public override void Expect(Request request, int cachedTokens)
    {
        _expected.Add(request, PrefillSeconds(request.InputTokens, cachedTokens));
        ChangeWork();
    }

    public override void InsertPrefix(Request request, int tokens)
    {
        Settle();
        _cache.Insert(request, tokens);
        _clock.Interrupt();
    }

    /// <summary>Forgets the KV cache of a request that has been sent away.</summary>
    public override void Release(Request request)
    {
        Settle();
        Invariant.Require(
            _sending.Remove(request, out var sequence),
            $"{this} released KV that it did not hold ({request})"
        );
        _cache.Release(sequence);
        _scheduler.OnFreed();
        _clock.Interrupt();
    }

    /// <summary>Holds blocks for a KV cache that is to come; false when there are too few.</summary>
    public override bool TryReserve(Request request)
    {
        Settle();
        var sequence = NewSequence(request, comesToDecode: true);
        if (!_scheduler.TryReserve(sequence))
        {
            request.Sequence = null;
            return false;
        }

        _clock.Interrupt();
        return true;
    }
}
