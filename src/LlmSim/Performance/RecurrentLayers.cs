namespace LlmSim.Performance;

/// <summary>
/// Layers that keep a state of fixed size for a request in the place of keys and values: linear attention (a gated delta rule) or a
/// state-space model (Mamba). Each head adds the outer product of a token's key and value to its state.
/// </summary>
public sealed record RecurrentLayers
{
    /// <summary>How many layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Heads, each with a state.</summary>
    public required int Heads { get; init; }

    /// <summary>Rows of a head's state: the width of a key, or of a state-space model's state.</summary>
    public required int StateRows { get; init; }

    /// <summary>Columns of a head's state: the width of a value.</summary>
    public required int StateColumns { get; init; }

    /// <summary>Channels of the short convolution before it; 0 without one.</summary>
    public required int ConvolutionChannels { get; init; }

    /// <summary>Tokens that the convolution sees; it keeps one fewer.</summary>
    public required int ConvolutionTokens { get; init; }

    /// <summary>Values that the projections into it yield for a token.</summary>
    public required int ProjectedSize { get; init; }

    /// <summary>Width of what the projection out of it takes.</summary>
    public required int OutputSize { get; init; }

    /// <summary>Parameters beside those two projections.</summary>
    public required long OtherParameters { get; init; }

    /// <summary>Bytes of a value of the state.</summary>
    public int StateBytesPerValue { get; init; } = sizeof(float);

    /// <summary>Tokens of a chunk in which prompts are computed.</summary>
    public int ChunkTokens { get; init; } = 64;

    /// <summary>Whether they have attention as well, side by side with the state.</summary>
    public bool IsBesideAttention { get; init; }

    /// <summary>Which of the layers they are, from 0; empty where all are, or where it is not known.</summary>
    internal IReadOnlyList<int> Indices { get; init; } = [];

    /// <summary>Values of a layer's state.</summary>
    internal long StateValues => (long)Heads * StateRows * StateColumns;

    /// <summary>Bytes that a layer keeps for a request.</summary>
    /// <param name="convolutionBytes">Bytes of a value of the convolution's.</param>
    internal double BytesPerRequest(double convolutionBytes) =>
        StateValues * StateBytesPerValue
        + (long)ConvolutionChannels * Math.Max(0, ConvolutionTokens - 1) * convolutionBytes;
}
