namespace LlmSim.Workloads.Traces;

/// <summary>
/// Alibaba's Bailian traces (github.com/alibaba-edu/qwen-bailian-usagetraces-anon): Mooncake's names, but seconds, blocks of 16
/// tokens, and the chat that a request belongs to.
/// </summary>
internal static class BailianFormat
{
    public static TraceFormat Format { get; } =
        new(
            "bailian",
            "Alibaba Bailian's JSON Lines: Mooncake's fields with chat_id, in s, hash_ids of 16 tokens"
        )
        {
            Marks = ["chat_id", "parent_chat_id"],
            Arrival = ["timestamp"],
            Input = ["input_length"],
            Output = ["output_length"],
            HashIds = ["hash_ids"],
            Unit = TimeUnit.Seconds,
            IsUnitCertain = true,
            HashBlockTokens = 16,
            Sessions = BailianSessions.Open,
        };
}
