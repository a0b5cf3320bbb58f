namespace LlmSim.Metrics;

/// <summary>What a tier below the accelerators did during a run; tiers of the same name or kind are one entry.</summary>
/// <param name="Tier">The name of a shared tier, "host" or "ssd".</param>
/// <param name="HitBlocks">Blocks of prompts that were found there, and read.</param>
/// <param name="ReadBytes">Bytes of these.</param>
/// <param name="WrittenBytes">Bytes of the blocks that were written.</param>
/// <param name="Evictions">Blocks that made room for others.</param>
/// <param name="PeakBlocks">Most blocks at once, summed over the tiers of the entry.</param>
public sealed record KvTierUsage(
    string Tier,
    long HitBlocks,
    long ReadBytes,
    long WrittenBytes,
    long Evictions,
    long PeakBlocks
);
