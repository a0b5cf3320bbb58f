using LlmSim.Kernel;
using LlmSim.Transfers;

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

    /// <summary>Tells of the parts of prompts that an iteration computes.</summary>
    private void PlanParts(MicroBatch batch, SimTime end)
    {
        if (_options.Parts is not { } parts)
        {
            return;
        }

        foreach (var sequence in _scheduler.Single)
        {
            if (sequence.Scheduled > 0 && !sequence.Request.IsWithdrawn)
            {
                var part = new PlannedPart(sequence.Computed, sequence.Scheduled, end);
                batch.Parts.Add((sequence, part.From + part.Tokens));
                parts.OnPlanned(sequence.Request, part);
            }
        }
    }

    /// <summary>Tells of the parts that an iteration has computed, but for the last ones of prompts.</summary>
    private void EndParts(MicroBatch batch)
    {
        if (_options.Parts is not { } parts)
        {
            return;
        }

        foreach (var (sequence, to) in batch.Parts)
        {
            // One that has lost what it had computed has lost this part as well.
            if (!sequence.HasLeft && !sequence.Request.IsWithdrawn && sequence.Computed >= to)
            {
                parts.OnComputed(sequence.Request, to);
            }
        }

        batch.Parts.Clear();
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

    /// <summary>As in vLLM, the last token of a prompt is never found.</summary>
    public override int ReservedHitTokens(Request request)
    {
        var size = Spec.Engine!.BlockTokens;
        return Math.Min(request.Sequence!.NamedBlocks, (request.InputTokens - 1) / size) * size;
    }

    public override bool HasPlace => RunningRequests < Spec.Engine!.MaxSequences;

    public override bool TryAnnounce()
    {
        Settle();
        _clock.Interrupt();
        return true;
    }
}
