namespace LlmSim.Performance;

/// <summary>The encoder of pictures, and of the frames of videos.</summary>
internal sealed record VisionEncoder : MediaEncoder
{
    /// <summary>How pictures become tokens.</summary>
    public required ImageRule Images { get; init; }

    /// <summary>How videos do; null where that is not known.</summary>
    public VideoRule? Videos { get; init; }

    protected override string Name => "vision encoder";
}
