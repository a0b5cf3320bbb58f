namespace LlmSim.Performance;

/// <summary>How a model's processor makes tokens of a recording.</summary>
internal abstract record AudioRule
{
    private const double SamplesPerSecond = 16_000;
    private const int SamplesOfFrame = 160;

    /// <summary>Most tokens that the encoder makes of one recording.</summary>
    public abstract int MostEmbeddings { get; }

    /// <summary>What a recording comes to.</summary>
    /// <param name="seconds">Its length, above 0.</param>
    public abstract MediaShape Of(double seconds);

    /// <summary>Mel frames of so many seconds, the last of which may not be whole.</summary>
    protected static double Frames(double seconds) => Math.Round(seconds * SamplesPerSecond) / SamplesOfFrame;
}

/// <summary>
/// One window that is always computed whole, and of which what lies behind it is not heard; the tokens of what is heard: Qwen2-Audio (transformers, processing_qwen2_audio.py and
/// WhisperFeatureExtractor).
/// </summary>
/// <param name="Positions">Positions of a window, behind the second convolution.</param>
internal sealed record OneWindowAudio(int Positions) : AudioRule
{
    /// <summary>audio_bos and audio_eos.</summary>
    private const int TokensAround = 2;

    private const int Pooled = 2;

    public override int MostEmbeddings => (Positions - Pooled) / Pooled + 1;

    public override MediaShape Of(double seconds)
    {
        var frames = (int)Math.Min(Math.Floor(Frames(seconds)), 2.0 * Positions);
        var positions = (Math.Max(1, frames) - 1) / 2 + 1;
        var embeddings = Math.Max(0, positions - Pooled) / Pooled + 1;
        return new(embeddings + TokensAround, embeddings, 1, Positions) { IsSound = true };
    }
}

/// <summary>
/// As many windows as the recording fills, silence behind its end included, all of whose tokens are in the prompt: Voxtral (transformers, processing_voxtral.py; Liu et al.,
/// arXiv:2507.13264, section 2).
/// </summary>
/// <param name="Positions">Positions of a window, behind the second convolution.</param>
/// <param name="PositionsOfToken">Positions that become one token.</param>
/// <param name="ContextTokens">The longest context.</param>
internal sealed record WholeWindowsAudio(int Positions, int PositionsOfToken, int ContextTokens) : AudioRule
{
    /// <summary>begin_audio.</summary>
    private const int TokensBefore = 1;

    public override int MostEmbeddings => Math.Max(1, ContextTokens / OfWindow) * OfWindow;

    private int OfWindow => Math.Max(1, Positions / PositionsOfToken);

    public override MediaShape Of(double seconds)
    {
        var windows = (int)Math.Ceiling(Math.Max(1, Frames(seconds)) / 2 / Positions);
        return new(windows * OfWindow + TokensBefore, windows * OfWindow, windows, Positions)
        {
            IsSound = true,
        };
    }
}
