namespace LlmSim.Performance;

/// <summary>
/// A small attention that scores all tokens of a context and chooses those that the layer sees (DeepSeek sparse attention). It keeps
/// a key of its own for each token.
/// </summary>
public sealed record TokenIndexer
{
    /// <summary>Its query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of a head, and of the one key of a token.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of what its queries are made of.</summary>
    public required int QueryInput { get; init; }

    /// <summary>Layers that have one; the others of the group see what the last of them has chosen.</summary>
    public required int Layers { get; init; }

    /// <summary>Bytes of a key: a byte a value, and a scale of four for all of them.</summary>
    internal int KeyBytes => HeadSize + sizeof(float);
}
