using LlmSim.Memory;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>Blocks that come from tiers below the accelerators.</content>
internal sealed partial class BatchedInstance
{
    /// <summary>Puts tiers below the KV cache, nearest first, with the ways to them that are not their own.</summary>
    public void KeepBelow(IReadOnlyList<KvTier> tiers, IReadOnlyList<ITierLink?> links)
    {
        _cache.Tiers = new KvTiers(tiers, links, _cache, _simulation, OnBlocksRead, ComeBack);
        if (
            tiers.Any(tier =>
                tier.Spec is { Kind: KvTierKind.Shared } or { Eviction: KvTierEviction.Session }
            )
        )
        {
            // Who writes first at one instant, or ends a conversation, must not depend on how iterations are planned.
            _clock.KeepPlace();
        }
    }

    private void OnBlocksRead(long read)
    {
        if (_cache.Tiers!.Read(read) is not { } sequence)
        {
            return;
        }

        Settle();
        _cache.Tiers.Complete(sequence);
        ComeBack(sequence);
    }

    /// <summary>What a waiting request was put aside for has come.</summary>
    private void ComeBack(SequenceState sequence)
    {
        Settle();
        if (!_waiting.ComeBack(sequence, _simulation.Now, _clock.HasBegunNow))
        {
            return;
        }

        _scheduler.OnFreed();
        ChangeWork();
        _clock.Interrupt();
    }
}
