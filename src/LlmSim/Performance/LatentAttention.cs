namespace LlmSim.Performance;

/// <summary>
/// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1): keys and values of a token are kept as one
/// latent vector for all heads, beside a small key that carries the position.
/// </summary>
public sealed record LatentAttention
{
    /// <summary>Rank of the queries' projection; 0 when it is a single matrix.</summary>
    public required int QueryRank { get; init; }

    /// <summary>Width of the latent vector.</summary>
    public required int KvRank { get; init; }

    /// <summary>Width of the part of a query and key that carries the position.</summary>
    public required int RopeHeadSize { get; init; }

    /// <summary>Width of the other part.</summary>
    public required int NopeHeadSize { get; init; }

    /// <summary>Width of a value.</summary>
    public required int ValueHeadSize { get; init; }

    /// <summary>Values that a token keeps in the cache in each layer.</summary>
    public int CachedSize => KvRank + RopeHeadSize;
}
