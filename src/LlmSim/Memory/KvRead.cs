namespace LlmSim.Memory;

/// <summary>Blocks of a waiting request that are being read from tiers, and what it holds for them.</summary>
/// <param name="id">Which read of its instance it is.</param>
internal sealed class KvRead(long id)
{
    public long Id => id;

    /// <summary>Blocks that were found in the pool: they stay there until the others have come.</summary>
    public List<HeldBlocks> Held { get; } = [];

    /// <summary>What comes, in the order of the prompt.</summary>
    public List<KvReadPart> Coming { get; } = [];

    /// <summary>Parts in which that comes, and has not come.</summary>
    public int PartsToCome { get; set; }

    /// <summary>Blocks that were taken for that.</summary>
    public int Taken { get; set; }
}

/// <summary>Slots of a page that come from one tier.</summary>
internal readonly record struct KvReadPart(int Tier, ulong Page, int Slot, int Count);
