namespace LlmSim.Memory;

/// <summary>The way between an instance and a tier, where others go over it too.</summary>
internal interface ITierLink
{
    /// <summary>Reads so many blocks.</summary>
    /// <param name="blocks">How many.</param>
    /// <param name="onRead">Called when they have come.</param>
    void Read(long blocks, Action onRead);

    /// <summary>Writes a block, which can be read when it has arrived.</summary>
    void Write(TierBlock block);
}
