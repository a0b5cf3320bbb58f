using LlmSim.Performance;

namespace LlmSim.Transfers;

/// <summary>
/// What the busiest port at either end of a transfer carries, as a share of the KV cache: 1 where an instance has one port for all. Where each rank has a port, ranks
/// send and receive side by side, and each receiving rank fetches the KV heads that it holds from a rank that has them.
/// </summary>
/// <param name="Source">Share that leaves by the busiest port.</param>
/// <param name="Destination">Share that comes in by the busiest port.</param>
internal readonly record struct RankShares(double Source, double Destination)
{
    /// <summary>One port at either end.</summary>
    public static RankShares Whole { get; } = new(1, 1);

    /// <summary>Shares of a transfer.</summary>
    /// <param name="kvHeads">KV heads; 1 with latent attention, whose cache every rank holds whole.</param>
    /// <param name="source">Where the KV cache is.</param>
    /// <param name="destination">Where it goes.</param>
    public static RankShares Of(int kvHeads, InstanceSpec source, InstanceSpec destination)
    {
        var copies = destination.KvLinkPerRank ? Holders(kvHeads, destination.TpSize) : 1;
        return new(
            source.KvLinkPerRank
                ? CeilingRatio(copies, Holders(kvHeads, source.TpSize)) / (double)Parts(kvHeads, source)
                : copies,
            destination.KvLinkPerRank ? 1.0 / Parts(kvHeads, destination) : 1
        );
    }

    /// <summary>Ranks that hold the same head: one, unless there are more ranks than heads.</summary>
    private static int Holders(int kvHeads, int tpSize) => Math.Max(1, tpSize / kvHeads);

    /// <summary>Parts of a KV cache on different ranks: heads, layers of the stages of a pipeline, tokens of context-parallel ranks.</summary>
    private static int Parts(int kvHeads, InstanceSpec spec) =>
        Math.Min(spec.TpSize, kvHeads) * spec.PpSize * spec.ContextRanks;

    private static int CeilingRatio(int value, int divisor) => (value + divisor - 1) / divisor;
}
