namespace LlmSim.Performance;

/// <summary>The encoder of sound, as Whisper has it: two convolutions over mel frames of 10 ms, of which the second halves their number, and a transformer.</summary>
internal sealed record AudioEncoder : MediaEncoder
{
    /// <summary>How recordings become tokens.</summary>
    public required AudioRule Recordings { get; init; }

    protected override string Name => "audio encoder";
}
