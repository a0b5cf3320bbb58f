namespace LlmSim.Workloads;

/// <summary>Checks of the numbers that describe a workload, under the names that its author knows.</summary>
internal static class WorkloadParameter
{
    /// <summary>Ten times the longest contexts of 2025; Zipf's law takes 8 bytes of memory for each.</summary>
    public const int MaxTokensLimit = 10_000_000;

    private static readonly FigureRange s_tokens = new(1, MaxTokensLimit);

    private static readonly FigureRange s_conversationTokens = new(16, MaxTokensLimit);

    public static void Require(FigureRange range, string name, double value) =>
        Require(range.Contains(value), name, value, $"a number {range}");

    public static void RequireTokens(string name, int tokens) =>
        Require(s_tokens.Contains(tokens), name, tokens, $"an integer {s_tokens}");

    public static void RequireMaxTokens(int maxTokens) => RequireTokens("max_len", maxTokens);

    /// <summary>A conversation says something and is answered.</summary>
    public static void RequireConversationTokens(int maxTokens) =>
        Require(
            s_conversationTokens.Contains(maxTokens),
            "max_len",
            maxTokens,
            $"an integer {s_conversationTokens}"
        );

    public static void Require(bool isAllowed, string name, double value, string allowed)
    {
        if (!isAllowed)
        {
            throw new UserErrorException(
                FormattableString.Invariant($"{name}: found {value}; allowed: {allowed}")
            );
        }
    }
}
