namespace LlmSim.Workloads.Traces;

/// <summary>
/// Tokens of a text without a tokenizer, by DeepSeek's rule of thumb (api-docs.deepseek.com/quick_start/token_usage): 0.3 for a
/// character of English, 0.6 for one of Chinese.
/// </summary>
internal static class TokenEstimate
{
    /// <summary>At least 1.</summary>
    public static int Of(string text)
    {
        var tenths = 0L;
        foreach (var rune in text.EnumerateRunes())
        {
            tenths += IsEastAsian(rune.Value) ? 6 : 3;
        }

        return (int)Math.Clamp((tenths + 9) / 10, 1, int.MaxValue);
    }

    private static bool IsEastAsian(int character) =>
        character
            is (>= 0x2E80 and <= 0x9FFF)
                or (>= 0xAC00 and <= 0xD7AF)
                or (>= 0xF900 and <= 0xFAFF)
                or (>= 0xFF00 and <= 0xFFEF)
                or (>= 0x20000 and <= 0x3FFFF);
}
