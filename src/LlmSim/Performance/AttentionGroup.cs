namespace LlmSim.Performance;

/// <summary>Layers of a model whose attention has the same shapes.</summary>
public sealed record AttentionGroup
{
    /// <summary>How many layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>KV heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width of a query and of a key.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of a value.</summary>
    public required int ValueHeadSize { get; init; }

    /// <summary>The shapes of latent attention; null where each KV head keeps a key and a value.</summary>
    public LatentAttention? Latent { get; init; }

    /// <summary>What the layers see of a context; null for all of it.</summary>
    public AttentionWindow? Window { get; init; }

    /// <summary>What chooses the tokens that are seen; null where their place does.</summary>
    public TokenIndexer? Indexer { get; init; }

    /// <summary>Whether queries and a gate of the outputs come from one projection, twice as wide.</summary>
    public bool HasOutputGate { get; init; }

    /// <summary>Whether the KV cache of tokens that are no longer seen is let go.</summary>
    public bool ForgetsTokens => Window is not null && Indexer is null;

    /// <summary>Values that a layer keeps of a token.</summary>
    internal long KvValues => Latent?.CachedSize ?? (long)KvHeads * (HeadSize + ValueHeadSize);
}
