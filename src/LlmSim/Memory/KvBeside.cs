using LlmSim.Performance;

namespace LlmSim.Memory;

/// <summary>
/// KV blocks that a request takes beside those of its tokens, for layers that let go of tokens behind a window or keep a state. It takes
/// at once what it will have at the most, so that memory is never short of it.
/// </summary>
internal sealed class KvBeside
{
    private readonly KvFootprint _footprint;
    private readonly long _blockBytes;
    private readonly double _stateShare;
    private readonly int? _stateBlocks;

    private KvBeside(KvFootprint footprint, long blockBytes, double copies, int? stateBlocks)
    {
        _stateBlocks = stateBlocks;
        _footprint = footprint;
        _blockBytes = blockBytes;
        _stateShare = 1 / copies;
    }

    /// <summary>Null for a model whose layers all keep all tokens.</summary>
    /// <param name="footprint">What the model keeps.</param>
    /// <param name="blockBytes">Bytes of a block, counted once however many accelerators have it.</param>
    /// <param name="copies">Accelerators that have the same block; a state is on one.</param>
    /// <param name="stateBlocks">Blocks that the engine takes for states; null for their bytes.</param>
    public static KvBeside? Of(
        KvFootprint footprint,
        long blockBytes,
        double copies,
        int? stateBlocks = null
    ) => footprint.BesideBytes(int.MaxValue) == 0 ? null : new(footprint, blockBytes, copies, stateBlocks);

    /// <summary>
    /// The same in tokens, rounded up, for instances without an engine: whatever its length, a request keeps what windows hold at the most.
    /// </summary>
    public static int Tokens(
        ModelDescription model,
        Precision precision,
        InstanceSpec spec,
        Semantics semantics
    )
    {
        var footprint = KvCapacity.Footprint(model, precision, semantics);
        return Of(footprint, footprint.BytesPerToken, KvCapacity.Copies(model, spec, semantics))
                ?.Blocks(int.MaxValue)
            ?? 0;
    }

    /// <summary>Blocks of a request of at most so many tokens.</summary>
    public int Blocks(long mostTokens)
    {
        var windowBytes = _footprint.BesideBytes(mostTokens) - _footprint.StateBytes;
        return _stateBlocks is { } blocks
            ? blocks + (int)Math.Ceiling((double)windowBytes / _blockBytes)
            : (int)Math.Ceiling((windowBytes + (_footprint.StateBytes * _stateShare)) / _blockBytes);
    }
}
